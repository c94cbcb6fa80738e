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

void scheduler_bind(Scheduler *scheduler, int group, const char *hyperparameter,
                    Schedule schedule) {
    const int id = hyperparameter_find(hyperparameter);
    for (int i = 0; i < scheduler->binding_count; i++)
        if (scheduler->bindings[i].group == group && scheduler->bindings[i].hyperparameter == id)
            fatal("scheduler: %s of '%s' is bound to a %s schedule already; it can't follow a %s "
                  "schedule too",
                  hyperparameter, scheduler->optimizer->groups[group].name,
                  scheduler->bindings[i].schedule.name, schedule.name);
    // Fatal where there is no such knob.
    optimizer_set(scheduler->optimizer, group, hyperparameter,
                  schedule_at(schedule, scheduler->step));
    size_t count = (size_t)scheduler->binding_count + 1;
    scheduler->bindings = memory_resize(scheduler->bindings, count * sizeof *scheduler->bindings);
    scheduler->bindings[scheduler->binding_count++] =
        (Binding){.group = group, .hyperparameter = id, .schedule = schedule};
}

void scheduler_step(Scheduler *scheduler) {
    scheduler_seek(scheduler, scheduler->step + 1);
}

void scheduler_seek(Scheduler *scheduler, long step) {
    if (step < 0)
        fatal("scheduler: step %ld; steps count from 0", step);
    scheduler->step = step;
    for (int i = 0; i < scheduler->binding_count; i++) {
        const Binding *binding = &scheduler->bindings[i];
        optimizer_set(scheduler->optimizer, binding->group,
                      hyperparameter_name(binding->hyperparameter),
                      schedule_at(binding->schedule, step));
    }
}
