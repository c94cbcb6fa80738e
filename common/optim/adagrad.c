// Adagrad: Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
// optimization", JMLR 2011. At update number t:
//
//     g ← g + weight_decay · w
//     s ← s + g²                                  s begins as initial_accumulator_value
//     w ← w − lr / (1 + (t − 1) · lr_decay) · g / (√s + eps)
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real weight_decay, rate, eps;
} Factors;

UPDATE_LOOP void adagrad_loop(size_t n, UpdateArrays x, Factors f) {
    real *s = x.buffers[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        s[i] += g * g;
        x.w[i] -= f.rate * g / (sqrt(s[i]) + f.eps);
    }
}
UPDATE_KERNEL(adagrad_all, adagrad_loop, Factors)

static void adagrad_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *s = parameter_state_buffer_from(state, parameter, 0, h->initial_accumulator_value);
    const double earlier = (double)(state->step - 1);
    adagrad_all(w->size, (UpdateArrays){w->data, w->grad, {s}},
                (Factors){.weight_decay = (real)h->weight_decay,
                          .rate = (real)(h->lr / (1 + earlier * h->lr_decay)),
                          .eps = (real)h->eps});
}

const Algorithm algorithm_adagrad = {.name = "adagrad",
                                     .update = adagrad_update,
                                     .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-2, .eps = 1e-10,
                                                  .lr_decay = 0, .initial_accumulator_value = 0,
                                                  .weight_decay = 0},
                                     .buffer_names = {"sum"}};
