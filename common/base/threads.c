#include "base/threads.h"

#include <omp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

void threads_prepare(char **argv) {
    if (getenv("OMP_WAIT_POLICY") && getenv("GOMP_SPINCOUNT") && getenv("OPENBLAS_NUM_THREADS"))
        return;
    setenv("OMP_WAIT_POLICY", "passive", 0);
    setenv("GOMP_SPINCOUNT", "4000", 0); // of libgomp; some 50 µs
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    char *program = program_path();
    execv(program, argv);
    free(program);
}

void threads_set(int n) {
    omp_set_num_threads(n > 0 ? n : omp_get_num_procs());
}

int threads_count(void) {
    return omp_get_max_threads();
}
