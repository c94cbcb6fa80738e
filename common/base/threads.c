#ifdef __linux__
#define _GNU_SOURCE // sched_setaffinity
#include <sched.h>
#endif
#include "base/threads.h"

#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

// Before main begins, OpenMP has bound this thread to the first of its places. A program that is
// started now would find that one processor alone: it gets all of them back.
static void unbind(void) {
#ifdef __linux__
    cpu_set_t all;
    CPU_ZERO(&all);
    for (int place = 0; place < omp_get_num_places(); place++) {
        const int count = omp_get_place_num_procs(place);
        int *processors = memory_zeroed((size_t)count, sizeof *processors);
        omp_get_place_proc_ids(place, processors);
        for (int i = 0; i < count; i++)
            CPU_SET((size_t)processors[i], &all);
        free(processors);
    }
    if (CPU_COUNT(&all) > 0)
        sched_setaffinity(0, sizeof all, &all);
#endif
    unsetenv("OMP_PROC_BIND");
    unsetenv("OMP_PLACES");
    unsetenv("GOMP_CPU_AFFINITY");
}

void threads_prepare(char **argv) {
    const bool bound =
        getenv("OMP_PROC_BIND") || getenv("OMP_PLACES") || getenv("GOMP_CPU_AFFINITY");
    if (!bound && getenv("OMP_WAIT_POLICY") && getenv("GOMP_SPINCOUNT") &&
        getenv("OPENBLAS_NUM_THREADS"))
        return;
    if (bound)
        unbind();
    setenv("OMP_WAIT_POLICY", "passive", 0);
    setenv("GOMP_SPINCOUNT", "4000", 0); // of libgomp; some 50 µs
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    char *program = program_path();
    execv(program, argv);
    free(program);
}

int threads_standard(void) {
    static int standard = 0; // as the environment has it, before any threads_set
    if (!standard)
        standard = omp_get_max_threads();
    return standard;
}

void threads_set(int n) {
    const int standard = threads_standard();
    omp_set_num_threads(n > 0 ? n : standard);
}

int threads_count(void) {
    return omp_get_max_threads();
}
