// A scheduler turns an optimizer's knobs as training goes on: it binds schedules to (optimizer,
// group, hyperparameter), and at each step sets every bound knob to its curve's value.
//
//     Scheduler *scheduler = scheduler_new(optimizer);
//     scheduler_bind(scheduler, 0, "lr", schedule_cosine(0.05, steps));
//     for each step:
//         …
//         optimizer_step(optimizer);
//         scheduler_step(scheduler);     // after the optimizer, so that step 0 uses value 0
//     scheduler_free(scheduler);
//
// The step number is its whole state. What a program sets by hand in a bound knob lasts until the
// next scheduler_step.
#ifndef KNOBS_SCHEDULE_SCHEDULER_H
#define KNOBS_SCHEDULE_SCHEDULER_H

#include "optim/optimizer.h"
#include "schedule/schedule.h"

typedef struct Binding {
    int group;
    int hyperparameter; // its id
    Schedule schedule;
} Binding;

// Public to be read (figures, logs, checkpoints); change it through the functions below.
typedef struct Scheduler {
    Optimizer *optimizer;
    long step;
    int binding_count;
    Binding *bindings;
} Scheduler;

// At step 0, with nothing bound. The optimizer must outlive it.
Scheduler *scheduler_new(Optimizer *optimizer);
void scheduler_free(Scheduler *scheduler); // not the optimizer

// Binds a schedule, and sets the knob at once to the value at the current step. A group that was
// added in the middle of training can be bound then.
// Fatal: no such group; a hyperparameter that the algorithm doesn't have; one that is bound
// already.
void scheduler_bind(Scheduler *scheduler, int group, const char *hyperparameter, Schedule schedule);

// Moves to the next step and sets every bound knob. Fatal if a value is out of the knob's range.
void scheduler_step(Scheduler *scheduler);

// Moves to any step ≥ 0 and sets every bound knob.
void scheduler_seek(Scheduler *scheduler, long step);

#endif
