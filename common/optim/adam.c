// Adam: Kingma, Ba, "Adam: A method for stochastic optimization", ICLR 2015. Its weight decay is
// an L2 term of the loss, so it is divided by the root of v like the rest of the gradient.
// AdamW: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019. It shrinks the
// weights beside the gradient, by lr · weight_decay as in PyTorch.
// amsgrad: Reddi, Kale, Kumar, "On the convergence of Adam and beyond", ICLR 2018.
// At update number t:
//
//     Adam:   g ← g + weight_decay · w            AdamW:  w ← (1 − lr · weight_decay) · w
//     m ← beta1 · m + (1 − beta1) · g
//     v ← beta2 · v + (1 − beta2) · g²
//     u ← max(u, v)  with amsgrad,  v  without
//     w ← w − lr / (1 − beta1ᵗ) · m / (√u / √(1 − beta2ᵗ) + eps)
//
// AdamW's two changes of w are subtracted in one: in single precision, 1 − lr · weight_decay would
// be rounded the same way at every step, and the error would add up.
#include "optim/algorithm.h"

#include <tgmath.h>

typedef struct Factors {
    real gradient_decay; // Adam's weight decay; 0 for AdamW
    real weight_decay;   // AdamW's lr · weight_decay; 0 for Adam
    real beta1, one_minus_beta1;
    real beta2, one_minus_beta2;
    real step_size;  // lr / (1 − beta1ᵗ)
    real root_scale; // 1 / √(1 − beta2ᵗ)
    real eps;
} Factors;

UPDATE_LOOP void adam_either(size_t n, UpdateArrays x, Factors f, const bool amsgrad) {
    real *m = x.buffers[0], *v = x.buffers[1], *u = x.buffers[2];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = with_decay(x.g[i], f.gradient_decay, x.w[i]);
        m[i] = f.beta1 * m[i] + f.one_minus_beta1 * g;
        v[i] = f.beta2 * v[i] + f.one_minus_beta2 * g * g;
        real square = v[i];
        if (amsgrad)
            square = u[i] = larger_of(u[i], square);
        const real step = f.step_size * m[i] / (sqrt(square) * f.root_scale + f.eps);
        x.w[i] -= with_decay(step, f.weight_decay, x.w[i]);
    }
}

UPDATE_LOOP void adam_loop(size_t n, UpdateArrays x, Factors f) {
    if (x.buffers[2])
        adam_either(n, x, f, true);
    else
        adam_either(n, x, f, false);
}
UPDATE_KERNEL(adam_all, adam_loop, Factors)

static void adam_step(const Hyperparameters *h, Parameter *parameter, ParameterState *state,
                      double gradient_decay, double weight_decay) {
    const Tensor *w = &parameter->tensor;
    const double t = (double)state->step;
    real *m = parameter_state_buffer(state, parameter, 0);
    real *v = parameter_state_buffer(state, parameter, 1);
    real *u = h->amsgrad == 1 ? parameter_state_buffer(state, parameter, 2) : NULL;
    adam_all(w->size, (UpdateArrays){w->data, w->grad, {m, v, u}},
             (Factors){.gradient_decay = (real)gradient_decay,
                       .weight_decay = (real)weight_decay,
                       .beta1 = (real)h->beta1,
                       .one_minus_beta1 = (real)(1 - h->beta1),
                       .beta2 = (real)h->beta2,
                       .one_minus_beta2 = (real)(1 - h->beta2),
                       .step_size = (real)(h->lr / (1 - pow(h->beta1, t))),
                       .root_scale = (real)(1 / sqrt(1 - pow(h->beta2, t))),
                       .eps = (real)h->eps});
}

static void adam_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    adam_step(h, parameter, state, h->weight_decay, 0);
}

static void adamw_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    adam_step(h, parameter, state, 0, h->lr * h->weight_decay);
}

const Algorithm algorithm_adam = {.name = "adam",
                                  .update = adam_update,
                                  .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3, .beta1 = 0.9,
                                               .beta2 = 0.999, .eps = 1e-8, .amsgrad = 0,
                                               .weight_decay = 0},
                                  .buffer_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
                                  .buffer_switches = {[2] = HYPERPARAMETER_amsgrad}};

const Algorithm algorithm_adamw = {.name = "adamw",
                                   .update = adamw_update,
                                   .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3, .beta1 = 0.9,
                                                .beta2 = 0.999, .eps = 1e-8, .amsgrad = 0,
                                                .weight_decay = 1e-2},
                                   .buffer_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},
                                   .buffer_switches = {[2] = HYPERPARAMETER_amsgrad}};
