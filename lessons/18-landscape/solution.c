// Solution of exercise 18: a direction as long as the filters
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
    const size_t filters = (size_t)shape.dims[0], numbers = shape_size(shape) / filters;
    for (size_t f = 0; f < filters; f++, direction += numbers, weight += numbers) {
        double wanted = 0, own = 0;
        for (size_t i = 0; i < numbers; i++) {
            wanted += (double)weight[i] * (double)weight[i];
            own += (double)direction[i] * (double)direction[i];
        }
        const double factor = shape.rank > 1 && own > 0 ? sqrt(wanted / own) : 0;
        for (size_t i = 0; i < numbers; i++)
            direction[i] *= (real)factor;
    }
}

#include "check.h" // main: tries it
