// Solution of exercise 11: the average of G's weights
//
// After each step of G a third network moves towards it, number by number:
//     average ← decay · average + (1 − decay) · G's
// so do the running statistics of its batch norms, which are buffers. Both networks have the same lists, in the same order:
//     module_parameters(module), module_buffers(module), and parameter_list_join(a, b) makes one list of two
//     list.items[0] … list.items[list.count − 1] point to what is in it, with the numbers tensor.data[0] …
//     tensor.data[tensor.size − 1]
// Try it with make exercise-11.

#include "../exercise.h"
#include "nn/layers.h"

static void network_average(Module *average, const Module *network, double decay) {
    const ParameterList to =
        parameter_list_join(module_parameters(average), module_buffers(average));
    const ParameterList from =
        parameter_list_join(module_parameters(network), module_buffers(network));
    for (int i = 0; i < to.count; i++)
        for (size_t k = 0; k < to.items[i]->tensor.size; k++) {
            real *number = &to.items[i]->tensor.data[k];
            *number = (real)(decay * *number + (1 - decay) * from.items[i]->tensor.data[k]);
        }
}

#include "check.h" // main: tries it
