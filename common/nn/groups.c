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

void module_freeze_to(Module *network, int count) {
    int layers = 0;
    for (int i = 0; i < network->child_count; i++)
        layers += module_parameters(network->children[i]).count > 0;
    const int frozen = count < 0 ? layers + count : count;
    if (frozen < 0 || frozen > layers)
        fatal("module_freeze_to: %d layers of %s; it has %d", count, network->kind, layers);
    for (int i = 0, layer = 0; i < network->child_count; i++) {
        Module *child = network->children[i];
        if (module_parameters(child).count == 0)
            continue;
        if (layer++ < frozen)
            module_freeze(child);
        else
            module_unfreeze(child);
    }
}
