// RAdam: Liu, Jiang, He, Chen, Liu, Gao, Han, "On the variance of the adaptive learning rate and
// beyond", ICLR 2020: Adam that doesn't divide while v rests on too few gradients. At update number t:
//
//     g ← g + weight_decay · w
//     m ← beta1 · m + (1 − beta1) · g
//     v ← beta2 · v + (1 − beta2) · g²
//     R = 2 / (1 − beta2) − 1                     how many gradients v rests on in the end
//     r = R − 2 · t · beta2ᵗ / (1 − beta2ᵗ)       and now
//     w ← w − lr / (1 − beta1ᵗ) · m                                  as long as r ≤ 5, then
//     w ← w − lr / (1 − beta1ᵗ) · m · q · √(1 − beta2ᵗ) / (√v + eps)
//     q = √((r − 4)(r − 2) R / ((R − 4)(R − 2) r))
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real weight_decay, beta1, one_minus_beta1, beta2, one_minus_beta2, eps;
    real step_size; // what m or m / (√v + eps) is multiplied by
    bool divides;
} Factors;

UPDATE_LOOP void radam_either(size_t n, UpdateArrays x, Factors f, const bool divides) {
    real *m = x.buffers[0], *v = x.buffers[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        m[i] = f.beta1 * m[i] + f.one_minus_beta1 * g;
        v[i] = f.beta2 * v[i] + f.one_minus_beta2 * g * g;
        const real step = f.step_size * m[i];
        x.w[i] -= divides ? step / (sqrt(v[i]) + f.eps) : step;
    }
}

UPDATE_LOOP void radam_loop(size_t n, UpdateArrays x, Factors f) {
    if (f.divides)
        radam_either(n, x, f, true);
    else
        radam_either(n, x, f, false);
}
UPDATE_KERNEL(radam_all, radam_loop, Factors)

static void radam_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *m = parameter_state_buffer(state, parameter, 0);
    real *v = parameter_state_buffer(state, parameter, 1);
    const double t = (double)state->step, power = pow(h->beta2, t);
    const double R = 2 / (1 - h->beta2) - 1, r = R - 2 * t * power / (1 - power);
    double step_size = h->lr / (1 - pow(h->beta1, t));
    if (r > 5)
        step_size *= sqrt((r - 4) * (r - 2) * R / ((R - 4) * (R - 2) * r)) * sqrt(1 - power);
    radam_all(w->size, (UpdateArrays){w->data, w->grad, {m, v}},
              (Factors){.weight_decay = (real)h->weight_decay,
                        .beta1 = (real)h->beta1,
                        .one_minus_beta1 = (real)(1 - h->beta1),
                        .beta2 = (real)h->beta2,
                        .one_minus_beta2 = (real)(1 - h->beta2),
                        .eps = (real)h->eps,
                        .step_size = (real)step_size,
                        .divides = r > 5});
}

const Algorithm algorithm_radam = {.name = "radam",
                                   .update = radam_update,
                                   .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3, .beta1 = 0.9,
                                                .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0},
                                   .buffer_names = {"exp_avg", "exp_avg_sq"}};
