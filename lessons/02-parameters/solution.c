// Solution of exercise 02: He's standard deviation
//
// Kaiming's initialisation draws a weight with standard deviation √(2 / fan-in). The fan-in is how many inputs an output
// adds up, and the weight's shape says it: [out, in] of a linear layer, [out, in, k, k] of a convolution. A Shape has
// `rank` dimensions, which are in `dims`. Try it with make exercise-02.

#include "../exercise.h"
#include "nn/init.h" // for the check

static double kaiming_std(Shape shape) {
    int fan_in = 1;
    for (int i = 1; i < shape.rank; i++) // all but the outputs
        fan_in *= shape.dims[i];
    return sqrt(2.0 / fan_in);
}

#include "check.h" // main: tries it
