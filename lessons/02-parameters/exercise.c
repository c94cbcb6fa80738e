// Exercise 02: He's standard deviation
//
// Kaiming's initialisation draws a weight with standard deviation √(2 / fan-in). The fan-in is how many inputs an output
// adds up, and the weight's shape says it: [out, in] of a linear layer, [out, in, k, k] of a convolution. A Shape has
// `rank` dimensions, which are in `dims`. Try it with make exercise-02.

#include "../exercise.h"
#include "nn/init.h" // for the check

static double kaiming_std(Shape shape) {
    exercise_asks("find the fan-in of the shape, and return the standard deviation");
}

#include "check.h" // main: tries it
