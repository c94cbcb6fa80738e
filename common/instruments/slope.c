#include "instruments/slope.h"

#include <math.h>

#include "instruments/evaluate.h"

static void move_weights(ParameterList list, double distance, double gradient_length) {
    for (int i = 0; i < list.count; i++) {
        Tensor *weight = &list.items[i]->tensor;
        if (weight->grad_state == GRAD_NONE)
            continue;
        for (size_t j = 0; j < weight->size; j++)
            weight->data[j] += (real)(distance * (double)weight->grad[j] / gradient_length);
        parameter_changed(list.items[i]);
    }
}

double gradient_error(Module *network, ParameterList list, Batch batch) {
    const double h = sizeof(real) == sizeof(double) ? 1e-6 : 3e-4; // floats feel no smaller move
    const double length = parameter_list_grad_norm(&list);
    if (!(length > 0))
        return NAN;
    move_weights(list, h, length);
    const double further = batch_loss(network, batch);
    move_weights(list, -2 * h, length);
    const double before = batch_loss(network, batch);
    move_weights(list, h, length);
    return fabs((further - before) / (2 * h) - length) / length;
}
