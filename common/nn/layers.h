// The layers, named and initialised as PyTorch's. Each returns a Module; module_free frees it, and
// a parent frees its children. Shapes are those of the operations in tensor/operations.h.
#ifndef KNOBS_NN_LAYERS_H
#define KNOBS_NN_LAYERS_H

#include "nn/module.h"
#include "tensor/operations.h"

// The modules one after the other, named "0", "1", …:
//     Module *net = sequential_new(flatten_new(), linear_new(784, 256), relu_new(),
//                                  linear_new(256, 10));
// sequential_new(NULL) is an empty one, for sequential_append. A result between two modules is
// released as soon as the next has read it and no backward needs it.
#define sequential_new(...) sequential_of((Module *[]){__VA_ARGS__, NULL})
Module *sequential_of(Module *const *modules); // up to a NULL; write sequential_new
// One more at the end, under a name of its own: "fc1.weight" reads better than "1.weight".
void sequential_append(Module *sequential, const char *name, Module *module);

// weight [out, in], bias [out]; both start uniform in ±1/√in.
#define linear_new(in, out, ...)                                                                   \
    linear_new_with(in, out, (LinearOptions){.bias = true, __VA_ARGS__})
typedef struct LinearOptions {
    bool bias; // default true
} LinearOptions;
Module *linear_new_with(int in, int out, LinearOptions options);

typedef struct Conv2dLayerOptions {
    int stride, padding, output_padding, groups; // as the operation's, with its defaults
    double relu;                                 // this too
    bool bias;                                   // default true
} Conv2dLayerOptions;
// weight [out, in / groups, kernel, kernel], bias [out]; both start uniform in ±1/√fan_in, fan_in =
// in / groups · kernel².
#define conv2d_new(in, out, kernel, ...)                                                           \
    conv2d_new_with(in, out, kernel,                                                               \
                    (Conv2dLayerOptions){.stride = 1, .groups = 1, .bias = true, __VA_ARGS__})
Module *conv2d_new_with(int in, int out, int kernel, Conv2dLayerOptions options);
// weight [in, out / groups, kernel, kernel], bias [out]; both start uniform in ±1/√(out / groups ·
// kernel²): what PyTorch takes for the fan_in of this layout.
#define conv_transpose2d_new(in, out, kernel, ...)                                                 \
    conv_transpose2d_new_with(                                                                     \
        in, out, kernel,                                                                           \
        (Conv2dLayerOptions){.stride = 1, .groups = 1, .bias = true, __VA_ARGS__})
Module *conv_transpose2d_new_with(int in, int out, int kernel, Conv2dLayerOptions options);

// The same layer, a Linear or Conv2d, with its weight divided by its largest singular value in each
// forward (spectral_norm): spectral_normed(conv2d_new(3, 32, 4)), before the layer gets a parent and
// before module_initialise. The estimate is kept in buffers weight_u and weight_v. It begins with 15
// power iterations in module_initialise, as torch.nn.utils.parametrizations.spectral_norm's, and each
// training forward makes one more: after weights are set by hand it needs some of these. Fatal for
// other layers; for ConvTranspose2d too, whose outputs are the weight's second dimension.
Module *spectral_normed(Module *module);

// max_pool2d_new(2), avg_pool2d_new(3, .stride = 2, .padding = 1)
#define max_pool2d_new(kernel, ...) max_pool2d_new_with(kernel, (PoolOptions){__VA_ARGS__})
#define avg_pool2d_new(kernel, ...) avg_pool2d_new_with(kernel, (PoolOptions){__VA_ARGS__})
Module *max_pool2d_new_with(int kernel, PoolOptions options);
Module *avg_pool2d_new_with(int kernel, PoolOptions options);
// Global average pooling: [n, c, side, side] → [n, c], the mean of each channel.
Module *global_avg_pool2d_new(void);

// weight [channels] of ones, bias [channels] of zeros; buffers running_mean of zeros, running_var
// of ones. `training` is the module's mode; momentum is 0.1 and eps 1e-5 by default.
#define batch_norm_new(channels, ...)                                                              \
    batch_norm_new_with(channels, (BatchNormOptions){.momentum = 0.1, .eps = 1e-5, __VA_ARGS__})
Module *batch_norm_new_with(int channels, BatchNormOptions options);
// Every batch norm of a module takes its statistics, in training, over all that share a batch.
void batch_norm_synchronise(Module *module, BatchParts across);

// Draws from *random, which the caller keeps alive (and saves in its checkpoint).
Module *dropout_new(double p, Random *random);

Module *flatten_new(void);
Module *relu_new(void);
Module *relu6_new(void);
Module *leaky_relu_new(double negative_slope); // PyTorch's default is 0.01; GANs use 0.2
Module *hyperbolic_tangent_new(void);
Module *sigmoid_new(void);

#endif
