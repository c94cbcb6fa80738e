// Into which minimum does a start fall? Many walkers at once, a row each of one parameter: SGD moves
// each number by its own gradient alone, so none knows of the others.
#ifndef LESSON_04_BASINS_H
#define LESSON_04_BASINS_H

#include <stdlib.h>

#include "base/random.h"
#include "files/table.h"
#include "instruments/surface.h"
#include "instruments/weights.h"
#include "optim/optimizer.h"
#include "tensor/operations.h"

// All points of a parameter [n, 2] go down.
static inline void descend_together(const Surface *surface, Parameter *points, double lr,
                                    int steps) {
    ParameterList list = {0};
    parameter_list_append(&list, points);
    Optimizer *optimizer = sgd(list, .lr = lr);
    Tape *tape = tape_new();
    for (int step = 0; step < steps; step++) {
        Tensor *loss = sum(surface_loss(surface, tape_use(tape, points)));
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        tape_clear(tape);
    }
    tape_free(tape);
    optimizer_free(optimizer);
}

// The minimum where walker i is; −1: at none, it bounces or has diverged.
static inline int basin_of(const Surface *surface, const Parameter *points, int i) {
    const real *w = points->tensor.data + 2 * i;
    double distance;
    const int minimum =
        surface_nearest(surface, (const double[]){(double)w[0], (double)w[1]}, &distance);
    return distance < 0.01 ? minimum : -1;
}

static inline void count_basins(const Surface *surface, const Parameter *points, double *shares) {
    const int count = points->tensor.shape.dims[0];
    for (int m = 0; m < SURFACE_MINIMA_MAX; m++)
        shares[m] = 0;
    for (int i = 0; i < count; i++)
        if (basin_of(surface, points, i) >= 0)
            shares[basin_of(surface, points, i)] += 1.0 / count;
}

// Place number `share`, from 0 to 1, of what the surface's view holds of x (axis 0) or y (axis 1).
static inline real place_in_view(const Surface *surface, int axis, double share) {
    const double *view = surface->view[axis];
    return (real)(view[0] + (view[1] - view[0]) * share);
}

// A map of side × side starts: rows surface,lr,x,y,minimum; and the share that falls into each
// minimum.
static inline void basins_map(Table *table, const Surface *surface, double lr, int side, int steps,
                              double shares[SURFACE_MINIMA_MAX]) {
    Parameter *points = parameter_new("starts", SHAPE(side * side, 2));
    for (int i = 0; i < 2 * side * side; i++)
        points->tensor.data[i] =
            place_in_view(surface, i % 2, ((i % 2 ? i / 2 / side : i / 2 % side) + 0.5) / side);
    ParameterList list = {1, {points}};
    real *starts = weights_copy(&list);
    descend_together(surface, points, lr, steps);
    for (int i = 0; i < side * side; i++)
        table_row(table, "%s,%g,%.6g,%.6g,%d", surface->name, lr, (double)starts[2 * i],
                  (double)starts[2 * i + 1], basin_of(surface, points, i));
    count_basins(surface, points, shares);
    parameter_free(points);
    free(starts);
}

// The shares of random starts.
static inline void basins_of_random_starts(const Surface *surface, double lr, int count, int steps,
                                           Random *random, double shares[SURFACE_MINIMA_MAX]) {
    Parameter *points = parameter_new("starts", SHAPE(count, 2));
    for (int i = 0; i < 2 * count; i++)
        points->tensor.data[i] = place_in_view(surface, i % 2, random_uniform(random));
    descend_together(surface, points, lr, steps);
    count_basins(surface, points, shares);
    parameter_free(points);
}

#endif
