// Stochastic gradient descent, with momentum (Polyak 1964) and Nesterov's look-ahead in the form of
// Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
// learning", ICML 2013, as PyTorch writes it:
//
//     g ← g + weight_decay · w
//     b ← momentum · b + (1 − dampening) · g      the first time: b ← g
//     d ← g + momentum · b  with nesterov,  b  with momentum only,  g  without
//     w ← w − lr · d
#include "optim/algorithm.h"

typedef struct Factors {
    real lr, weight_decay;
    real momentum, share; // of the new gradient in b
    bool nesterov;
} Factors;

UPDATE_LOOP void descend(size_t n, UpdateArrays x, Factors f) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        x.w[i] -= f.lr * with_decay(x.g[i], f.weight_decay, x.w[i]);
}
UPDATE_KERNEL(descend_all, descend, Factors)

UPDATE_LOOP void roll(size_t n, UpdateArrays x, Factors f) {
    real *b = x.buffers[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        b[i] = f.momentum * b[i] + f.share * g;
        x.w[i] -= f.lr * (f.nesterov ? g + f.momentum * b[i] : b[i]);
    }
}
UPDATE_KERNEL(roll_all, roll, Factors)

static void sgd_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    Factors factors = {.lr = (real)h->lr, .weight_decay = (real)h->weight_decay};
    if (h->momentum == 0) {
        descend_all(w->size, (UpdateArrays){.w = w->data, .g = w->grad}, factors);
        return;
    }
    const bool is_first = !state->buffers[0];
    real *b = parameter_state_buffer(state, parameter, 0);
    factors.momentum = (real)h->momentum;
    factors.share = (real)(is_first ? 1 : 1 - h->dampening);
    factors.nesterov = h->nesterov == 1;
    roll_all(w->size, (UpdateArrays){w->data, w->grad, {b}}, factors);
}

static const char *sgd_check(const Hyperparameters *h) {
    const bool can_look_ahead = h->momentum > 0 && h->dampening == 0;
    return h->nesterov == 1 && !can_look_ahead ? "nesterov needs momentum > 0 and dampening 0"
                                               : NULL;
}

const Algorithm algorithm_sgd = {.name = "sgd",
                                 .update = sgd_update,
                                 .check = sgd_check,
                                 .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3, .momentum = 0,
                                              .dampening = 0, .nesterov = 0, .weight_decay = 0},
                                 .buffer_names = {"momentum_buffer"},
                                 .buffer_switches = {HYPERPARAMETER_momentum}};
