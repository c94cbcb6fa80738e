// The two networks: a DCGAN (Radford, Metz, Chintala, "Unsupervised representation learning with deep
// convolutional generative adversarial networks", 2016) for images of 32 × 32 or 28 × 28 pixels. All
// weights start from N(0, 0.02), as in the paper; those of batch norm from N(1, 0.02).
#ifndef KNOBS_LESSON_11_NETWORKS_H
#define KNOBS_LESSON_11_NETWORKS_H

#include <stdio.h>
#include <string.h>

#include "nn/init.h"
#include "nn/layers.h"

enum { WIDTH = 32 }; // channels of the layers at 16 × 16; twice and four times as many below

static void initialise_normally(Module *network, Random *random) {
    module_initialise(network, random);
    const ParameterList all = module_parameters(network);
    for (int i = 0; i < all.count; i++)
        if (strstr(all.items[i]->name, "weight"))
            init_normal(all.items[i], random, all.items[i]->tensor.shape.rank == 1 ? 1 : 0, 0.02);
        else
            init_constant(all.items[i], 0);
}

// A layer that makes images of this size: "up16".
static void append(Module *network, const char *name, int size, Module *layer) {
    char full[32];
    snprintf(full, sizeof full, "%s%d", name, size);
    sequential_append(network, full, layer);
}

// Noise [n, latent, 1, 1] → images [n, channels, side, side], from −1 to 1. 32 = 4 · 2 · 2 · 2, and
// 28 = 7 · 2 · 2.
static Module *generator_new(int latent, int channels, int side, Random *random) {
    Module *network = sequential_new(NULL);
    const int start = side == 28 ? 7 : 4;
    int width = side == 28 ? 2 * WIDTH : 4 * WIDTH;
    sequential_append(network, "start", conv_transpose2d_new(latent, width, start, .bias = false));
    sequential_append(network, "start_norm", batch_norm_new(width));
    sequential_append(network, "start_relu", relu_new());
    for (int size = 2 * start; size < side; size *= 2, width /= 2) {
        append(network, "up", size,
               conv_transpose2d_new(width, width / 2, 4, .stride = 2, .padding = 1, .bias = false));
        append(network, "norm", size, batch_norm_new(width / 2));
        append(network, "relu", size, relu_new());
    }
    sequential_append(network, "image",
                      conv_transpose2d_new(width, channels, 4, .stride = 2, .padding = 1));
    sequential_append(network, "tanh", hyperbolic_tangent_new());
    initialise_normally(network, random);
    return network;
}

// Images → one verdict each, [n, 1, 1, 1], before any sigmoid. With spectral normalisation there is no
// batch norm.
static Module *discriminator_new(int channels, int side, bool spectral, Random *random) {
    Module *network = sequential_new(NULL);
    int width = WIDTH, in = channels, size = side;
    for (; size > 7; size /= 2, in = width, width *= 2) {
        Module *convolution =
            conv2d_new(in, width, 4, .stride = 2, .padding = 1, .bias = spectral || in == channels);
        append(network, "down", size / 2, spectral ? spectral_normed(convolution) : convolution);
        if (in != channels && !spectral)
            append(network, "norm", size / 2, batch_norm_new(width));
        append(network, "relu", size / 2, leaky_relu_new(0.2));
    }
    Module *verdict = conv2d_new(in, 1, size);
    sequential_append(network, "verdict", spectral ? spectral_normed(verdict) : verdict);
    initialise_normally(network, random);
    return network;
}

#endif
