// Solution of exercise 03: an optimizer owns a subset
//
// Write the step of an SGD that owns the parameters in `owned`, and no others. A parameter has its numbers in
// tensor.data and their gradients in tensor.grad, tensor.size of each. Whose tensor.grad_state is GRAD_NONE has no
// gradient, and is left as it is. Say parameter_changed(p) of each that you have written to.
//     owned.items[0] … owned.items[owned.count − 1] are pointers to the parameters
// Try it with make exercise-03.

#include "../exercise.h"
#include "tensor/operations.h"

static void owned_step(ParameterList owned, double lr) {
    for (int i = 0; i < owned.count; i++) {
        Parameter *p = owned.items[i];
        if (p->tensor.grad_state == GRAD_NONE)
            continue;
        for (size_t k = 0; k < p->tensor.size; k++)
            p->tensor.data[k] -= (real)lr * p->tensor.grad[k];
        parameter_changed(p);
    }
}

#include "check.h" // main: tries it
