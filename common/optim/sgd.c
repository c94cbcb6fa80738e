// Stochastic gradient descent, with momentum (Polyak 1964) and Nesterov's look-ahead in the form of
// Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
// learning", ICML 2013, as PyTorch writes it:
//
//     g ← g + weight_decay · w
//     b ← momentum · b + (1 − dampening) · g      the first time: b ← g
//     d ← g + momentum · b  with nesterov,  b  with momentum only,  g  without
//     w ← w − lr · d
#include "kernels/update.h"
#include "optim/optimizer.h"

static void sgd_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    Tensor *w = &parameter->tensor;
    if (h->momentum == 0) {
        update_sgd(w->size, w->data, w->grad, (real)h->lr, (real)h->weight_decay);
        return;
    }
    bool first = !state->buffers[0];
    real *b = parameter_state_buffer(state, parameter, 0); // zeros the first time
    double share = first ? 1 : 1 - h->dampening;
    update_sgd_momentum(w->size, w->data, w->grad, b, (real)h->lr, (real)h->weight_decay,
                        (real)h->momentum, (real)share, h->nesterov == 1);
}

const Algorithm algorithm_sgd = {.name = "sgd",
                                 .update = sgd_update,
                                 .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-3, .momentum = 0,
                                              .dampening = 0, .nesterov = 0, .weight_decay = 0},
                                 .buffer_names = {"momentum_buffer"}};
