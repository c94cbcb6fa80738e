// NAdam: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016. At update number t,
// with mu(t) = beta1 · (1 − 0.96^(t · momentum_decay) / 2):
//
//     g ← g + weight_decay · w
//     m ← beta1 · m + (1 − beta1) · g
//     v ← beta2 · v + (1 − beta2) · g²
//     p ← p · mu(t)                               p begins as 1
//     d ← (1 − mu(t)) / (1 − p) · g + mu(t + 1) / (1 − p · mu(t + 1)) · m
//     w ← w − lr · d / (√v / √(1 − beta2ᵗ) + eps)
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real weight_decay, beta1, one_minus_beta1, beta2, one_minus_beta2, eps;
    real of_gradient, of_mean; // what they weigh in lr · d
    real root_scale;           // 1 / √(1 − beta2ᵗ)
} Factors;

UPDATE_LOOP void nadam_loop(size_t n, UpdateArrays x, Factors f) {
    real *m = x.buffers[0], *v = x.buffers[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        m[i] = f.beta1 * m[i] + f.one_minus_beta1 * g;
        v[i] = f.beta2 * v[i] + f.one_minus_beta2 * g * g;
        x.w[i] -= (f.of_gradient * g + f.of_mean * m[i]) / (sqrt(v[i]) * f.root_scale + f.eps);
    }
}
UPDATE_KERNEL(nadam_all, nadam_loop, Factors)

static double momentum_at(const Hyperparameters *h, long step) {
    return h->beta1 * (1 - 0.5 * pow(0.96, (double)step * h->momentum_decay));
}

static void nadam_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *m = parameter_state_buffer(state, parameter, 0);
    real *v = parameter_state_buffer(state, parameter, 1);
    const double mu = momentum_at(h, state->step), next = momentum_at(h, state->step + 1);
    double *product = &state->scalars[0];
    *product = state->step == 1 ? mu : *product * mu;
    nadam_all(w->size, (UpdateArrays){w->data, w->grad, {m, v}},
              (Factors){.weight_decay = (real)h->weight_decay,
                        .beta1 = (real)h->beta1,
                        .one_minus_beta1 = (real)(1 - h->beta1),
                        .beta2 = (real)h->beta2,
                        .one_minus_beta2 = (real)(1 - h->beta2),
                        .eps = (real)h->eps,
                        .of_gradient = (real)(h->lr * (1 - mu) / (1 - *product)),
                        .of_mean = (real)(h->lr * next / (1 - *product * next)),
                        .root_scale = (real)(1 / sqrt(1 - pow(h->beta2, (double)state->step)))});
}

const Algorithm algorithm_nadam = {.name = "nadam",
                                   .update = nadam_update,
                                   .defaults = {HYPERPARAMETERS_UNSET, .lr = 2e-3, .beta1 = 0.9,
                                                .beta2 = 0.999, .eps = 1e-8, .momentum_decay = 4e-3,
                                                .weight_decay = 0},
                                   .buffer_names = {"exp_avg", "exp_avg_sq"},
                                   .scalar_names = {"mu_product"}};
