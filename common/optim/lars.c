// LARS, layer-wise adaptive rate scaling: You, Gitman, Ginsburg, "Large batch training of convolutional
// networks", 2017. SGD with momentum whose gradient is first given a length of its own in each parameter: a
// share of that of the weights.
//
//     r ← trust_coefficient · ‖w‖ / (‖g‖ + weight_decay · ‖w‖ + eps)
//         1 where the trust_coefficient, ‖w‖ or ‖g‖ is 0
//     b ← momentum · b + r · (g + weight_decay · w)
//     w ← w − lr · b
//
// The paper has lr within b. Here it stands where SGD has it, as in NVIDIA's LARC, so that a schedule means
// the same in both. The norms are the roots of sums of squares over one parameter.
#include "optim/algorithm.h"

typedef struct Factors {
    real lr, momentum, ratio, weight_decay;
} Factors;

UPDATE_LOOP void lars_loop(size_t n, UpdateArrays x, Factors f) {
    real *b = x.buffers[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        b[i] = f.momentum * b[i] + f.ratio * with_decay(x.g[i], f.weight_decay, x.w[i]);
        x.w[i] -= f.lr * b[i];
    }
}
UPDATE_KERNEL(lars_all, lars_loop, Factors)

static double trust_ratio(const Hyperparameters *h, const Tensor *w) {
    const double of_weights = euclidean_norm(w->size, w->data);
    const double of_gradient = euclidean_norm(w->size, w->grad);
    if (h->trust_coefficient == 0 || of_weights == 0 || of_gradient == 0)
        return 1;
    return h->trust_coefficient * of_weights /
           (of_gradient + h->weight_decay * of_weights + h->eps);
}

static void lars_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *b = parameter_state_buffer(state, parameter, 0);
    lars_all(w->size, (UpdateArrays){w->data, w->grad, {b}},
             (Factors){.lr = (real)h->lr,
                       .momentum = (real)h->momentum,
                       .ratio = (real)trust_ratio(h, w),
                       .weight_decay = (real)h->weight_decay});
}

const Algorithm algorithm_lars = {.name = "lars",
                                  .update = lars_update,
                                  .defaults = {HYPERPARAMETERS_UNSET, .lr = 1, .momentum = 0.9,
                                               .weight_decay = 0, .trust_coefficient = 0.001,
                                               .eps = 1e-8},
                                  .buffer_names = {"momentum_buffer"}};
