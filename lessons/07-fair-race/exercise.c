// Exercise 07: tune, then read
//
// An algorithm was trained at each of `rates` rates with each of `seeds` seeds. Its accuracies on held-out images are in
// held_out, rate after rate (all seeds of the first rate come first), and those on the test set in test, which has the
// mean over other seeds, one number a rate. Choose the rate whose mean on held-out images is best (the first of equal
// ones; a rate with a NaN among its runs has diverged and is never chosen), and return what it has on the test set.
// Try it with make exercise-07.

#include "../exercise.h"

static double race_result(int rates, int seeds, const double *held_out, const double *test) {
    exercise_asks("choose on the held-out images, and return the accuracy on the test set");
}

#include "check.h" // main: tries it
