// Rprop: Riedmiller, Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
// algorithm", IEEE ICNN 1993. Each number has its own step, and of the gradient only the sign counts;
// it is for full batches, whose signs can be trusted.
//
//     s ← s · etaplus      where g has the sign of last time      (s begins as lr)
//     s ← s · etaminus     where it has turned, and there g ← 0
//     s ← within step_size_min … step_size_max
//     w ← w − s · sign(g)
#include "optim/algorithm.h"

typedef struct Factors {
    real etaminus, etaplus, shortest, longest;
} Factors;

UPDATE_LOOP void rprop_loop(size_t n, UpdateArrays x, Factors f) {
    real *last = x.buffers[0], *s = x.buffers[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real agreement = x.g[i] * last[i];
        const real g = chosen(agreement < 0, 0, x.g[i]);
        const real grows = chosen(agreement > 0, f.etaplus, 1);
        const real size = s[i] * chosen(agreement < 0, f.etaminus, grows);
        const real enough = chosen(size < f.shortest, f.shortest, size);
        s[i] = chosen(enough > f.longest, f.longest, enough);
        x.w[i] -= s[i] * sign_of(g);
        last[i] = g;
    }
}
UPDATE_KERNEL(rprop_all, rprop_loop, Factors)

static void rprop_update(const Hyperparameters *h, Parameter *parameter, ParameterState *state) {
    const Tensor *w = &parameter->tensor;
    real *last = parameter_state_buffer(state, parameter, 0);
    real *s = parameter_state_buffer_from(state, parameter, 1, h->lr);
    rprop_all(w->size, (UpdateArrays){w->data, w->grad, {last, s}},
              (Factors){.etaminus = (real)h->etaminus,
                        .etaplus = (real)h->etaplus,
                        .shortest = (real)h->step_size_min,
                        .longest = (real)h->step_size_max});
}

static const char *rprop_check(const Hyperparameters *h) {
    return h->step_size_min > h->step_size_max ? "step_size_min is more than step_size_max" : NULL;
}

const Algorithm algorithm_rprop = {.name = "rprop",
                                   .update = rprop_update,
                                   .check = rprop_check,
                                   .defaults = {HYPERPARAMETERS_UNSET, .lr = 1e-2, .etaminus = 0.5,
                                                .etaplus = 1.2, .step_size_min = 1e-6,
                                                .step_size_max = 50},
                                   .buffer_names = {"prev", "step_size"}};
