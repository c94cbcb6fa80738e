// The knobs of gradient descent with momentum; and what the claims and figures measure, each alone.
#ifndef LESSON_05_EXPERIMENTS_H
#define LESSON_05_EXPERIMENTS_H

#include <math.h>
#include <string.h>

#include "files/table.h"
#include "instruments/walk.h"
#include "optim/optimizer.h"
#include "run/lesson.h"
#include "tensor/operations.h"

// --- knobs --------------------------------------------------------------------------------------

typedef struct Knobs {
    const char *name;
    double lr, momentum;
    bool nesterov;
} Knobs;

// With a given momentum the best rate treats the steepest direction and the flattest alike. Without
// momentum it is 2 / (κ + 1).
static inline Knobs best_rate(const char *name, double kappa, double momentum) {
    return (Knobs){name, 2 * (1 + momentum) / (kappa + 1), momentum, false};
}

static inline Knobs best_plain(double kappa) {
    return best_rate("plain", kappa, 0);
}

// Polyak 1964: lr is 4 / (√κ + 1)².
static inline Knobs best_heavy_ball(double kappa) {
    const double share = (sqrt(kappa) - 1) / (sqrt(kappa) + 1);
    return best_rate("heavy ball", kappa, share * share);
}

// Lessard, Recht, Packard 2016.
static inline Knobs best_nesterov(double kappa) {
    const double root = sqrt(3 * kappa + 1);
    return (Knobs){"Nesterov", 4 / (3 * kappa + 1), (root - 2) / (root + 2), true};
}

// --- walks --------------------------------------------------------------------------------------

static Walk roll(const Surface *surface, Knobs knobs, long steps);

enum { LONG_WALK = 100000 };

// Steps to the bottom; −1: it doesn't get there.
static inline double steps_down(Surface surface, Knobs knobs) {
    Walk walk = roll(&surface, knobs, LONG_WALK);
    const long arrived = walk.arrived;
    walk_free(&walk);
    return (double)arrived;
}

// How far it gets from the bottom on its way there, as a multiple of the start's distance.
static inline double farthest(Surface surface, Knobs knobs) {
    Walk walk = roll(&surface, knobs, LONG_WALK);
    double most = 0;
    for (long step = 0; step <= walk.step; step++)
        most = fmax(most, hypot(walk.path[step].x, walk.path[step].y));
    walk_free(&walk);
    return most / hypot(surface.start[0], surface.start[1]);
}

// --- many ravines, many knobs ---------------------------------------------------------------------

static int map_side = 120, decades = 3; // of rates × momenta, a side; of condition numbers from 10

// Steps with the best knobs for each condition κ. `slopes` of their logarithms from the first κ to the
// last: of plain descent, the heavy ball, Nesterov. `gain`: of momentum 0.9 over plain descent, at the last.
static inline bool write_conditions(const char *folder, double slopes[3], double *gain,
                                    Error *error) {
    enum { A_DECADE = 4 };
    double first[4] = {0}, steps[4] = {0};
    Table *table =
        table_open(folder, "conditions.csv", "condition,plain,heavy_ball,nesterov,fixed");
    for (int i = 0; i <= decades * A_DECADE; i++) {
        const double kappa = pow(10, 1 + (double)i / A_DECADE);
        const Knobs best[] = {best_plain(kappa), best_heavy_ball(kappa), best_nesterov(kappa),
                              best_rate("momentum 0.9", kappa, 0.9)};
        for (int k = 0; k < 4; k++)
            steps[k] = steps_down(surface_ravine(kappa, 0), best[k]);
        if (i == 0)
            memcpy(first, steps, sizeof first);
        table_row(table, "%.9g,%g,%g,%g,%g", kappa, steps[0], steps[1], steps[2], steps[3]);
    }
    for (int k = 0; k < 3; k++)
        slopes[k] = log10(steps[k] / first[k]) / decades;
    *gain = steps[0] / steps[3];
    return table_close(table, error);
}

// Steps for each rate and momentum, in the middle of a field of the map: MAP_STEPS is never, or later.
static inline bool write_map(const char *folder, Error *error) {
    enum { MAP_STEPS = 1000 };
    const Surface ravine = surface_ravine(100, 0);
    Table *table = table_open(folder, "map.csv", "lr,momentum,steps,diverged");
    for (int i = 0; i < map_side * map_side; i++) {
        const double across = (i % map_side + 0.5) / map_side, up = (i / map_side + 0.5) / map_side;
        Walk walk = roll(&ravine, (Knobs){.lr = 0.05 * across, .momentum = up}, MAP_STEPS);
        table_row(table, "%.9g,%.9g,%ld,%d", 0.05 * across, up,
                  walk.arrived < 0 ? MAP_STEPS : walk.arrived, walk.diverged);
        walk_free(&walk);
    }
    return table_close(table, error);
}

// --- the velocity, as the optimizer remembers it -------------------------------------------------

// One number whose slope is 1 at every step, or 1 and −1 in turn. Rows momentum,kind,step,velocity.
// `missed` is how far the velocities are from what they should come to, as a share of it.
static inline bool write_velocities(const char *folder, double *missed, Error *error) {
    Table *table = table_open(folder, "velocity.csv", "momentum,kind,step,velocity");
    Tape *tape = tape_new();
    *missed = 0;
    for (int i = 0; i < 6; i++) {
        const double momentum = (const double[]){0.5, 0.8, 0.9}[i / 2];
        const bool alternates = i % 2;
        Parameter *w = parameter_new("w", SHAPE(1));
        const ParameterList list = {1, {w}};
        Optimizer *optimizer = sgd(list, .lr = 0.01, .momentum = momentum);
        double velocity = 0;
        for (int step = 1; step <= 200; step++) {
            optimizer_zero_grad(optimizer);
            backward(scale(sum(tape_use(tape, w)), alternates && step % 2 == 0 ? -1 : 1));
            optimizer_step(optimizer);
            tape_clear(tape);
            velocity = (double)optimizer_state(optimizer, w)->buffers[0][0];
            table_row(table, "%g,%s,%d,%.9g", momentum, alternates ? "alternating" : "steady", step,
                      velocity);
        }
        const double share = alternates ? 1 + momentum : 1 - momentum;
        *missed = worst_of(*missed, fabs(fabs(velocity) * share - 1));
        optimizer_free(optimizer);
        parameter_free(w);
    }
    tape_free(tape);
    return table_close(table, error);
}

// --- where the rate stands -----------------------------------------------------------------------

enum { DROP_AT = 20, DROP_STEPS = 60 }; // the rate falls to a tenth after step 20

typedef struct Drop {
    double apart;                         // how far from each other the two were before it
    double pytorch_keeps, textbook_keeps; // of the length of their step, at the drop
} Drop;

// Down the ravine's floor with PyTorch's form, whose velocity knows nothing of the rate; and with the
// textbook's, v ← momentum · v − lr · g, w ← w + v, whose velocity has the old rate in it. Rows
// step,pytorch,textbook: how far each goes in a step.
static inline bool write_drop(const char *folder, Drop *drop, Error *error) {
    const Surface ravine = surface_ravine(100, 0);
    double x = 1, v = 0, lr = 0.002, last = NAN, last_v = NAN;
    *drop = (Drop){0};
    Table *table = table_open(folder, "drop.csv", "step,pytorch,textbook");
    Walk walk;
    walk_init(&walk, &ravine, (const double[]){x, 0}, DROP_STEPS);
    Optimizer *optimizer = sgd(walk.parameters, .lr = lr, .momentum = 0.9);
    while (walk_next(&walk)) {
        if (walk.step == DROP_AT)
            optimizer_set(optimizer, 0, "lr", lr /= 10);
        optimizer_zero_grad(optimizer);
        backward(surface_loss(&ravine, walk.w));
        optimizer_step(optimizer);
        v = 0.9 * v - lr * x; // the slope at x is x
        x += v;
        const double there = (double)walk.parameters.items[0]->tensor.data[0];
        const double went = there - walk_end(&walk).x;
        table_row(table, "%ld,%.9g,%.9g", walk.step + 1, fabs(went), fabs(v));
        if (walk.step < DROP_AT)
            drop->apart = worst_of(drop->apart, fabs(x - there));
        if (walk.step == DROP_AT)
            *drop = (Drop){drop->apart, went / last, v / last_v};
        last = went;
        last_v = v;
    }
    optimizer_free(optimizer);
    walk_free(&walk);
    return table_close(table, error);
}

// --- where the heavy ball never arrives ----------------------------------------------------------

// A convex curve of curvature 25, but for a piece from 1 to 2 of curvature 1 (Lessard, Recht, Packard).
//                                               x < 1: 25 x      x < 2: x + 24      else: 25 x − 24
static double kinked(const Surface *surface, double x, double y, double gradient[2]) {
    (void)surface;
    (void)y;
    gradient[0] = x < 1 ? 25 * x : x < 2 ? x + 24 : 25 * x - 24;
    gradient[1] = 0;
    return x < 1 ? 12.5 * x * x : x < 2 ? x * x / 2 + 24 * x - 12 : 12.5 * x * x - 24 * x + 36;
}

static const Surface kinked_surface = {.name = "kinked",
                                       .function = kinked,
                                       .dimensions = 1,
                                       .minimum_count = 1,
                                       .start = {3.3},
                                       .view = {{-2.6, 3.6}}};

#endif
