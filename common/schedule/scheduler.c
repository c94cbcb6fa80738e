#include "schedule/scheduler.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

Scheduler *scheduler_new(Optimizer *optimizer) {
    Scheduler *scheduler = memory_zeroed(1, sizeof *scheduler);
    scheduler->optimizer = optimizer;
    return scheduler;
}

void scheduler_free(Scheduler *scheduler) {
    if (!scheduler)
        return;
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        scheduler->optimizer->groups[binding->group].scheduled[binding->hyperparameter] = false;
    }
    free(scheduler->bindings);
    free(scheduler);
}

double binding_at(const Binding *binding, long step) {
    return schedule_at(binding->schedule, step > binding->start ? step - binding->start : 0);
}

// --- binding -------------------------------------------------------------------------------------

// Whether the value is one that the program must have given.
static bool value_was_given(const Optimizer *optimizer, int group, int id, double value) {
    return value != optimizer->algorithm->defaults.values[id] &&
           (group == 0 || value != optimizer->defaults.values[id]);
}

// (Where a group joins in the middle of a curve, what it was given is to be where the curve began.)
static void replaced_report(const Optimizer *optimizer, const Binding *binding, double before,
                            double first) {
    if (before != first && before != schedule_at(binding->schedule, 0) &&
        value_was_given(optimizer, binding->group, binding->hyperparameter, before))
        fprintf(stderr, "note: %s of '%s' was %.9g; its %s schedule sets it to %.9g\n",
                hyperparameter_name(binding->hyperparameter),
                optimizer->groups[binding->group].name, before, schedule_name(binding->schedule),
                first);
}

void scheduler_bind(Scheduler *scheduler, int group, const char *hyperparameter,
                    Schedule schedule) {
    scheduler_bind_from(scheduler, group, hyperparameter, schedule, scheduler->step);
}

void scheduler_bind_from(Scheduler *scheduler, int group, const char *hyperparameter,
                         Schedule schedule, long start) {
    Optimizer *optimizer = scheduler->optimizer;
    // Fatal where there is no such knob.
    const double before = optimizer_get(optimizer, group, hyperparameter);
    const Binding binding = {.group = group,
                             .hyperparameter = hyperparameter_find(hyperparameter),
                             .start = start,
                             .schedule = schedule};
    bool *scheduled = &optimizer->groups[group].scheduled[binding.hyperparameter];
    if (start < 0)
        fatal("scheduler: start %ld; steps count from 0", start);
    if (*scheduled)
        fatal("scheduler: %s of '%s' follows a schedule already; it can't follow a %s schedule too "
              "(what is to follow both follows a sequence or product of them)",
              hyperparameter, optimizer->groups[group].name, schedule_name(schedule));
    const double first = binding_at(&binding, scheduler->step);
    optimizer_set(optimizer, group, hyperparameter, first);
    *scheduled = true;
    replaced_report(optimizer, &binding, before, first);
    size_t count = (size_t)scheduler->binding_count + 1;
    scheduler->bindings = memory_resize(scheduler->bindings, count * sizeof *scheduler->bindings);
    scheduler->bindings[scheduler->binding_count++] = binding;
}

void scheduler_inherit(Scheduler *scheduler, int group, int from) {
    const Optimizer *optimizer = scheduler->optimizer;
    bool has_any = false;
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding binding = scheduler->bindings[i]; // a copy: the array may move
        const char *name = hyperparameter_name(binding.hyperparameter);
        if (binding.group != from)
            continue;
        has_any = true;
        optimizer_get(optimizer, group, name); // fatal where there is no such group
        if (!optimizer->groups[group].scheduled[binding.hyperparameter])
            scheduler_bind_from(scheduler, group, name, binding.schedule, binding.start);
    }
    if (!has_any)
        fatal("scheduler: group %d follows no schedule that group %d could inherit", from, group);
}

// --- stepping ------------------------------------------------------------------------------------

static bool optimizer_has_stepped(const Optimizer *optimizer) {
    for (int g = 0; g < optimizer->group_count; g++)
        for (int i = 0; i < optimizer->groups[g].parameters.count; i++)
            if (optimizer->groups[g].states[i] && optimizer->groups[g].states[i]->step > 0)
                return true;
    return false;
}

// Reports a group that was added since the last step and was given no schedule.
static void forgotten_report(Scheduler *scheduler) {
    const Optimizer *optimizer = scheduler->optimizer;
    for (int g = scheduler->groups; g > 0 && g < optimizer->group_count; g++)
        for (int i = 0; i < scheduler->binding_count; i++) {
            const int id = scheduler->bindings[i].hyperparameter;
            if (scheduler->bindings[i].group == 0 && !optimizer->groups[g].scheduled[id])
                fprintf(stderr,
                        "note: '%s' was added later, and its %s follows no schedule as that of "
                        "'%s' does; scheduler_inherit or scheduler_bind gives it one\n",
                        optimizer->groups[g].name, hyperparameter_name(id),
                        optimizer->groups[0].name);
        }
    scheduler->groups = optimizer->group_count;
}

void scheduler_step(Scheduler *scheduler) {
    forgotten_report(scheduler);
    if (scheduler->step == 0 && !optimizer_has_stepped(scheduler->optimizer))
        fprintf(stderr,
                "note: scheduler_step before the optimizer's first step: the first value of "
                "each schedule is skipped; call optimizer_step first\n");
    scheduler_seek(scheduler, scheduler->step + 1);
}

void scheduler_seek(Scheduler *scheduler, long step) {
    if (step < 0)
        fatal("scheduler: step %ld; steps count from 0", step);
    scheduler->step = step;
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        optimizer_set(scheduler->optimizer, binding->group,
                      hyperparameter_name(binding->hyperparameter), binding_at(binding, step));
    }
}
