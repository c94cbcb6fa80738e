#include "kernels/dropout.h"

// From so many numbers on, the threads share the loop.
enum { PARALLEL_DRAWS = 1 << 12, PARALLEL_FROM = 1 << 15 };

static real keep_factor(double p) {
    return p < 1 ? (real)(1 / (1 - p)) : 0;
}

void kernel_dropout(size_t n, const real *x, double p, Random random, uint8_t *kept, real *y) {
    const real factors[] = {0, keep_factor(p)}; // looked up: the processor can't guess a coin
#pragma omp parallel for schedule(static) if (n >= PARALLEL_DRAWS)
    for (size_t i = 0; i < n; i++) {
        Random draw = {.key = random.key, .counter = random.counter + i};
        const bool keeps = random_uniform(&draw) >= p;
        y[i] = x[i] * factors[keeps];
        if (kept)
            kept[i] = keeps;
    }
}

void kernel_dropout_gradient(size_t n, double p, const uint8_t *kept, const real *dy, bool add,
                             real *dx) {
    const real factor = keep_factor(p);
#pragma omp parallel for simd schedule(static) if (parallel : n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i++) {
        const real value = dy[i] * ((real)kept[i] * factor);
        dx[i] = add ? dx[i] + value : value;
    }
}
