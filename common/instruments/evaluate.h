// How good a classifier is on a data set, or on one batch.
#ifndef KNOBS_INSTRUMENTS_EVALUATE_H
#define KNOBS_INSTRUMENTS_EVALUATE_H

#include "data/batches.h"
#include "nn/module.h"

typedef struct Evaluation {
    double accuracy; // share of images whose largest logit is at the label
    double loss;     // mean cross-entropy
} Evaluation;

// All of these run the network in evaluation mode and without recording; afterwards the mode of each of
// its modules and the tape's recording are as before.

// Over all images of a data set. Clears the tape: call it between steps.
Evaluation evaluate(Module *network, Tape *tape, const Dataset *data);

// The outputs for some inputs, on the inputs' tape.
Tensor *evaluate_batch(Module *network, Tensor *inputs);

// The mean cross-entropy of a batch.
double batch_loss(Module *network, Batch batch);

#endif
