// Dropout: each number is kept or dropped by its own draw from a random stream, so that neither the
// order of the work nor the number of threads matters.
#ifndef KNOBS_KERNELS_DROPOUT_H
#define KNOBS_KERNELS_DROPOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/real.h"

// y[i] = x[i] / (1 − p), or x[i] · 0 where draw number i from here is below p. kept[i] says 1 or 0;
// kept may be NULL. The stream isn't moved.
void kernel_dropout(size_t n, const real *x, double p, Random random, uint8_t *kept, real *y);
// dx = dy / (1 − p) where kept, else dy · 0; stored, or added if `add`.
void kernel_dropout_gradient(size_t n, double p, const uint8_t *kept, const real *dy, bool add,
                             real *dx);

#endif
