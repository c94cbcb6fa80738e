#include "schedule/scheduler.h"

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
    free(scheduler->bindings);
    free(scheduler);
}

static void binding_apply(const Scheduler *scheduler, const Binding *binding) {
    optimizer_set_by_id(scheduler->optimizer, binding->group, binding->hyperparameter,
                        schedule_at(binding->schedule, scheduler->step));
}

void scheduler_bind(Scheduler *scheduler, int group, const char *hyperparameter,
                    Schedule schedule) {
    int id = optimizer_find(scheduler->optimizer, group, hyperparameter);
    for (int i = 0; i < scheduler->binding_count; i++)
        if (scheduler->bindings[i].group == group && scheduler->bindings[i].hyperparameter == id)
            fatal("scheduler: %s of '%s' is bound to a %s schedule already; it can't follow a %s "
                  "schedule too",
                  hyperparameter, scheduler->optimizer->groups[group].name,
                  scheduler->bindings[i].schedule.name, schedule.name);
    Binding binding = {.group = group, .hyperparameter = id, .schedule = schedule};
    binding_apply(scheduler, &binding);
    size_t count = (size_t)scheduler->binding_count + 1;
    scheduler->bindings = memory_resize(scheduler->bindings, count * sizeof *scheduler->bindings);
    scheduler->bindings[scheduler->binding_count++] = binding;
}

void scheduler_step(Scheduler *scheduler) {
    scheduler_seek(scheduler, scheduler->step + 1);
}

void scheduler_seek(Scheduler *scheduler, long step) {
    if (step < 0)
        fatal("scheduler: step %ld; steps count from 0", step);
    scheduler->step = step;
    for (int i = 0; i < scheduler->binding_count; i++)
        binding_apply(scheduler, &scheduler->bindings[i]);
}
