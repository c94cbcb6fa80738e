// Losses: operations whose result is one number, the mean over the batch, as torch.nn.functional's
// of the same names.
#ifndef KNOBS_NN_LOSS_H
#define KNOBS_NN_LOSS_H

#include "tensor/tape.h"

// logits [n, classes], labels[n] in 0 … classes − 1 (fatal if not; the tape needs them until
// backward). cross_entropy(logits, labels, .label_smoothing = 0.1) as in Szegedy et al.,
// "Rethinking the Inception architecture", 2016: the target is (1 − label_smoothing) on the label
// plus label_smoothing / classes everywhere.
typedef struct CrossEntropyOptions {
    double label_smoothing; // default 0, in [0, 1]
} CrossEntropyOptions;
#define cross_entropy(logits, labels, ...)                                                         \
    cross_entropy_with(logits, labels, (CrossEntropyOptions){.label_smoothing = 0, __VA_ARGS__})
Tensor *cross_entropy_with(Tensor *logits, const int *labels, CrossEntropyOptions options);

// mean (prediction − target)² over all elements; equal shapes.
Tensor *mse_loss(Tensor *prediction, Tensor *target);

// mean of −target log σ(x) − (1 − target) log(1 − σ(x)), in a form that doesn't overflow; equal
// shapes. The target gets no gradient (fatal if it requires one: detach it).
Tensor *binary_cross_entropy_with_logits(Tensor *logits, Tensor *target);

// How many rows have their largest logit at the label.
int count_correct(const Tensor *logits, const int *labels);

#endif
