#include "nn/layers.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "nn/init.h"

#define set_details(module, ...) snprintf((module)->details, sizeof(module)->details, __VA_ARGS__)

static Tensor *tensor_or_null(Parameter *parameter) {
    return parameter ? &parameter->tensor : NULL;
}

// PyTorch's default for a weight and its bias: uniform in ±1/√fan_in.
static void init_by_fan_in(Parameter *weight, Parameter *bias, Random *random) {
    init_kaiming_uniform(weight, random, sqrt(5), FAN_IN);
    double bound = 1 / sqrt(init_fan(weight, FAN_IN));
    if (bias)
        init_uniform(bias, random, -bound, bound);
}

// --- sequential ----------------------------------------------------------------------------------

static Tensor *sequential_forward(Module *module, Tensor *input) {
    Tensor *x = input;
    for (int i = 0; i < module->child_count; i++) {
        Tensor *y = module_forward(module->children[i], x);
        if (x != input && x != y)
            tensor_release(x); // nobody outside can have seen it
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

// --- linear --------------------------------------------------------------------------------------

typedef struct Linear {
    Module module;
    Parameter *weight, *bias; // bias may be NULL
} Linear;

static Tensor *linear_forward(Module *module, Tensor *x) {
    Linear *layer = (Linear *)module;
    return linear(x, &layer->weight->tensor, tensor_or_null(layer->bias));
}

static void linear_initialise(Module *module, Random *random) {
    Linear *layer = (Linear *)module;
    init_by_fan_in(layer->weight, layer->bias, random);
}

Module *linear_new_with(int in, int out, LinearOptions options) {
    Linear *layer = module_new(sizeof *layer, "Linear", linear_forward);
    layer->module.initialise = linear_initialise;
    layer->weight = module_add_parameter(&layer->module, "weight", SHAPE(out, in));
    if (options.bias)
        layer->bias = module_add_parameter(&layer->module, "bias", SHAPE(out));
    set_details(&layer->module, "%d → %d", in, out);
    return &layer->module;
}

// --- convolution ---------------------------------------------------------------------------------

typedef struct Conv2d {
    Module module;
    Parameter *weight, *bias; // bias may be NULL
    Conv2dOptions options;
} Conv2d;

static Tensor *conv2d_forward(Module *module, Tensor *x) {
    Conv2d *layer = (Conv2d *)module;
    return conv2d_with(x, &layer->weight->tensor, tensor_or_null(layer->bias), layer->options);
}

static void conv2d_initialise(Module *module, Random *random) {
    Conv2d *layer = (Conv2d *)module;
    init_by_fan_in(layer->weight, layer->bias, random);
}

Module *conv2d_new_with(int in, int out, int kernel, Conv2dLayerOptions options) {
    Conv2d *layer = module_new(sizeof *layer, "Conv2d", conv2d_forward);
    layer->module.initialise = conv2d_initialise;
    layer->options = (Conv2dOptions){.stride = options.stride, .padding = options.padding};
    layer->weight = module_add_parameter(&layer->module, "weight", SHAPE(out, in, kernel, kernel));
    if (options.bias)
        layer->bias = module_add_parameter(&layer->module, "bias", SHAPE(out));
    set_details(&layer->module, "%d → %d, %d×%d", in, out, kernel, kernel);
    return &layer->module;
}

// --- pooling -------------------------------------------------------------------------------------

typedef struct Pool {
    Module module;
    int kernel;
    PoolOptions options;
} Pool;

static Tensor *max_pool2d_forward(Module *module, Tensor *x) {
    return max_pool2d_with(x, ((Pool *)module)->kernel, ((Pool *)module)->options);
}

static Tensor *avg_pool2d_forward(Module *module, Tensor *x) {
    return avg_pool2d_with(x, ((Pool *)module)->kernel, ((Pool *)module)->options);
}

static Module *pool_new(const char *kind, ForwardFunction forward, int kernel,
                        PoolOptions options) {
    Pool *layer = module_new(sizeof *layer, kind, forward);
    layer->kernel = kernel;
    layer->options = options;
    set_details(&layer->module, "%d×%d", kernel, kernel);
    return &layer->module;
}

Module *max_pool2d_new_with(int kernel, PoolOptions options) {
    return pool_new("MaxPool2d", max_pool2d_forward, kernel, options);
}

Module *avg_pool2d_new_with(int kernel, PoolOptions options) {
    return pool_new("AvgPool2d", avg_pool2d_forward, kernel, options);
}

// --- batch normalisation -------------------------------------------------------------------------

typedef struct BatchNorm {
    Module module;
    Parameter *weight, *bias;
    Tensor *running_mean, *running_var;
    double momentum, eps;
} BatchNorm;

static Tensor *batch_norm_forward(Module *module, Tensor *x) {
    BatchNorm *layer = (BatchNorm *)module;
    return batch_norm(
        x, &layer->weight->tensor, &layer->bias->tensor, layer->running_mean, layer->running_var,
        (BatchNormOptions){
            .training = module->training, .momentum = layer->momentum, .eps = layer->eps});
}

static void batch_norm_initialise(Module *module, Random *random) {
    (void)random;
    init_constant(((BatchNorm *)module)->weight, 1);
    init_constant(((BatchNorm *)module)->bias, 0);
}

Module *batch_norm_new_with(int channels, BatchNormLayerOptions options) {
    BatchNorm *layer = module_new(sizeof *layer, "BatchNorm", batch_norm_forward);
    layer->module.initialise = batch_norm_initialise;
    layer->weight = module_add_parameter(&layer->module, "weight", SHAPE(channels));
    layer->bias = module_add_parameter(&layer->module, "bias", SHAPE(channels));
    layer->running_mean = module_add_buffer(&layer->module, "running_mean", SHAPE(channels));
    layer->running_var = module_add_buffer(&layer->module, "running_var", SHAPE(channels));
    for (int i = 0; i < channels; i++)
        layer->running_var->data[i] = 1;
    layer->momentum = options.momentum;
    layer->eps = options.eps;
    set_details(&layer->module, "%d", channels);
    return &layer->module;
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
    set_details(&layer->module, "%g", p);
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
    set_details(&layer->module, "%g", negative_slope);
    return &layer->module;
}

static Tensor *flatten_forward(Module *module, Tensor *x) {
    (void)module;
    return flatten(x);
}

Module *flatten_new(void) {
    return module_new(sizeof(Module), "Flatten", flatten_forward);
}

static Tensor *relu_forward(Module *module, Tensor *x) {
    (void)module;
    return relu(x);
}

Module *relu_new(void) {
    return module_new(sizeof(Module), "ReLU", relu_forward);
}

static Tensor *hyperbolic_tangent_forward(Module *module, Tensor *x) {
    (void)module;
    return hyperbolic_tangent(x);
}

Module *hyperbolic_tangent_new(void) {
    return module_new(sizeof(Module), "Tanh", hyperbolic_tangent_forward);
}

static Tensor *sigmoid_forward(Module *module, Tensor *x) {
    (void)module;
    return sigmoid(x);
}

Module *sigmoid_new(void) {
    return module_new(sizeof(Module), "Sigmoid", sigmoid_forward);
}
