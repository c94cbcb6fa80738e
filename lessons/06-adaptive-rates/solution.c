// Solution of exercise 06: Adagrad
//
// One step of Adagrad, of `count` weights. Each has a sum of its squared gradients, 0 before the first step and kept
// between steps; eps is added to the root, against a division by 0:
//     sum    ← sum + gradient²
//     weight ← weight − lr · gradient / (√sum + eps)
// Try it with make exercise-06.

#include "../exercise.h"

static void adagrad_step(int count, double *weight, const double *gradient, double *sum, double lr,
                         double eps) {
    for (int i = 0; i < count; i++) {
        sum[i] += gradient[i] * gradient[i];
        weight[i] -= lr * gradient[i] / (sqrt(sum[i]) + eps);
    }
}

#include "check.h" // main: tries it
