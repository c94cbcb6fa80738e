// Solution of exercise 17: two groups, two knobs, four curves
//
// Bind a curve to each knob of an optimizer with two groups: group 0 is the features, group 1 the head. A training has
// `steps` steps.
//     features   lr from 0.003 to 0.03 in a line, in a tenth of the steps; then half a cosine to 0 at the end
//                momentum the other way round: from 0.95 to 0.85, and back to 0.95
//     head       lr up and down between 0.006 and 0.06, up in an eighth of the steps and down in as many
//                momentum the other way round: between 0.95 and 0.85
// Given are scheduler_bind(scheduler, group, "lr", curve), and "momentum";
//     schedule_linear(from, to, steps), schedule_cosine(from, steps, .eta_min = to),
//     schedule_sequence(OWN_LENGTHS, curve, curve), schedule_cyclic(base, max, .step_size_up = steps)
// Try it with make exercise-17.

#include "../exercise.h"
#include "optim/optimizer.h"
#include "schedule/scheduler.h"

static void curves_bind(Scheduler *scheduler, int steps) {
    const int up = steps / 10, rest = steps - steps / 10;
    const Schedule lr = schedule_sequence(OWN_LENGTHS, schedule_linear(0.003, 0.03, up),
                                          schedule_cosine(0.03, rest));
    const Schedule momentum = schedule_sequence(OWN_LENGTHS, schedule_linear(0.95, 0.85, up),
                                                schedule_cosine(0.85, rest, .eta_min = 0.95));
    scheduler_bind(scheduler, 0, "lr", lr);
    scheduler_bind(scheduler, 0, "momentum", momentum);
    scheduler_bind(scheduler, 1, "lr", schedule_cyclic(0.006, 0.06, .step_size_up = steps / 8));
    scheduler_bind(scheduler, 1, "momentum",
                   schedule_cyclic(0.95, 0.85, .step_size_up = steps / 8));
}

#include "check.h" // main: tries it
