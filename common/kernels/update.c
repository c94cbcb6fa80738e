#include "kernels/update.h"

#include "kernels/loops.h"

// From so many numbers on, the threads share a parameter.
enum { PARALLEL_FROM = 1 << 14 };

void update_sgd(size_t n, real *w, const real *g, real lr, real weight_decay) {
#pragma omp parallel for if (n >= PARALLEL_FROM)
    for (size_t start = 0; start < n; start += BLOCK)
        loops()->sgd(block_size(n, start), w + start, g + start, lr, weight_decay);
}

void update_sgd_momentum(size_t n, real *w, const real *g, real *b, real lr, real weight_decay,
                         real momentum, real share, bool nesterov) {
#pragma omp parallel for if (n >= PARALLEL_FROM)
    for (size_t start = 0; start < n; start += BLOCK)
        loops()->sgd_momentum(block_size(n, start), w + start, g + start, b + start, lr,
                              weight_decay, momentum, share, nesterov);
}

void update_adam(size_t n, real *w, const real *g, real *m, real *v, UpdateAdam c) {
#pragma omp parallel for if (n >= PARALLEL_FROM)
    for (size_t start = 0; start < n; start += BLOCK)
        loops()->adam(block_size(n, start), w + start, g + start, m + start, v + start, c);
}
