#include "nn/groups.h"

#include <string.h>

#include "base/error.h"

static bool is_bias(const Parameter *parameter) {
    const char *dot = strrchr(parameter->name, '.');
    return strcmp(dot ? dot + 1 : parameter->name, "bias") == 0;
}

DecaySplit parameters_split_by_decay(ParameterList parameters) {
    DecaySplit split = {0};
    for (int i = 0; i < parameters.count; i++) {
        Parameter *parameter = parameters.items[i];
        const bool decays = parameter->tensor.shape.rank > 1 && !is_bias(parameter);
        parameter_list_append(decays ? &split.decay : &split.no_decay, parameter);
    }
    return split;
}

int module_layers(const Module *network, ParameterList *layers, int capacity) {
    int count = 0;
    for (int i = 0; i < network->child_count; i++) {
        const ParameterList layer = module_parameters(network->children[i]);
        if (layer.count && count == capacity)
            fatal("module_layers: %s has more than %d layers with parameters", network->kind,
                  capacity);
        if (layer.count)
            layers[count++] = layer;
    }
    return count;
}
