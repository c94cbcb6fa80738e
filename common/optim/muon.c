// Muon: Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein, "Muon: An optimizer for hidden layers
// in neural networks", 2024. The momentum of a matrix loses its sizes: all its singular values
// are brought near 1, so that no direction of the matrix learns faster than another.
//
//     b ← momentum · b + (1 − momentum) · g
//     d ← momentum · b + (1 − momentum) · g  with nesterov,  b  without
//     X ← d / max(‖d‖, eps)                       the root of the sum of squares
//     ns_steps times: X ← 3.4445 X − 4.775 (X Xᵀ) X + 2.0315 (X Xᵀ)² X
//     w ← w − lr · weight_decay · w − lr · √max(1, rows / columns) · X
//
// The polynomial acts on each singular value alone (Newton and Schulz found one, for the inverse);
// this one is steep at 0, and from there on stays within 0.7 … 1.2 rather than at 1.
#include "optim/algorithm.h"

#include <stdlib.h>
#include <tgmath.h>

#include "kernels/gemm.h"

static const double LINEAR = 3.4445, CUBIC = -4.775, QUINTIC = 2.0315;

typedef struct Factors {
    real momentum, share; // of b and of g
    bool nesterov;
    real weight_decay, rate; // lr · weight_decay, and what X is multiplied by
} Factors;

// w is where d is written to.
UPDATE_LOOP void muon_mean(size_t n, UpdateArrays x, Factors f) {
    real *b = x.buffers[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        b[i] = f.momentum * b[i] + f.share * x.g[i];
        x.w[i] = f.nesterov ? f.momentum * b[i] + f.share * x.g[i] : b[i];
    }
}
UPDATE_KERNEL(muon_mean_all, muon_mean, Factors)

// The X of the formula comes as the gradient.
UPDATE_LOOP void muon_move(size_t n, UpdateArrays x, Factors f) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        x.w[i] -= with_decay(f.rate * x.g[i], f.weight_decay, x.w[i]);
}
UPDATE_KERNEL(muon_move_all, muon_move, Factors)

// x ← LINEAR x + CUBIC (x xᵀ) x + QUINTIC (x xᵀ)² x, with xᵀ x on the right of x where it is smaller
// than x xᵀ on the left. `next` has room for x; `gram` and `factor` for the square of the shorter side.
static void newton_schulz(int rows, int columns, real *x, real *next, real *gram, real *factor) {
    const bool is_wide = rows <= columns;
    const int side = is_wide ? rows : columns, depth = is_wide ? columns : rows;
    kernel_gemm(is_wide ? PLAIN : TRANSPOSED, is_wide ? TRANSPOSED : PLAIN, side, side, depth, x, x,
                false, gram);
    kernel_gemm(PLAIN, PLAIN, side, side, side, gram, gram, false, factor);
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            const size_t at = (size_t)i * side + j;
            factor[at] = (real)CUBIC * gram[at] + (real)QUINTIC * factor[at];
            if (i == j)
                factor[at] += (real)LINEAR;
        }
    kernel_gemm(PLAIN, PLAIN, rows, columns, side, is_wide ? factor : x, is_wide ? x : factor,
                false, next);
}

static void muon_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    const int rows = w->shape.dims[0], columns = w->shape.dims[1];
    const size_t side = rows < columns ? rows : columns;
    real *work = memory_alloc(2 * (w->size + side * side) * sizeof(real));
    real *x = work, *next = x + w->size, *gram = next + w->size, *factor = gram + side * side;
    real *b = parameter_state_buffer(state, parameter, 0);
    const Factors factors = {.momentum = (real)h->momentum,
                             .share = (real)(1 - h->momentum),
                             .nesterov = h->nesterov == 1,
                             .weight_decay = (real)(h->lr * h->weight_decay),
                             .rate = (real)(h->lr * sqrt(fmax(1, (double)rows / columns)))};
    muon_mean_all(w->size, (UpdateArrays){x, w->grad, {b}}, factors);
    divide_by_norm(w->size, x, h->eps);
    for (int i = 0; i < (int)h->ns_steps; i++) {
        newton_schulz(rows, columns, x, next, gram, factor);
        real *const old = x;
        x = next;
        next = old;
    }
    muon_move_all(w->size, (UpdateArrays){.w = w->data, .g = x}, factors);
    free(work);
}

const Algorithm algorithm_muon = {.name = "muon",
                                  .update = muon_update,
                                  .of_matrices = true,
                                  .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3,
                                               .weight_decay = 0.1, .momentum = 0.95, .nesterov = 1,
                                               .eps = 1e-7, .ns_steps = 5},
                                  .buffer_names = {"momentum_buffer"}};
