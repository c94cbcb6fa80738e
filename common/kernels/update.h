// The loops of the update rules: one pass over a parameter's numbers. Each loop stands beside its
// formula, in its algorithm's own file in optim/:
//
//     typedef struct Factors {
//         real lr;
//     } Factors;
//
//     UPDATE_LOOP void descend(size_t n, UpdateArrays x, Factors f) {
//     #pragma omp simd
//         for (size_t i = 0; i < n; i++)
//             x.w[i] -= f.lr * x.g[i];
//     }
//     UPDATE_KERNEL(descend_all, descend, Factors)
//
// and descend_all(n, (UpdateArrays){w, g}, (Factors){.lr = lr}) moves all n numbers: in blocks that
// threads share, with the widest vectors that the processor has. Each number is computed alone, so
// the bits don't depend on the number of threads.
#ifndef KNOBS_KERNELS_UPDATE_H
#define KNOBS_KERNELS_UPDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

enum { UPDATE_MAX_BUFFERS = 3 };

// Of n numbers each: the weights, their gradient, and what the algorithm remembers of them.
typedef struct UpdateArrays {
    real *w;
    const real *g;
    real *buffers[UPDATE_MAX_BUFFERS]; // NULL where there are fewer
} UpdateArrays;

// Inlined into a function for each instruction set, so that it is compiled for each.
#define UPDATE_LOOP static inline __attribute__((always_inline))

// Defines static void NAME(size_t n, UpdateArrays arrays, FACTORS factors), which runs LOOP.
#define UPDATE_KERNEL(NAME, LOOP, FACTORS)                                                         \
    UPDATE_FOR(LOOP##_portable, LOOP, FACTORS, )                                                   \
    UPDATE_FOR_X86(LOOP, FACTORS)                                                                  \
    static void NAME(size_t n, UpdateArrays arrays, FACTORS factors) {                             \
        static const UpdateLoops loops = {LOOP##_portable, UPDATE_NAMES_X86(LOOP)};                \
        update_run(&loops, n, arrays, &factors);                                                   \
    }

// --- what UPDATE_KERNEL is made of ---------------------------------------------------------------

typedef void UpdateLoop(size_t n, UpdateArrays arrays, const void *factors);
typedef struct UpdateLoops {
    UpdateLoop *portable, *avx2, *avx512;
} UpdateLoops;

void update_run(const UpdateLoops *loops, size_t n, UpdateArrays arrays, const void *factors);

#define UPDATE_FOR(NAME, LOOP, FACTORS, INSTRUCTIONS)                                              \
    INSTRUCTIONS static void NAME(size_t n, UpdateArrays arrays, const void *factors) {            \
        LOOP(n, arrays, *(const FACTORS *)factors);                                                \
    }
#ifdef __x86_64__
#define UPDATE_AVX2 __attribute__((target("avx2,fma")))
#define UPDATE_AVX512 __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl")))
#define UPDATE_FOR_X86(LOOP, FACTORS)                                                              \
    UPDATE_FOR(LOOP##_avx2, LOOP, FACTORS, UPDATE_AVX2)                                            \
    UPDATE_FOR(LOOP##_avx512, LOOP, FACTORS, UPDATE_AVX512)
#define UPDATE_NAMES_X86(LOOP) LOOP##_avx2, LOOP##_avx512
#else
#define UPDATE_FOR_X86(LOOP, FACTORS)
#define UPDATE_NAMES_X86(LOOP) NULL, NULL
#endif

// --- for the loops -------------------------------------------------------------------------------
// Without a branch: both values are computed before one is chosen, so that loops become vectors.

UPDATE_LOOP real chosen(bool condition, real yes, real no) {
    return condition ? yes : no;
}

// step + decay · w. Where the decay is 0 the term isn't there, for 0 · ∞ would be NaN.
UPDATE_LOOP real with_decay(real step, real decay, real w) {
    return chosen(decay == 0, step, step + decay * w);
}

// −1, 0 or 1; 0 of NaN, as PyTorch's.
UPDATE_LOOP real sign_of(real x) {
    return (real)(x > 0) - (real)(x < 0);
}

// NaN if one of them is, as PyTorch's.
UPDATE_LOOP real larger_of(real a, real b) {
    return chosen((a > b) | (a != a), a, b);
}

#endif
