// Exercise 11: the average of G's weights
//
// After each step of G a third network moves towards it, number by number:
//     average ← decay · average + (1 − decay) · G's
// so do the running statistics of its batch norms, which are buffers. Both networks have the same lists, in the same order:
//     module_parameters(module), module_buffers(module), and parameter_list_join(a, b) makes one list of two
//     list.items[0] … list.items[list.count − 1] point to what is in it, with the numbers tensor.data[0] …
//     tensor.data[tensor.size − 1], which are of type real: a float
// Try it with make exercise-11.

#include "../exercise.h"
#include "nn/layers.h"

static void network_average(Module *average, const Module *network, double decay) {
    exercise_asks("move parameters and buffers of the average towards the network's");
}

#include "check.h" // main: tries it
