#include "schedule/schedule.h"

#include <math.h>

#include "base/error.h"

static const double PI = 3.14159265358979323846;

double schedule_at(Schedule schedule, long step) {
    if (step < 0)
        fatal("schedule %s: step %ld; steps count from 0", schedule.name, step);
    return schedule.curve(&schedule, (double)step);
}

// value
static double constant_curve(const Schedule *schedule, double step) {
    (void)step;
    return schedule->constant;
}

Schedule schedule_constant(double value) {
    return (Schedule){.name = "constant", .curve = constant_curve, .constant = value};
}

// initial · gamma^⌊step / step_size⌋
static double step_curve(const Schedule *schedule, double step) {
    const ScheduleStep *s = &schedule->step;
    return s->initial * pow(s->gamma, floor(step / (double)s->step_size));
}

Schedule schedule_step(double initial, long step_size, double gamma) {
    if (step_size < 1)
        fatal("schedule step: step_size is %ld; it must be at least 1", step_size);
    return (Schedule){.name = "step", .curve = step_curve, .step = {initial, step_size, gamma}};
}

// eta_min + (initial − eta_min) · (1 + cos(π · step / t_max)) / 2, of period 2 · t_max
static double cosine_curve(const Schedule *schedule, double step) {
    const ScheduleCosine *s = &schedule->cosine;
    double t_max = (double)s->t_max;
    double phase = fmod(step, 2 * t_max) / t_max; // the remainder is exact, however far the step
    return s->eta_min + (s->initial - s->eta_min) * (1 + cos(PI * phase)) / 2;
}

Schedule schedule_cosine_of(ScheduleCosine arguments) {
    if (arguments.t_max < 1)
        fatal("schedule cosine: t_max is %ld; it must be at least 1", arguments.t_max);
    return (Schedule){.name = "cosine", .curve = cosine_curve, .cosine = arguments};
}
