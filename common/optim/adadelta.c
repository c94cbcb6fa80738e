// Adadelta: Zeiler, "ADADELTA: An adaptive learning rate method", 2012. A step has the unit of the
// weights: the mean square of the steps before stands over that of the gradients.
//
//     g ← g + weight_decay · w
//     s ← rho · s + (1 − rho) · g²
//     d ← √(a + eps) / √(s + eps) · g
//     a ← rho · a + (1 − rho) · d²
//     w ← w − lr · d
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real lr, weight_decay, rho, one_minus_rho, eps;
} Factors;

UPDATE_LOOP void adadelta_loop(size_t n, UpdateArrays x, Factors f) {
    real *s = x.buffers[0], *a = x.buffers[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.weight_decay, x.w[i]);
        s[i] = f.rho * s[i] + f.one_minus_rho * g * g;
        const real d = sqrt(a[i] + f.eps) / sqrt(s[i] + f.eps) * g;
        a[i] = f.rho * a[i] + f.one_minus_rho * d * d;
        x.w[i] -= f.lr * d;
    }
}
UPDATE_KERNEL(adadelta_all, adadelta_loop, Factors)

static void adadelta_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *s = parameter_state_buffer(state, parameter, 0);
    real *a = parameter_state_buffer(state, parameter, 1);
    adadelta_all(w->size, (UpdateArrays){w->data, w->grad, {s, a}},
                 (Factors){.lr = (real)h->lr,
                           .weight_decay = (real)h->weight_decay,
                           .rho = (real)h->rho,
                           .one_minus_rho = (real)(1 - h->rho),
                           .eps = (real)h->eps});
}

const Algorithm algorithm_adadelta = {
    .name = "adadelta",
    .update = adadelta_update,
    .defaults = {HYPERPARAMETERS_UNSET, .lr = 1, .rho = 0.9, .eps = 1e-6, .weight_decay = 0},
    .buffer_names = {"square_avg", "acc_delta"}};
