// What can be said exactly: the formulas of the schedules, what a run has logged against them, and a
// group that is added in the middle of a run, which says a schedule, inherits one, or is forgotten.
#ifndef LESSON_17_EXACT_H
#define LESSON_17_EXACT_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "files/table.h"
#include "nn/networks.h"
#include "run/lesson.h"
#include "schedule/scheduler.h"

// --- formulas: written again, without schedule.h ---------------------------------------------------

// Up in a line for `warm_up` steps, then down along half a cosine, to the end of `steps`.
static inline double formula_of_cosine(double start, double top, double end, double n, int warm_up,
                                       int steps) {
    if (n < warm_up)
        return start + (top - start) * n / warm_up;
    return end + (top - end) * (0.5 + 0.5 * cos(acos(-1) * (n - warm_up) / (steps - warm_up)));
}

// Straight up and down, `half` steps each.
static inline double formula_of_cycles(double base, double top, double n, int half) {
    const double place = n / half - 2 * floor(n / (2.0 * half)); // 0 to 2: in its cycle
    return base + (top - base) * (place < 1 ? place : 2 - place);
}

static inline bool is_other(double value, double formula) {
    return !(fabs(value - formula) <= 1e-12 * fabs(formula) + 1e-15);
}

// What a knob of a group, its rate or else its momentum, must be at step n of a schedule.
typedef double (*Expected)(int group, bool is_rate, double n);

// Values in a run's knobs.csv that aren't the expected ones, and rows that are missing.
static inline int log_mismatches(const char *folder, long rows, Expected expected) {
    char *path = path_format("%s/knobs.csv", folder), line[256];
    FILE *file = fopen(path, "r");
    int mismatches = 0, group;
    double step, rate, momentum;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "%lf,%d,%lf,%lf", &step, &group, &rate, &momentum) == 4) {
            rows--; // step 1 is made with the values of 0
            mismatches += is_other(rate, expected(group, true, step - 1)) +
                          is_other(momentum, expected(group, false, step - 1));
        }
    if (file)
        fclose(file);
    free(path);
    return mismatches + (int)labs(rows);
}

// --- the late group ------------------------------------------------------------------------------

enum { LATE_STEPS = 400, LATE_JOIN = 150, LATE_WARM_UP = 40 };
enum { SAYS, INHERITS, FORGOTTEN, LATE_KINDS };
static const char *const late_names[LATE_KINDS] = {"says", "inherits", "forgotten"};

static inline Schedule late_curve(int steps) {
    return schedule_sequence(OWN_LENGTHS, schedule_linear(0.02, 0.2, LATE_WARM_UP),
                             schedule_cosine(0.2, steps - LATE_WARM_UP));
}

static inline double late_formula(int kind, int step) {
    if (kind == SAYS)
        return formula_of_cosine(0.02, 0.2, 0, step - LATE_JOIN, LATE_WARM_UP,
                                 LATE_STEPS - LATE_JOIN);
    return kind == INHERITS ? formula_of_cosine(0.02, 0.2, 0, step, LATE_WARM_UP, LATE_STEPS) : 0.2;
}

static inline void late_join(Optimizer *optimizer, Scheduler *scheduler, ParameterList list,
                             int kind) {
    const int late = optimizer_add_group(optimizer, list, .lr = 0.2);
    optimizer_name_group(optimizer, late, "late");
    if (kind == SAYS) // from here on, with a warm-up of its own
        scheduler_bind(scheduler, late, "lr", late_curve(LATE_STEPS - LATE_JOIN));
    if (kind == INHERITS) // the curve of group 0, where that is now
        scheduler_inherit(scheduler, late, 0);
}

// One run without a training: its gradients are zero. Returns how many values aren't the formula's.
static inline int late_run(Table *table, Module *network, int kind) {
    const ParameterList all = module_parameters(network),
                        list = module_parameters_under(network, "conv1");
    Optimizer *optimizer = sgd(parameter_list_without(all, list));
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr", late_curve(LATE_STEPS));
    int mismatches = 0;
    for (int step = 0; step < LATE_STEPS; step++) {
        if (step == LATE_JOIN)
            late_join(optimizer, scheduler, list, kind);
        const double late = step < LATE_JOIN ? NAN : optimizer_get(optimizer, 1, "lr");
        mismatches += step >= LATE_JOIN && is_other(late, late_formula(kind, step));
        table_row(table, "%s,%d,%.17g,%.17g", late_names[kind], step,
                  optimizer_get(optimizer, 0, "lr"), late);
        for (int i = 0; i < all.count; i++)
            parameter_zero_grad(all.items[i]);
        optimizer_step(optimizer);
        scheduler_step(scheduler);
    }
    scheduler_free(scheduler);
    optimizer_free(optimizer);
    return mismatches;
}

// late.csv: kind after kind, a row a step. Returns the mismatches of all, or −1 after an error.
static inline int late_write(const char *folder, Error *error) {
    Table *table = table_open(folder, "late.csv", "kind,step,first,late");
    Module *network = conv_net_new(true);
    int mismatches = 0;
    for (int kind = 0; kind < LATE_KINDS; kind++)
        mismatches += late_run(table, network, kind);
    module_free(network);
    return table_close(table, error) ? mismatches : -1;
}

#endif
