// Adam: Kingma, Ba, "Adam: A method for stochastic optimization", ICLR 2015. Its weight decay is
// an L2 term of the loss, so it is divided by the root of v like the rest of the gradient.
// AdamW: Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019. It shrinks the
// weights beside the gradient, by lr · weight_decay as in PyTorch. At update number t:
//
//     Adam:   g ← g + weight_decay · w            AdamW:  w ← (1 − lr · weight_decay) · w
//     m ← beta1 · m + (1 − beta1) · g
//     v ← beta2 · v + (1 − beta2) · g²
//     w ← w − lr / (1 − beta1ᵗ) · m / (√v / √(1 − beta2ᵗ) + eps)
//
// AdamW's two changes of w are subtracted in one: in single precision, 1 − lr · weight_decay would
// be rounded the same way at every step, and the error would add up.
#include "kernels/update.h"
#include "optim/optimizer.h"

static void adam_step(const Hyperparameters *h, Parameter *parameter, ParameterState *state,
                      double gradient_decay, double weight_decay) {
    Tensor *w = &parameter->tensor;
    real *m = parameter_state_buffer(state, parameter, 0);
    real *v = parameter_state_buffer(state, parameter, 1);
    double t = (double)state->step;
    update_adam(w->size, w->data, w->grad, m, v,
                (UpdateAdam){.gradient_decay = (real)gradient_decay,
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
                                               .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0},
                                  .buffer_names = {"exp_avg", "exp_avg_sq"}};

const Algorithm algorithm_adamw = {.name = "adamw",
                                   .update = adamw_update,
                                   .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3, .beta1 = 0.9,
                                                .beta2 = 0.999, .eps = 1e-8, .weight_decay = 1e-2},
                                   .buffer_names = {"exp_avg", "exp_avg_sq"}};
