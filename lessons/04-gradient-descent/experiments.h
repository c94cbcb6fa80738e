// What the claims of this lesson measure, each alone.
#ifndef LESSON_04_EXPERIMENTS_H
#define LESSON_04_EXPERIMENTS_H

#include <math.h>

#include "files/table.h"
#include "instruments/walk.h"
#include "optim/optimizer.h"
#include "run/lesson.h"
#include "tensor/operations.h"

static Walk descend(const Surface *surface, const double start[2], double lr, long steps);

// L, the largest curvature of the ravine, is its κ.
static const double EDGE = 2.0 / 100; // 2 / L
enum { LONG_WALK = 20000 };

static inline Walk down_the_ravine(double lr) {
    const Surface *ravine = surface_find("ravine");
    return descend(ravine, ravine->start, lr, LONG_WALK);
}

// Steps from (1, 1) to the bottom; −1: it doesn't get there.
static inline long steps_to_the_bottom(double lr) {
    Walk walk = down_the_ravine(lr);
    const long arrived = walk.arrived;
    walk_free(&walk);
    return arrived;
}

static inline bool diverges(double lr) {
    Walk walk = down_the_ravine(lr);
    const bool diverged = walk.diverged;
    walk_free(&walk);
    return diverged;
}

// Rates on both sides of 2 / L, from twice and a twentieth of it to a thousandth away: how many do
// something else than it says?
static inline int rates_that_surprise(void) {
    enum { PAIRS = 20 };
    int count = 0;
    for (int i = 0; i < PAIRS; i++) {
        const double away = pow(10, -3.0 * i / (PAIRS - 1)); // 1 … 0.001
        count += !diverges(EDGE * (1 + away));
        count += steps_to_the_bottom(EDGE * (1 - 0.95 * away)) < 0;
    }
    return count;
}

// At 2 / L: how far |y| is from 1 after all the steps.
static inline double bounce_error(void) {
    Walk walk = down_the_ravine(EDGE);
    const double error = fabs(fabs(walk_end(&walk).y) - 1);
    walk_free(&walk);
    return error;
}

// At the best rate: which share of the steps crosses the valley's floor.
static inline double share_of_crossings(void) {
    Walk walk = down_the_ravine(2.0 / 101);
    long crossings = 0;
    for (long step = 1; step <= walk.step; step++)
        crossings += walk.path[step].y * walk.path[step - 1].y < 0;
    const double share = (double)crossings / (double)walk.step;
    walk_free(&walk);
    return share;
}

// The optimizer doesn't know how high it is: the same walk on a surface that is 1000 higher. How many
// numbers of its path are other bits?
static inline long numbers_that_height_moves(void) {
    const Surface *wells = surface_find("two-wells");
    Walk plain = descend(wells, wells->start, 0.05, 200), raised;
    walk_init(&raised, wells, wells->start, plain.step);
    Optimizer *optimizer = sgd(raised.parameters, .lr = 0.05);
    while (walk_next(&raised)) {
        Tensor *loss = surface_loss(wells, raised.w);
        optimizer_zero_grad(optimizer);
        backward(add(loss, tape_copy(raised.tape, loss->shape, (const real[]){1000})));
        optimizer_step(optimizer);
    }
    long count = 0;
    for (long step = 0; step <= plain.step; step++)
        count += (plain.path[step].x != raised.path[step].x) +
                 (plain.path[step].y != raised.path[step].y);
    optimizer_free(optimizer);
    walk_free(&plain);
    walk_free(&raised);
    return count;
}

// How far from the saddle's middle a walk ends that begins on its ridge, or a little beside it.
static inline double distance_from_saddle(double beside) {
    Walk walk = descend(surface_find("saddle"), (const double[]){-1.2, beside}, 0.05, 1000);
    const WalkPoint end = walk_end(&walk);
    walk_free(&walk);
    return hypot(end.x, end.y);
}

// For the figure: how many steps each rate takes, the closer together the nearer to 2 / L.
static inline bool write_rates(const char *folder, Error *error) {
    enum { RATES = 100 };
    Table *table = table_open(folder, "rates.csv", "lr,arrived");
    for (int i = RATES; i > 0; i--) {
        const double lr = EDGE * (1 - 0.95 * pow((double)i / RATES, 3));
        table_row(table, "%.9g,%ld", lr, steps_to_the_bottom(lr));
    }
    return table_close(table, error);
}

#endif
