// Softmax cross-entropy over rows of logits [rows, classes], with labels [rows] in 0 … classes − 1; rows ≥ 1.
#ifndef KNOBS_KERNELS_SOFTMAX_H
#define KNOBS_KERNELS_SOFTMAX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

// The mean over rows of −Σ_c q_c log p_c, p = softmax(logits), q_c = (1 − smoothing)·[c = label] +
// smoothing/classes. Fills probabilities [rows, classes] with p if it isn't NULL.
double kernel_cross_entropy(size_t rows, size_t classes, const real *logits, const int *labels,
                            double smoothing, real *probabilities);

// d loss / d logits = factor (p − q), factor being d loss / rows.
void kernel_cross_entropy_gradient(size_t rows, size_t classes, const real *probabilities,
                                   const int *labels, double smoothing, double factor, bool add,
                                   real *dlogits);

#endif
