#include "kernels/loops.h"

extern const Loops loops_portable;
#ifdef LOOPS_X86 // the Makefile has compiled these too
extern const Loops loops_avx2, loops_avx512;
#endif

const Loops *const *loops_all(void) {
    static const Loops *all[4]; // the same whoever writes it
    int count = 0;
#ifdef LOOPS_X86
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
        all[count++] = &loops_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        all[count++] = &loops_avx2;
#endif
    all[count] = &loops_portable;
    return all;
}

const Loops *loops(void) {
    return loops_all()[0];
}
