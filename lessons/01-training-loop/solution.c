// Solution of exercise 01: the SGD step
//
// Each of `count` weights moves against its gradient, lr times as far as that is long:
//     w ← w − lr · gradient
// Try it with make exercise-01.

#include "../exercise.h"

static void sgd_step(int count, double *weight, const double *gradient, double lr) {
    for (int i = 0; i < count; i++)
        weight[i] -= lr * gradient[i];
}

#include "check.h" // main: tries it
