// Is the gradient right? The length of the gradient must be the slope of the loss along the
// gradient's own direction, and that slope can be measured:
//
//     |gradient|  =  (loss a little further − loss a little before) / distance
//
// A wrong gradient, of whatever layer, fails here at once.
#ifndef KNOBS_LESSON_01_SLOPE_H
#define KNOBS_LESSON_01_SLOPE_H

#include <math.h>

#include "run/evaluate.h"

static void move_weights(ParameterList parameters, double distance, double gradient_length) {
    for (int i = 0; i < parameters.count; i++) {
        Tensor *weight = &parameters.items[i]->tensor;
        for (size_t j = 0; j < weight->size; j++)
            weight->data[j] += (real)(distance * (double)weight->grad[j] / gradient_length);
        parameter_changed(parameters.items[i]);
    }
}

// The relative difference of the two, after backward has computed the gradient of the batch.
static double gradient_error(Module *network, Batch batch) {
    const double h = sizeof(real) == sizeof(double) ? 1e-6 : 3e-4; // floats feel no smaller move
    const ParameterList parameters = module_parameters(network);
    const double length = parameter_list_grad_norm(&parameters);
    move_weights(parameters, h, length);
    const double further = batch_loss(network, batch);
    move_weights(parameters, -2 * h, length);
    const double before = batch_loss(network, batch);
    return fabs((further - before) / (2 * h) - length) / length;
}

#endif
