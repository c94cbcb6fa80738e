// How good a classifier is on a data set, or on one batch.
#ifndef KNOBS_INSTRUMENTS_EVALUATE_H
#define KNOBS_INSTRUMENTS_EVALUATE_H

#include "data/batches.h"
#include "nn/module.h"

typedef struct Evaluation {
    double accuracy; // share of images whose largest logit is at the label
    double loss;     // mean cross-entropy
} Evaluation;

// Runs the network over all images in evaluation mode and without recording; afterwards the mode of
// each of its modules and the tape's recording are as before. Clears the tape: call it between
// steps.
Evaluation evaluate(Module *network, Tape *tape, const Dataset *data);

// What the network makes of some inputs, in evaluation mode and without recording: nothing changes,
// modes and recording are as before, and the tape isn't cleared.
Tensor *evaluate_batch(Module *network, Tensor *inputs);

// The mean cross-entropy of a batch with the weights as they are now, in evaluation mode too: nothing
// is recorded, nothing changes, and the tape isn't cleared.
double batch_loss(Module *network, Batch batch);

#endif
