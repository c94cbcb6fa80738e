#include "base/threads.h"

#include <omp.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

void threads_prepare(char **argv) {
    if (getenv("OMP_WAIT_POLICY") && getenv("GOMP_SPINCOUNT") && getenv("OPENBLAS_NUM_THREADS"))
        return;
    setenv("OMP_WAIT_POLICY", "passive", 0);
    setenv("GOMP_SPINCOUNT", "4000", 0); // of libgomp; some 50 µs
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
#ifdef __APPLE__
    char program[4096];
    uint32_t size = sizeof program;
    if (_NSGetExecutablePath(program, &size) == 0)
        execv(program, argv);
#else
    execv("/proc/self/exe", argv);
#endif
}

void threads_set(int n) {
    omp_set_num_threads(n > 0 ? n : omp_get_num_procs());
}

int threads_count(void) {
    return omp_get_max_threads();
}
