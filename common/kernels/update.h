// The loops of the optimizers: one pass over a parameter's numbers. w is the weight, g its
// gradient, both of n numbers, as are the buffers. Each number is computed alone, so the result
// doesn't depend on how the work is shared. The formulas stand in optim/, beside each algorithm.
#ifndef KNOBS_KERNELS_UPDATE_H
#define KNOBS_KERNELS_UPDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

void update_sgd(size_t n, real *w, const real *g, real lr, real weight_decay);

// b is the momentum buffer; share is what the new gradient weighs in it.
void update_sgd_momentum(size_t n, real *w, const real *g, real *b, real lr, real weight_decay,
                         real momentum, real share, bool nesterov);

typedef struct UpdateAdam {
    real gradient_decay; // Adam's weight decay; 0 for AdamW
    real weight_decay;   // AdamW's lr · weight_decay; 0 for Adam
    real beta1, one_minus_beta1;
    real beta2, one_minus_beta2;
    real step_size;  // lr / (1 − beta1ᵗ)
    real root_scale; // 1 / √(1 − beta2ᵗ)
    real eps;
} UpdateAdam;

// m and v are the running means of g and g².
void update_adam(size_t n, real *w, const real *g, real *m, real *v, UpdateAdam c);

#endif
