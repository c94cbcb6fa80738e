#include "kernels/update.h"

// libm's square root, declared here and not by <math.h>, to say what <math.h> doesn't: that it
// changes nothing else. As it may set errno, the compiler would leave a loop that calls it scalar.
#ifdef KNOBS_DOUBLE
double sqrt(double) __attribute__((const));
#define SQUARE_ROOT sqrt
#else
float sqrtf(float) __attribute__((const));
#define SQUARE_ROOT sqrtf
#endif

// Threads share whole blocks, so that it doesn't depend on their number which numbers are computed
// in vector registers and which at the end of a loop. A parameter of one block starts no threads.
enum { BLOCK = 1 << 14 };

static size_t block_size(size_t n, size_t start) {
    return n - start < BLOCK ? n - start : BLOCK;
}

static void sgd_block(size_t n, real *restrict w, const real *restrict g, real lr,
                      real weight_decay) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        w[i] -= lr * (g[i] + weight_decay * w[i]);
}

void update_sgd(size_t n, real *w, const real *g, real lr, real weight_decay) {
#pragma omp parallel for if (n > BLOCK)
    for (size_t start = 0; start < n; start += BLOCK)
        sgd_block(block_size(n, start), w + start, g + start, lr, weight_decay);
}

static void sgd_momentum_block(size_t n, real *restrict w, const real *restrict g, real *restrict b,
                               real lr, real weight_decay, real momentum, real share) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        real gradient = g[i] + weight_decay * w[i];
        b[i] = momentum * b[i] + share * gradient;
        w[i] -= lr * b[i];
    }
}

static void sgd_nesterov_block(size_t n, real *restrict w, const real *restrict g, real *restrict b,
                               real lr, real weight_decay, real momentum, real share) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        real gradient = g[i] + weight_decay * w[i];
        b[i] = momentum * b[i] + share * gradient;
        w[i] -= lr * (gradient + momentum * b[i]);
    }
}

void update_sgd_momentum(size_t n, real *w, const real *g, real *b, real lr, real weight_decay,
                         real momentum, real share, bool nesterov) {
#pragma omp parallel for if (n > BLOCK)
    for (size_t start = 0; start < n; start += BLOCK)
        (nesterov ? sgd_nesterov_block : sgd_momentum_block)(block_size(n, start), w + start,
                                                             g + start, b + start, lr, weight_decay,
                                                             momentum, share);
}

static void adam_block(size_t n, real *restrict w, const real *restrict g, real *restrict m,
                       real *restrict v, UpdateAdam c) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        real gradient = g[i] + c.gradient_decay * w[i];
        m[i] = c.beta1 * m[i] + c.one_minus_beta1 * gradient;
        v[i] = c.beta2 * v[i] + c.one_minus_beta2 * gradient * gradient;
        real denominator = SQUARE_ROOT(v[i]) * c.root_scale + c.eps;
        w[i] -= c.weight_decay * w[i] + c.step_size * m[i] / denominator;
    }
}

void update_adam(size_t n, real *w, const real *g, real *m, real *v, UpdateAdam c) {
#pragma omp parallel for if (n > BLOCK)
    for (size_t start = 0; start < n; start += BLOCK)
        adam_block(block_size(n, start), w + start, g + start, m + start, v + start, c);
}
