// Lion: Chen, Liang, Huang, Real, Wang, Pham, Dong, Luong, Hsieh, Lu, Le, "Symbolic discovery of
// optimization algorithms", NeurIPS 2023. Every number moves by lr, this way or that.
//
//     d ← sign(beta1 · m + (1 − beta1) · g)
//     m ← beta2 · m + (1 − beta2) · g
//     w ← w − lr · (d + weight_decay · w)
#include "optim/algorithm.h"

typedef struct Factors {
    real lr, beta1, one_minus_beta1, beta2, one_minus_beta2;
    real weight_decay; // lr · weight_decay
} Factors;

UPDATE_LOOP void lion_loop(size_t n, UpdateArrays x, Factors f) {
    real *m = x.buffers[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real d = sign_of(f.beta1 * m[i] + f.one_minus_beta1 * x.g[i]);
        m[i] = f.beta2 * m[i] + f.one_minus_beta2 * x.g[i];
        x.w[i] -= with_decay(f.lr * d, f.weight_decay, x.w[i]);
    }
}
UPDATE_KERNEL(lion_all, lion_loop, Factors)

static void lion_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *m = parameter_state_buffer(state, parameter, 0);
    lion_all(w->size, (UpdateArrays){w->data, w->grad, {m}},
             (Factors){.lr = (real)h->lr,
                       .beta1 = (real)h->beta1,
                       .one_minus_beta1 = (real)(1 - h->beta1),
                       .beta2 = (real)h->beta2,
                       .one_minus_beta2 = (real)(1 - h->beta2),
                       .weight_decay = (real)(h->lr * h->weight_decay)});
}

const Algorithm algorithm_lion = {
    .name = "lion",
    .update = lion_update,
    .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-4, .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0},
    .buffer_names = {"exp_avg"}};
