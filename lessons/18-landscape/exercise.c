// Exercise 18: a direction as long as the filters
//
// A parameter's direction has a number for each of its numbers. Give each filter of the direction the length that the
// weight's own filter has, and keep where it points to:
//     length      ← the root of the sum of the filter's squares
//     direction   ← direction · (length of the weight's filter / length of the direction's)
// The shape says what a filter is: dims[0] filters lie one behind the other, each as many numbers as the others,
// shape_size(shape) in all. A bias (rank 1) has no filters: all of its direction becomes 0. So does a filter of the
// direction whose length is 0. Try it with make exercise-18.

#include "../exercise.h"
#include "nn/networks.h" // for the check

static void filters_normalise(real *direction, const real *weight, Shape shape) {
    exercise_asks("scale each filter of the direction");
}

#include "check.h" // main: tries it
