// Is the gradient right? The length of the gradient must be the slope of the loss along the gradient's
// own direction, and that slope can be measured:
//
//     |gradient|  =  (loss a little further − loss a little before) / distance
//
// A gradient that is too long, too short or turned fails, where the parameters that it belongs to have a share of
// the whole. One that is missing (zeros) doesn't: nothing is moved along it.
#ifndef KNOBS_INSTRUMENTS_SLOPE_H
#define KNOBS_INSTRUMENTS_SLOPE_H

#include "data/batches.h"
#include "nn/module.h"

// The relative difference of the two, along the gradients of the list that backward has computed for
// the batch. The weights come back as they were, but for rounding. In float it can't be much below
// 1e-3. NaN where there is no gradient.
double gradient_error(Module *network, ParameterList list, Batch batch);

#endif
