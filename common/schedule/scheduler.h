// A scheduler turns an optimizer's knobs as training goes on: it binds schedules to (optimizer,
// group, hyperparameter), and at each step sets every bound knob to its curve's value.
//
//     Scheduler *scheduler = scheduler_new(optimizer);
//     scheduler_bind(scheduler, 0, "lr", schedule_cosine(0.05, steps));
//     scheduler_bind(scheduler, 0, "momentum", schedule_one_cycle_momentum(steps));
//     for each step:
//         …
//         optimizer_step(optimizer);
//         scheduler_step(scheduler);     // after the optimizer, so that step 0 uses value 0
//     scheduler_free(scheduler);
//
// A step is a batch or an epoch: whatever scheduler_step is called after. One scheduler counts one of
// them; a program may have two, for different knobs.
//
// A bound knob is its schedule's: binding sets it at once. So don't give it to the optimizer too. If
// you did, and the schedule begins elsewhere, one line on stderr says what became of it (a value
// that is the algorithm's default, or that an added group inherited, counts as not given). What a
// program sets by hand afterwards lasts until the next scheduler_step.
//
// A group that is added later says its schedule (scheduler_bind) or inherits that of another group
// (scheduler_inherit). One that does neither keeps the rate that it came with, and one line on stderr
// says so.
//
// The step number, and at which one each binding began, are its whole state.
#ifndef KNOBS_SCHEDULE_SCHEDULER_H
#define KNOBS_SCHEDULE_SCHEDULER_H

#include "optim/optimizer.h"
#include "schedule/schedule.h"

typedef struct Binding {
    int group;
    int hyperparameter; // its id
    long start;         // the scheduler's step that is step 0 of the schedule
    Schedule schedule;
} Binding;

// What a binding sets its knob to at a step of the scheduler; before its start, as at its start.
double binding_at(const Binding *binding, long step);

// Public to be read (figures, logs, checkpoints); change it through the functions below.
typedef struct Scheduler {
    Optimizer *optimizer;
    long step;
    int binding_count;
    Binding *bindings;
    int groups; // private: how many the optimizer had at the last scheduler_step; 0: there was none
} Scheduler;

// At step 0, with nothing bound. The optimizer must outlive it.
Scheduler *scheduler_new(Optimizer *optimizer);
// Its knobs stay where they are, free for another scheduler. Not the optimizer.
void scheduler_free(Scheduler *scheduler);

// Binds a schedule, which begins now: a group that was added in the middle of training has a clock
// of its own. Sets the knob to the schedule's first value.
// Fatal: no such group; a hyperparameter that the algorithm doesn't have; one that follows a
// schedule already, of this scheduler or another; a first value out of the knob's range.
void scheduler_bind(Scheduler *scheduler, int group, const char *hyperparameter, Schedule schedule);

// The same with another clock: `start` is the scheduler's step that is the schedule's step 0. With 0
// a late group joins in where the others are.
void scheduler_bind_from(Scheduler *scheduler, int group, const char *hyperparameter,
                         Schedule schedule, long start);

// A group that was added later inherits: each knob for which group `from` follows a schedule of this
// scheduler, and `group` none, follows the same one on the same clock. So it joins in where `from` is.
// (At a tenth of it: scheduler_bind_from with schedule_scale and that group's start.)
// Fatal: no such group; `from` follows no schedule of this scheduler.
void scheduler_inherit(Scheduler *scheduler, int group, int from);

// Moves to the next step and sets every bound knob. Fatal if a value is out of the knob's range.
// If its first call finds that the optimizer never stepped, one line on stderr says so: the first
// value of every schedule is skipped then. So it does if a group was added since the last call and
// follows no schedule for a knob for which group 0 follows one.
void scheduler_step(Scheduler *scheduler);

// Moves to any step ≥ 0 and sets every bound knob.
void scheduler_seek(Scheduler *scheduler, long step);

#endif
