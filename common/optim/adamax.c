// Adamax: Kingma, Ba, "Adam: A method for stochastic optimization", ICLR 2015, section 7.1: Adam with
// the largest of the gradients, fading, for the root of their mean square. At update number t:
//
//     g ← g + weight_decay · w
//     m ← beta1 · m + (1 − beta1) · g
//     u ← max(beta2 · u, |g| + eps)
//     w ← w − lr / (1 − beta1ᵗ) · m / u
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real weight_decay, beta1, one_minus_beta1, beta2, eps;
    real step_size; // lr / (1 − beta1ᵗ)
} Factors;

UPDATE_LOOP void adamax_loop(size_t n, UpdateArrays x, Factors f) {
    real *m = x.buffers[0], *u = x.buffers[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        m[i] = f.beta1 * m[i] + f.one_minus_beta1 * g;
        u[i] = larger_of(f.beta2 * u[i], fabs(g) + f.eps);
        x.w[i] -= f.step_size * m[i] / u[i];
    }
}
UPDATE_KERNEL(adamax_all, adamax_loop, Factors)

static void adamax_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *m = parameter_state_buffer(state, parameter, 0);
    real *u = parameter_state_buffer(state, parameter, 1);
    adamax_all(w->size, (UpdateArrays){w->data, w->grad, {m, u}},
               (Factors){.weight_decay = (real)h->weight_decay,
                         .beta1 = (real)h->beta1,
                         .one_minus_beta1 = (real)(1 - h->beta1),
                         .beta2 = (real)h->beta2,
                         .eps = (real)h->eps,
                         .step_size = (real)(h->lr / (1 - pow(h->beta1, (double)state->step)))});
}

const Algorithm algorithm_adamax = {.name = "adamax",
                                    .update = adamax_update,
                                    .defaults = {HYPERPARAMETERS_UNSET, .lr = 2e-3, .beta1 = 0.9,
                                                 .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0},
                                    .buffer_names = {"exp_avg", "exp_inf"}};
