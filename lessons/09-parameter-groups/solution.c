// Solution of exercise 09: one optimizer, four groups
//
// Make an AdamW for a network of conv1, bn1 and head (check.h): the head learns at 0.01, all else at 0.001; biases
// and norms don't decay, the other weights do with weight_decay 0.05, in the head too. Given are
//     module_parameters(network), module_parameters_under(network, "head")     lists of parameters
//     parameter_list_without(list, part)                                       what list has and part hasn't
//     parameters_split_by_decay(list)                                          .decay and .no_decay
//     adamw(list, .lr = …), optimizer_add_group(optimizer, list, .lr = …)
// Try it with make exercise-09.

#include "../exercise.h"
#include "nn/groups.h"
#include "nn/layers.h"
#include "optim/optimizer.h"

static Optimizer *optimizer_for(Module *network) {
    const ParameterList head = module_parameters_under(network, "head");
    const ParameterList rest = parameter_list_without(module_parameters(network), head);
    const DecaySplit of_head = parameters_split_by_decay(head);
    const DecaySplit of_rest = parameters_split_by_decay(rest);
    Optimizer *optimizer = adamw(of_rest.decay, .lr = 0.001, .weight_decay = 0.05);
    optimizer_add_group(optimizer, of_rest.no_decay, .weight_decay = 0);
    optimizer_add_group(optimizer, of_head.decay, .lr = 0.01);
    optimizer_add_group(optimizer, of_head.no_decay, .lr = 0.01, .weight_decay = 0);
    return optimizer;
}

#include "check.h" // main: tries it
