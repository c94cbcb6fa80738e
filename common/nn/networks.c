#include "nn/networks.h"

#include "nn/layers.h"

Module *conv_net_new(bool batch_norm) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "conv1", conv2d_new(1, 8, 3, .padding = 1));
    if (batch_norm)
        sequential_append(network, "norm1", batch_norm_new(8));
    sequential_append(network, "relu1", relu_new());
    sequential_append(network, "pool1", max_pool2d_new(2));
    sequential_append(network, "conv2", conv2d_new(8, 16, 3, .padding = 1));
    if (batch_norm)
        sequential_append(network, "norm2", batch_norm_new(16));
    sequential_append(network, "relu2", relu_new());
    sequential_append(network, "pool2", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(16 * 7 * 7, 10));
    return network;
}

Module *lenet_new(void) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "conv1", conv2d_new(1, 6, 5, .padding = 2));
    sequential_append(network, "relu1", relu_new());
    sequential_append(network, "pool1", max_pool2d_new(2));
    sequential_append(network, "conv2", conv2d_new(6, 16, 5));
    sequential_append(network, "relu2", relu_new());
    sequential_append(network, "pool2", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "fc1", linear_new(16 * 5 * 5, 120));
    sequential_append(network, "relu3", relu_new());
    sequential_append(network, "fc2", linear_new(120, 84));
    sequential_append(network, "relu4", relu_new());
    sequential_append(network, "fc3", linear_new(84, 10));
    return network;
}

static Module *block_new(int in, int out, bool pooled) {
    Module *block = sequential_new(NULL);
    sequential_append(block, "conv", conv2d_new(in, out, 3, .padding = 1));
    sequential_append(block, "norm", batch_norm_new(out));
    sequential_append(block, "relu", relu_new());
    if (pooled)
        sequential_append(block, "pool", max_pool2d_new(2));
    return block;
}

Module *block_net_new(int classes) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "block1", block_new(1, 16, true));
    sequential_append(network, "block2", block_new(16, 32, true));
    sequential_append(network, "block3", block_new(32, BLOCK_NET_FEATURES, false));
    sequential_append(network, "pool", global_avg_pool2d_new());
    if (classes > 0)
        sequential_append(network, "head", linear_new(BLOCK_NET_FEATURES, classes));
    return network;
}
