#include "nn/mobilenet.h"

#include <stdio.h>

#include "nn/init.h"
#include "nn/layers.h"

enum { BLOCK_COUNT = 13, FIRST_CHANNELS = 32 };

static const struct {
    int stride, channels;
} BLOCKS[BLOCK_COUNT] = {{1, 64},  {2, 128}, {1, 128}, {2, 256}, {1, 256},  {2, 512}, {1, 512},
                         {1, 512}, {1, 512}, {1, 512}, {1, 512}, {2, 1024}, {1, 1024}};

static Module *block_new(int in, int out, int stride) {
    Module *block = sequential_new(NULL);
    sequential_append(
        block, "dw",
        conv2d_new(in, in, 3, .stride = stride, .padding = PADDING_SAME, .groups = in, .relu = 6));
    sequential_append(block, "pw", conv2d_new(in, out, 1, .relu = 6));
    return block;
}

Module *mobilenet_new(double width, int classes) {
    Module *network = sequential_new(NULL);
    int channels = (int)(width * FIRST_CHANNELS);
    sequential_append(network, "conv0",
                      conv2d_new(3, channels, 3, .stride = 2, .padding = PADDING_SAME, .relu = 6));
    for (int i = 0; i < BLOCK_COUNT; i++) {
        char name[24];
        const int in = channels;
        channels = (int)(width * BLOCKS[i].channels);
        snprintf(name, sizeof name, "block%d", i + 1);
        sequential_append(network, name, block_new(in, channels, BLOCKS[i].stride));
    }
    sequential_append(network, "pool", global_avg_pool2d_new());
    if (classes > 0)
        sequential_append(network, "classifier", linear_new(channels, classes));
    return network;
}

void mobilenet_forget(Module *network, Random *random) {
    const ParameterList list = module_parameters(network);
    for (int i = 0; i < list.count; i++)
        if (list.items[i]->tensor.shape.rank == 4)
            init_kaiming_normal(list.items[i], random, 0, FAN_IN);
        else
            init_constant(list.items[i], 0);
}
