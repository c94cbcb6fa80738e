// Exercise 10: a GAN's two losses
//
// D says of a point how real it is by one number x, and D(x) = σ(x) = 1 / (1 + exp(−x)) makes it lie from 0 to 1. r are
// the numbers of `count` real points, f those of as many fakes. Both losses are means over the batch:
//     loss of D = − log σ(r) − log(1 − σ(f))
//     loss of G = − log σ(f)
// −log σ(x) is log(1 + exp(−x)), and 1 − σ(x) is σ(−x): so no logarithm is of 0. Try it with make exercise-10.

#include "../exercise.h"
#include "nn/gan_loss.h" // for the check
#include "tensor/tape.h"

static double loss_of_d(int count, const double *r, const double *f) {
    exercise_asks("return the loss of D");
}

static double loss_of_g(int count, const double *f) {
    exercise_asks("return the loss of G");
}

#include "check.h" // main: tries it
