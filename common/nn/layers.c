#include "nn/layers.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "nn/init.h"

// --- sequential ----------------------------------------------------------------------------------

static Tensor *sequential_forward(Module *module, Tensor *input) {
    Tensor *x = input;
    for (int i = 0; i < module->child_count; i++) {
        Module *child = module->children[i];
        const bool private = x != input; // nobody outside can have seen it
        x->given = private && child->reads_once;
        Tensor *y = module_forward(child, x);
        if (private && x != y)
            tensor_release(x);
        x = y;
    }
    return x;
}

Module *sequential_of(Module *const *modules) {
    Module *sequential = module_new(sizeof(Module), "Sequential", sequential_forward);
    for (int i = 0; modules[i]; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        module_add_child(sequential, name, modules[i]);
    }
    return sequential;
}

void sequential_append(Module *sequential, const char *name, Module *module) {
    module_add_child(sequential, name, module);
}

// --- linear, convolution -------------------------------------------------------------------------

typedef Tensor *(*Convolution)(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options);

// What linear and the convolutions have in common: a weight and, perhaps, a bias.
typedef struct Weighted {
    Module module;
    Tensor *weight, *bias; // bias may be NULL
    Tensor *u, *v;         // of spectral_normed; else NULL
    Convolution convolution;
    Conv2dOptions options; // of the convolution
} Weighted;

enum { SPECTRAL_START = 15 }; // power iterations, as torch.nn.utils.parametrizations.spectral_norm

// PyTorch's default for a weight and its bias: uniform in ±1/√fan_in.
static void weighted_initialise(Module *module, Random *random) {
    const double bound = 1 / sqrt(init_fan(module->parameters.items[0], FAN_IN));
    for (int i = 0; i < module->parameters.count; i++)
        init_uniform(module->parameters.items[i], random, -bound, bound);
    for (int i = 0; i < module->buffers.count; i++)
        init_normal(module->buffers.items[i], random, 0, 1);
    const Weighted *layer = (const Weighted *)module;
    // So that an evaluation before the first training forward divides by a good estimate too.
    if (layer->u)
        spectral_norm_iterate(layer->weight, layer->u, layer->v, SPECTRAL_START);
}

// bias: how many numbers it has; 0: there is none.
static Weighted *weighted_new(const char *kind, ForwardFunction forward, Shape weight, int bias) {
    Weighted *layer = module_new(sizeof *layer, kind, forward);
    layer->module.initialise = weighted_initialise;
    layer->weight = &module_add_parameter(&layer->module, "weight", weight)->tensor;
    if (bias)
        layer->bias = &module_add_parameter(&layer->module, "bias", SHAPE(bias))->tensor;
    return layer;
}

Module *spectral_normed(Module *module) {
    if (module->initialise != weighted_initialise)
        fatal("spectral_normed: %s has no weight to normalise; Linear and Conv2d have",
              module->kind);
    Weighted *layer = (Weighted *)module;
    if (layer->convolution == conv_transpose2d_with)
        fatal("spectral_normed: the rows of the matrix must be outputs, and the first dimension of "
              "%s's weight are its inputs; Linear and Conv2d will do",
              module->kind);
    const int rows = layer->weight->shape.dims[0];
    module->copies_buffers = true;
    layer->u = module_add_buffer(module, "weight_u", SHAPE(rows));
    layer->v = module_add_buffer(module, "weight_v", SHAPE((int)layer->weight->size / rows));
    return module;
}

static Tensor *weight_of(const Weighted *layer, const Tensor *x) {
    if (!layer->u)
        return layer->weight;
    return spectral_norm(tape_use(x->tape, layer->weight->parameter), layer->u, layer->v,
                         layer->module.training);
}

// A weight that was made for this forward goes as soon as no backward needs it.
static void weight_done(const Weighted *layer, Tensor *weight) {
    if (layer->u)
        tensor_release(weight);
}

static Tensor *linear_forward(Module *module, Tensor *x) {
    Weighted *layer = (Weighted *)module;
    Tensor *weight = weight_of(layer, x), *y = linear(x, weight, layer->bias);
    weight_done(layer, weight);
    return y;
}

Module *linear_new_with(int in, int out, LinearOptions options) {
    Weighted *layer =
        weighted_new("Linear", linear_forward, SHAPE(out, in), options.bias ? out : 0);
    return &layer->module;
}

static Tensor *convolution_forward(Module *module, Tensor *x) {
    Weighted *layer = (Weighted *)module;
    Tensor *weight = weight_of(layer, x);
    Tensor *y = layer->convolution(x, weight, layer->bias, layer->options);
    weight_done(layer, weight);
    return y;
}

static Module *convolution_new(const char *kind, Convolution convolution, int in, int out,
                               int kernel, Conv2dLayerOptions o) {
    if (o.groups < 1 || in % o.groups != 0 || out % o.groups != 0)
        fatal("%s: %d → %d channels can't be cut into %d groups", kind, in, out, o.groups);
    const bool transposed = convolution == conv_transpose2d_with;
    const int rows = transposed ? in : out, columns = (transposed ? out : in) / o.groups;
    Weighted *layer = weighted_new(kind, convolution_forward, SHAPE(rows, columns, kernel, kernel),
                                   o.bias ? out : 0);
    layer->convolution = convolution;
    layer->options = (Conv2dOptions){o.stride, o.padding, o.output_padding, o.groups, o.relu};
    return &layer->module;
}

Module *conv2d_new_with(int in, int out, int kernel, Conv2dLayerOptions options) {
    return convolution_new("Conv2d", conv2d_with, in, out, kernel, options);
}

Module *conv_transpose2d_new_with(int in, int out, int kernel, Conv2dLayerOptions options) {
    return convolution_new("ConvTranspose2d", conv_transpose2d_with, in, out, kernel, options);
}

// --- pooling -------------------------------------------------------------------------------------

typedef Tensor *(*PoolOperation)(Tensor *x, int kernel, PoolOptions options);

typedef struct Pool {
    Module module;
    PoolOperation operation;
    int kernel;
    PoolOptions options;
} Pool;

static Tensor *pool_forward(Module *module, Tensor *x) {
    Pool *layer = (Pool *)module;
    return layer->operation(x, layer->kernel, layer->options);
}

static Module *pool_new(const char *kind, PoolOperation operation, int kernel,
                        PoolOptions options) {
    Pool *layer = module_new(sizeof *layer, kind, pool_forward);
    layer->operation = operation;
    layer->kernel = kernel;
    layer->options = options;
    return &layer->module;
}

Module *max_pool2d_new_with(int kernel, PoolOptions options) {
    return pool_new("MaxPool2d", max_pool2d_with, kernel, options);
}

Module *avg_pool2d_new_with(int kernel, PoolOptions options) {
    return pool_new("AvgPool2d", avg_pool2d_with, kernel, options);
}

static Tensor *global_avg_pool2d_forward(Module *module, Tensor *x) {
    (void)module;
    if (x->shape.rank != 4 || x->shape.dims[2] != x->shape.dims[3])
        fatal("global_avg_pool2d: x is %s, it must be [n, c, side, side]",
              shape_text(x->shape).text);
    return flatten(avg_pool2d(x, x->shape.dims[3]));
}

Module *global_avg_pool2d_new(void) {
    return module_new(sizeof(Module), "GlobalAvgPool2d", global_avg_pool2d_forward);
}

// --- batch normalisation -------------------------------------------------------------------------

typedef struct BatchNorm {
    Module module;
    Tensor *weight, *bias, *running_mean, *running_var;
    BatchNormOptions options;
} BatchNorm;

static Tensor *batch_norm_forward(Module *module, Tensor *x) {
    BatchNorm *layer = (BatchNorm *)module;
    layer->options.training = module->training;
    return batch_norm(x, layer->weight, layer->bias, layer->running_mean, layer->running_var,
                      layer->options);
}

static void batch_norm_initialise(Module *module, Random *random) {
    (void)random;
    init_constant(module->parameters.items[0], 1); // weight
    init_constant(module->parameters.items[1], 0); // bias
    init_constant(module->buffers.items[0], 0);    // running_mean
    init_constant(module->buffers.items[1], 1);    // running_var
}

Module *batch_norm_new_with(int channels, BatchNormOptions options) {
    BatchNorm *layer = module_new(sizeof *layer, "BatchNorm", batch_norm_forward);
    layer->module.initialise = batch_norm_initialise;
    layer->weight = &module_add_parameter(&layer->module, "weight", SHAPE(channels))->tensor;
    layer->bias = &module_add_parameter(&layer->module, "bias", SHAPE(channels))->tensor;
    layer->running_mean = module_add_buffer(&layer->module, "running_mean", SHAPE(channels));
    layer->running_var = module_add_buffer(&layer->module, "running_var", SHAPE(channels));
    layer->module.reads_once = true;
    layer->options = options;
    return &layer->module;
}

void batch_norm_synchronise(Module *module, BatchParts across) {
    if (module->forward == batch_norm_forward)
        ((BatchNorm *)module)->options.across = across;
    for (int i = 0; i < module->child_count; i++)
        batch_norm_synchronise(module->children[i], across);
}

// --- without parameters --------------------------------------------------------------------------

typedef struct Dropout {
    Module module;
    double p;
    Random *random;
} Dropout;

static Tensor *dropout_forward(Module *module, Tensor *x) {
    Dropout *layer = (Dropout *)module;
    return dropout(x, layer->p, module->training, layer->random);
}

Module *dropout_new(double p, Random *random) {
    Dropout *layer = module_new(sizeof *layer, "Dropout", dropout_forward);
    layer->p = p;
    layer->random = random;
    return &layer->module;
}

typedef struct LeakyRelu {
    Module module;
    double negative_slope;
} LeakyRelu;

static Tensor *leaky_relu_forward(Module *module, Tensor *x) {
    return leaky_relu(x, ((LeakyRelu *)module)->negative_slope);
}

Module *leaky_relu_new(double negative_slope) {
    LeakyRelu *layer = module_new(sizeof *layer, "LeakyReLU", leaky_relu_forward);
    layer->negative_slope = negative_slope;
    layer->module.reads_once = true;
    return &layer->module;
}

// A layer that is an operation and nothing else.
typedef struct Plain {
    Module module;
    Tensor *(*operation)(Tensor *x);
} Plain;

static Tensor *plain_forward(Module *module, Tensor *x) {
    return ((Plain *)module)->operation(x);
}

static Module *plain_new(const char *kind, Tensor *(*operation)(Tensor *x)) {
    Plain *layer = module_new(sizeof *layer, kind, plain_forward);
    layer->operation = operation;
    layer->module.reads_once = true;
    return &layer->module;
}

Module *flatten_new(void) {
    return plain_new("Flatten", flatten);
}

Module *relu_new(void) {
    return plain_new("ReLU", relu);
}

Module *relu6_new(void) {
    return plain_new("ReLU6", relu6);
}

Module *hyperbolic_tangent_new(void) {
    return plain_new("Tanh", hyperbolic_tangent);
}

Module *sigmoid_new(void) {
    return plain_new("Sigmoid", sigmoid);
}
