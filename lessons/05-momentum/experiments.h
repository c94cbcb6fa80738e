// What the claims and figures of this lesson measure, each alone.
#ifndef LESSON_05_EXPERIMENTS_H
#define LESSON_05_EXPERIMENTS_H

#include "files/table.h"
#include "instruments/walk.h"
#include "knobs.h"
#include "optim/optimizer.h"
#include "run/lesson.h"
#include "tensor/operations.h"

static Walk roll(const Surface *surface, const double start[2], Knobs knobs, long steps);

enum { LONG_WALK = 100000 };

static inline Surface ravine_of(double kappa) {
    Surface ravine = *surface_find("ravine");
    ravine.condition = kappa;
    return ravine;
}

// Steps from (1, 1) to the bottom; −1: it doesn't get there.
static inline long steps_to_the_bottom(double kappa, Knobs knobs) {
    const Surface ravine = ravine_of(kappa);
    Walk walk = roll(&ravine, ravine.start, knobs, LONG_WALK);
    const long arrived = walk.arrived;
    walk_free(&walk);
    return arrived;
}

// How far it gets from the bottom on its way there, as a multiple of the start's distance.
static inline double farthest(Knobs knobs) {
    const Surface ravine = ravine_of(100);
    Walk walk = roll(&ravine, ravine.start, knobs, LONG_WALK);
    double most = 0;
    for (long step = 0; step <= walk.step; step++)
        most = fmax(most, hypot(walk.path[step].x, walk.path[step].y));
    const double start = hypot(walk.path[0].x, walk.path[0].y);
    walk_free(&walk);
    return most / start;
}

// --- the velocity, as the optimizer remembers it -------------------------------------------------

// One number whose slope is 1 at every step, or 1 and −1 in turn. Rows momentum,kind,step,velocity;
// returns how large the velocity is in the end.
static inline double write_velocity(Table *table, double momentum, bool alternates, int steps) {
    Parameter *w = parameter_new("w", SHAPE(1));
    ParameterList list = {1, {w}};
    Optimizer *optimizer = sgd(list, .lr = 0.01, .momentum = momentum);
    Tape *tape = tape_new();
    double velocity = 0;
    for (int step = 0; step < steps; step++) {
        const double slope = alternates && step % 2 ? -1 : 1;
        optimizer_zero_grad(optimizer);
        backward(scale(sum(tape_use(tape, w)), slope));
        optimizer_step(optimizer);
        tape_clear(tape);
        velocity = (double)optimizer_state(optimizer, w)->buffers[0][0];
        table_row(table, "%g,%s,%d,%.9g", momentum, alternates ? "alternating" : "steady", step + 1,
                  velocity);
    }
    tape_free(tape);
    optimizer_free(optimizer);
    parameter_free(w);
    return fabs(velocity);
}

// --- where the rate stands -----------------------------------------------------------------------

enum { DROP_AT = 20, DROP_STEPS = 60 }; // the rate falls to a tenth after step 20

// Down the ravine's floor with PyTorch's form, whose velocity knows nothing of the rate; and with the
// textbook's, v ← momentum · v − lr · g, w ← w + v, whose velocity has the old rate in it. Rows
// step,pytorch,textbook: how far each goes in a step. `apart` is how far from each other they were
// before the drop, `kept` what PyTorch's and the textbook's step keep of their length at the drop.
static inline bool write_drop(const char *folder, double *apart, double kept[2], Error *error) {
    const Surface ravine = ravine_of(100);
    double x = 1, v = 0, lr = 0.002, before[2] = {0};
    Table *table = table_open(folder, "drop.csv", "step,pytorch,textbook");
    Walk walk;
    walk_init(&walk, &ravine, (const double[]){x, 0}, DROP_STEPS);
    Optimizer *optimizer = sgd(walk.parameters, .lr = lr, .momentum = 0.9);
    *apart = 0;
    while (walk_next(&walk)) {
        if (walk.step == DROP_AT)
            optimizer_set(optimizer, 0, "lr", lr /= 10);
        const double here = walk_end(&walk).x, gradient = x;
        optimizer_zero_grad(optimizer);
        backward(surface_loss(&ravine, walk.w));
        optimizer_step(optimizer);
        v = 0.9 * v - lr * gradient;
        x += v;
        const double there = (double)walk.parameters.items[0]->tensor.data[0];
        const double went[2] = {fabs(there - here), fabs(v)};
        table_row(table, "%ld,%.9g,%.9g", walk.step + 1, went[0], went[1]);
        if (walk.step < DROP_AT)
            *apart = fmax(*apart, fabs(x - there));
        for (int form = 0; form < 2; form++) {
            if (walk.step == DROP_AT)
                kept[form] = went[form] / before[form];
            before[form] = went[form];
        }
    }
    optimizer_free(optimizer);
    walk_free(&walk);
    return table_close(table, error);
}

// --- where the heavy ball never arrives ----------------------------------------------------------

// A convex curve whose slope is 25 but for a flatter piece from 1 to 2 (Lessard, Recht, Packard 2016).
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
