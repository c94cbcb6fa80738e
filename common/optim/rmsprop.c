// RMSprop: Hinton, Srivastava, Swersky, "Neural networks for machine learning", lecture 6e, 2012;
// centered, as Graves, "Generating sequences with recurrent neural networks", 2013, wrote it.
//
//     g ← g + weight_decay · w
//     s ← alpha · s + (1 − alpha) · g²
//     c ← alpha · c + (1 − alpha) · g             centered only; else c is 0
//     d ← g / (√(s − c²) + eps)
//     b ← momentum · b + d                        without momentum: b ← d
//     w ← w − lr · b
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real lr, weight_decay, alpha, one_minus_alpha, eps, momentum;
} Factors;

enum { SQUARE, MOMENTUM, MEAN }; // the buffers

UPDATE_LOOP void rmsprop_some(size_t n, UpdateArrays x, Factors f, const bool has_momentum,
                              const bool is_centered) {
    real *s = x.buffers[SQUARE], *b = x.buffers[MOMENTUM], *c = x.buffers[MEAN];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        s[i] = f.alpha * s[i] + f.one_minus_alpha * g * g;
        real variance = s[i];
        if (is_centered) {
            c[i] = f.alpha * c[i] + f.one_minus_alpha * g;
            variance = larger_of(s[i] - c[i] * c[i], 0); // rounding may bring it below
        }
        real d = g / (sqrt(variance) + f.eps);
        if (has_momentum)
            d = b[i] = f.momentum * b[i] + d;
        x.w[i] -= f.lr * d;
    }
}

UPDATE_LOOP void rmsprop_loop(size_t n, UpdateArrays x, Factors f) {
    if (x.buffers[MOMENTUM] && x.buffers[MEAN])
        rmsprop_some(n, x, f, true, true);
    else if (x.buffers[MOMENTUM])
        rmsprop_some(n, x, f, true, false);
    else if (x.buffers[MEAN])
        rmsprop_some(n, x, f, false, true);
    else
        rmsprop_some(n, x, f, false, false);
}
UPDATE_KERNEL(rmsprop_all, rmsprop_loop, Factors)

static void rmsprop_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    UpdateArrays arrays = {w->data, w->grad, {parameter_state_buffer(state, parameter, SQUARE)}};
    if (h->momentum > 0)
        arrays.buffers[MOMENTUM] = parameter_state_buffer(state, parameter, MOMENTUM);
    if (h->centered == 1)
        arrays.buffers[MEAN] = parameter_state_buffer(state, parameter, MEAN);
    rmsprop_all(w->size, arrays,
                (Factors){.lr = (real)h->lr,
                          .weight_decay = (real)h->weight_decay,
                          .alpha = (real)h->alpha,
                          .one_minus_alpha = (real)(1 - h->alpha),
                          .eps = (real)h->eps,
                          .momentum = (real)h->momentum});
}

const Algorithm algorithm_rmsprop = {
    .name = "rmsprop",
    .update = rmsprop_update,
    .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-2, .alpha = 0.99, .eps = 1e-8, .momentum = 0,
                 .centered = 0, .weight_decay = 0},
    .buffer_names = {[SQUARE] = "square_avg", [MOMENTUM] = "momentum_buffer", [MEAN] = "grad_avg"},
    .buffer_switches = {[MOMENTUM] = HYPERPARAMETER_momentum, [MEAN] = HYPERPARAMETER_centered}};
