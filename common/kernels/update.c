#include "kernels/update.h"

#include "kernels/loops.h"

// Threads share whole blocks, so that it doesn't depend on their number which numbers are computed
// in vector registers and which at the end of a loop. A parameter of one block starts no threads.
enum { BLOCK = 1 << 14 };

static size_t block_size(size_t n, size_t start) {
    return n - start < BLOCK ? n - start : BLOCK;
}

void update_sgd(size_t n, real *w, const real *g, real lr, real weight_decay) {
#pragma omp parallel for if (n > BLOCK)
    for (size_t start = 0; start < n; start += BLOCK)
        loops()->sgd(block_size(n, start), w + start, g + start, lr, weight_decay);
}

void update_sgd_momentum(size_t n, real *w, const real *g, real *b, real lr, real weight_decay,
                         real momentum, real share, bool nesterov) {
#pragma omp parallel for if (n > BLOCK)
    for (size_t start = 0; start < n; start += BLOCK)
        loops()->sgd_momentum(block_size(n, start), w + start, g + start, b + start, lr,
                              weight_decay, momentum, share, nesterov);
}

void update_adam(size_t n, real *w, const real *g, real *m, real *v, UpdateAdam c) {
#pragma omp parallel for if (n > BLOCK)
    for (size_t start = 0; start < n; start += BLOCK)
        loops()->adam(block_size(n, start), w + start, g + start, m + start, v + start, c);
}
