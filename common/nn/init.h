// Initial values of a parameter. The names and formulas are torch.nn.init's.
//
// fan_in counts the inputs of one output, fan_out the outputs of one input: for a weight [out, in,
// kh, kw], fan_in = in·kh·kw and fan_out = out·kh·kw.
#ifndef KNOBS_NN_INIT_H
#define KNOBS_NN_INIT_H

#include "base/random.h"
#include "tensor/parameter.h"

typedef enum FanMode { FAN_IN, FAN_OUT } FanMode;

int init_fan(const Parameter *weight, FanMode mode); // fatal for fewer than 2 dimensions

// He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015: standard deviation gain / √fan, where
// gain = √(2 / (1 + negative_slope²)); it keeps the signal's size through layers of (leaky) relu.
void init_kaiming_normal(Parameter *weight, Random *random, double negative_slope, FanMode mode);
// The same spread, uniform in ± √3 · gain / √fan.
void init_kaiming_uniform(Parameter *weight, Random *random, double negative_slope, FanMode mode);

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// 2010: standard deviation gain · √(2 / (fan_in + fan_out)).
void init_xavier_normal(Parameter *weight, Random *random, double gain);
// The same spread, uniform in ± gain · √(6 / (fan_in + fan_out)).
void init_xavier_uniform(Parameter *weight, Random *random, double gain);

void init_normal(Parameter *parameter, Random *random, double mean, double std);
void init_uniform(Parameter *parameter, Random *random, double low, double high);
void init_constant(Parameter *parameter, double value);

#endif
