// Ways to sort a model's parameters into the groups of an optimizer.
#ifndef KNOBS_NN_GROUPS_H
#define KNOBS_NN_GROUPS_H

#include "nn/module.h"

// Weight decay is for the weights of products. Biases, the weights and biases of norms, whatever has
// no more than one dimension, and whatever is called "bias" is better left alone:
//     DecaySplit split = parameters_split_by_decay(module_parameters(network));
//     Optimizer *optimizer = adamw(split.decay, .weight_decay = 0.05);
//     optimizer_add_group(optimizer, split.no_decay, .weight_decay = 0);
// Both keep the order of the list, and together they are the list.
typedef struct DecaySplit {
    ParameterList decay, no_decay;
} DecaySplit;
DecaySplit parameters_split_by_decay(ParameterList parameters);

// A network's layers, from the input on: the parameters of each child that has any. Returns how many
// there are; fatal if they are more than `capacity`. For rates that fall from the head to the input
// by a factor a layer (Howard and Ruder, "Universal language model fine-tuning", 2018: 1 / 2.6):
//     for (int i = 0; i < count; i++)
//         optimizer_add_group(optimizer, layers[i], .lr = lr * pow(factor, count - 1 - i));
int module_layers(const Module *network, ParameterList *layers, int capacity);

// Freezes the first `count` of these layers and unfreezes the others (module_freeze). Below 0 it counts
// from the end: −1 freezes all but the last, the head. Fatal: the network has fewer layers. For gradual
// unfreezing, from the head on:
//     module_freeze_to(network, -1 - epoch);
void module_freeze_to(Module *network, int count);

#endif
