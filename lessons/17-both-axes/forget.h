// Parts of a training as they are in a program that has just been started.
#ifndef LESSON_17_FORGET_H
#define LESSON_17_FORGET_H

#include <string.h>

#include "nn/networks.h"
#include "optim/optimizer.h"

// The moments of all parameters, or how often they were updated, or both.
static inline void forget_optimizer(Optimizer *optimizer, bool moments, bool count) {
    for (int g = 0; g < optimizer->group_count; g++)
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++) {
            const Tensor *tensor = &optimizer->groups[g].parameters.items[i]->tensor;
            ParameterState *state = optimizer->groups[g].states[i];
            for (int b = 0; moments && b < STATE_MAX_BUFFERS; b++)
                if (state->buffers[b])
                    memset(state->buffers[b], 0, tensor->size * sizeof(real));
            if (count)
                state->step = 0;
        }
}

// Gives the network the weights, or the statistics, of a new one.
static inline void forget_numbers(Module *network, bool weights) {
    Random random = random_from_seed(0);
    Module *new_network = conv_net_new(true);
    module_initialise(new_network, &random);
    const ParameterList from =
                            weights ? module_parameters(new_network) : module_buffers(new_network),
                        to = weights ? module_parameters(network) : module_buffers(network);
    for (int i = 0; i < to.count; i++) {
        memcpy(to.items[i]->tensor.data, from.items[i]->tensor.data,
               to.items[i]->tensor.size * sizeof(real));
        parameter_changed(to.items[i]);
    }
    module_free(new_network);
}

#endif
