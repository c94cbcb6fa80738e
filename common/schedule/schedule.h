// A schedule is a curve: what a knob is set to, as a function of the step number. It is a pure
// value with no state: copy it, plot it without training, start it again from any step. It knows
// nothing of optimizers; a Scheduler (scheduler.h) binds it to one.
//
//     Schedule schedule = schedule_cosine(0.05, steps, .eta_min = 1e-4);
//     double lr = schedule_at(schedule, 120);
//
// What a step is, a batch or an epoch, is the caller's choice: whatever they count.
// A new curve is one member of the union, one function of its formula and one constructor.
#ifndef KNOBS_SCHEDULE_SCHEDULE_H
#define KNOBS_SCHEDULE_SCHEDULE_H

// The arguments of each curve, under PyTorch's names.
typedef struct ScheduleStep {
    double initial;
    long step_size;
    double gamma;
} ScheduleStep;

typedef struct ScheduleCosine {
    double initial;
    long t_max;
    double eta_min;
} ScheduleCosine;

typedef struct Schedule Schedule;
struct Schedule {
    const char *name; // "cosine"
    double (*curve)(const Schedule *schedule, double step);
    union {
        double constant;
        ScheduleStep step;
        ScheduleCosine cosine;
    };
};

// The value at a step ≥ 0 (fatal below). Every curve goes on for ever.
double schedule_at(Schedule schedule, long step);

// Always this value.
Schedule schedule_constant(double value);

// initial · gamma^⌊step / step_size⌋. Fatal if step_size < 1.
Schedule schedule_step(double initial, long step_size, double gamma);

// Schedule schedule_cosine(double initial, long t_max, .eta_min = 0): half a cosine, down from
// initial at step 0 to eta_min at step t_max (Loshchilov, Hutter, "SGDR", ICLR 2017, without
// restarts). Beyond t_max it climbs back, as PyTorch's CosineAnnealingLR does: a schedule that is
// too short for the run sends the rate up again. Fatal if t_max < 1.
#define schedule_cosine(from, length, ...)                                                         \
    schedule_cosine_of((ScheduleCosine){.initial = (from), .t_max = (length), __VA_ARGS__})
Schedule schedule_cosine_of(ScheduleCosine arguments);

#endif
