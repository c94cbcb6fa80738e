// Exercise 05: momentum
//
// One step of SGD with momentum, of `count` weights. The velocity is 0 before the first step and is kept between steps:
//     velocity ← momentum · velocity + gradient
//     weight   ← weight − lr · velocity                            heavy ball
//     weight   ← weight − lr · (gradient + momentum · velocity)    Nesterov, with the new velocity
// Try it with make exercise-05.

#include <stdbool.h>

#include "../exercise.h"

static void momentum_step(int count, double *weight, const double *gradient, double *velocity,
                          double lr, double momentum, bool nesterov) {
    exercise_asks("move the velocity, and then the weight");
}

#include "check.h" // main: tries it
