#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/loops.h"

extern const Loops loops_portable;
#ifdef LOOPS_X86 // the Makefile has compiled these too
extern const Loops loops_avx2, loops_avx512;
#endif

const Loops *loops_of_processor[4];

// Before main, so that no two threads do it.
__attribute__((constructor)) static void look_at_processor(void) {
    const Loops **all = loops_of_processor;
    int count = 0, first = 0;
#ifdef LOOPS_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
        all[count++] = &loops_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        all[count++] = &loops_avx2;
#endif
    all[count++] = &loops_portable;
    const char *wanted = getenv("KNOBS_LOOPS");
    while (wanted && first < count && strcmp(all[first]->name, wanted) != 0)
        first++;
    if (first == count) {
        fprintf(stderr, "error: KNOBS_LOOPS is '%s'; this processor has:", wanted);
        for (int i = 0; i < count; i++)
            fprintf(stderr, " %s", all[i]->name);
        fprintf(stderr, "\n");
        exit(1);
    }
    for (int i = 0; i < count; i++)
        all[i] = first + i < count ? all[first + i] : NULL;
}
