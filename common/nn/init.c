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

// The bound of a uniform whose standard deviation this is.
static double uniform_bound(double std) {
    return sqrt(3) * std;
}

static double kaiming_std(const Parameter *weight, double negative_slope, FanMode mode) {
    return sqrt(2 / (1 + negative_slope * negative_slope)) / sqrt(init_fan(weight, mode));
}

void init_kaiming_normal(Parameter *weight, Random *random, double negative_slope, FanMode mode) {
    init_normal(weight, random, 0, kaiming_std(weight, negative_slope, mode));
}

void init_kaiming_uniform(Parameter *weight, Random *random, double negative_slope, FanMode mode) {
    const double bound = uniform_bound(kaiming_std(weight, negative_slope, mode));
    init_uniform(weight, random, -bound, bound);
}

static double xavier_std(const Parameter *weight, double gain) {
    return gain * sqrt(2.0 / (init_fan(weight, FAN_IN) + init_fan(weight, FAN_OUT)));
}

void init_xavier_normal(Parameter *weight, Random *random, double gain) {
    init_normal(weight, random, 0, xavier_std(weight, gain));
}

void init_xavier_uniform(Parameter *weight, Random *random, double gain) {
    const double bound = uniform_bound(xavier_std(weight, gain));
    init_uniform(weight, random, -bound, bound);
}
