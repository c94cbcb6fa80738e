#include "nn/init.h"

#include <math.h>

#include "base/error.h"

int init_fan(const Parameter *weight, FanMode mode) {
    Shape shape = weight->tensor.shape;
    if (shape.rank < 2)
        fatal("init_fan: '%s' has shape %s; fans need two dimensions or more", weight->name,
              shape_text(shape).text);
    int field = 1; // what one output sees of one input: kh·kw
    for (int i = 2; i < shape.rank; i++)
        field *= shape.dims[i];
    return shape.dims[mode == FAN_IN ? 1 : 0] * field;
}

void init_normal(Parameter *parameter, Random *random, double mean, double std) {
    random_fill_normal(random, parameter->tensor.size, mean, std, parameter->tensor.data);
    parameter_changed(parameter);
}

void init_uniform(Parameter *parameter, Random *random, double low, double high) {
    random_fill_uniform(random, parameter->tensor.size, low, high, parameter->tensor.data);
    parameter_changed(parameter);
}

void init_constant(Parameter *parameter, double value) {
    for (size_t i = 0; i < parameter->tensor.size; i++)
        parameter->tensor.data[i] = (real)value;
    parameter_changed(parameter);
}

static double kaiming_std(const Parameter *weight, double negative_slope, FanMode mode) {
    double gain = sqrt(2 / (1 + negative_slope * negative_slope));
    return gain / sqrt(init_fan(weight, mode));
}

// The uniform distribution in ±bound has standard deviation bound / √3.
static void init_uniform_with_std(Parameter *weight, Random *random, double std) {
    double bound = sqrt(3.0) * std;
    init_uniform(weight, random, -bound, bound);
}

void init_kaiming_normal(Parameter *weight, Random *random, double negative_slope, FanMode mode) {
    init_normal(weight, random, 0, kaiming_std(weight, negative_slope, mode));
}

void init_kaiming_uniform(Parameter *weight, Random *random, double negative_slope, FanMode mode) {
    init_uniform_with_std(weight, random, kaiming_std(weight, negative_slope, mode));
}

static double xavier_std(const Parameter *weight, double gain) {
    return gain * sqrt(2.0 / (init_fan(weight, FAN_IN) + init_fan(weight, FAN_OUT)));
}

void init_xavier_normal(Parameter *weight, Random *random, double gain) {
    init_normal(weight, random, 0, xavier_std(weight, gain));
}

void init_xavier_uniform(Parameter *weight, Random *random, double gain) {
    init_uniform_with_std(weight, random, xavier_std(weight, gain));
}
