// The museum: classic mistakes, each really made, with an optimizer and a scheduler.
#ifndef LESSON_15_MUSEUM_H
#define LESSON_15_MUSEUM_H

#include "gallery.h" // schedule_of_text, SHOWN_STEPS
#include "run/lesson.h"
#include "schedule/scheduler.h"

// One weight, an optimizer, a scheduler; the knob of each step, as it was meant and as it ran.
typedef struct Exhibit {
    const char *knob;
    int steps; // at most SHOWN_STEPS
    Schedule bound;
    double meant[SHOWN_STEPS], ran[SHOWN_STEPS];
    Parameter *weight, *late; // the second one nobody owns yet
    Optimizer *optimizer;
    Scheduler *scheduler;
} Exhibit;

static inline ParameterList list_of(Parameter *parameter) {
    ParameterList list = {0};
    parameter_list_append(&list, parameter);
    parameter_zero_grad(parameter);
    return list;
}

// What is meant for step 0 is given to the optimizer.
static inline void exhibit_begin(Exhibit *exhibit) {
    exhibit->weight = parameter_new("weight", SHAPE(1));
    exhibit->late = parameter_new("late", SHAPE(1));
    exhibit->optimizer = sgd(list_of(exhibit->weight));
    optimizer_set(exhibit->optimizer, 0, exhibit->knob, exhibit->meant[0]);
    exhibit->scheduler = scheduler_new(exhibit->optimizer);
    scheduler_bind(exhibit->scheduler, 0, exhibit->knob, exhibit->bound);
}

static inline void exhibit_end(Exhibit *exhibit) {
    scheduler_free(exhibit->scheduler);
    optimizer_free(exhibit->optimizer);
    parameter_free(exhibit->late);
    parameter_free(exhibit->weight);
}

// --- the mistakes --------------------------------------------------------------------------------

// Some steps, each as it should be made.
static inline void run_steps(Exhibit *exhibit, int group, int from, int to) {
    for (int n = from; n < to; n++) {
        exhibit->ran[n] = optimizer_get(exhibit->optimizer, group, exhibit->knob);
        optimizer_step(exhibit->optimizer);
        scheduler_step(exhibit->scheduler);
    }
}

static inline void run_whole(Exhibit *exhibit) {
    run_steps(exhibit, 0, 0, exhibit->steps); // the mistake is the schedule
}

static inline void scheduler_first(Exhibit *exhibit) {
    for (int n = 0; n < exhibit->steps; n++) {
        scheduler_step(exhibit->scheduler); // the mistake: this line above the next ones
        exhibit->ran[n] = optimizer_get(exhibit->optimizer, 0, "lr");
        optimizer_step(exhibit->optimizer);
    }
}

static inline void by_batch(Exhibit *exhibit) {
    for (int n = 0; n < exhibit->steps; n++)
        exhibit->meant[n] = schedule_at(exhibit->bound, n / 10); // an epoch has 10 batches
    run_whole(exhibit); // the mistake: scheduler_step after each batch
}

static inline void forgotten_state(Exhibit *exhibit) {
    run_steps(exhibit, 0, 0, 50);
    scheduler_free(exhibit->scheduler); // the mistake: all goes on, but the scheduler is a new one
    exhibit->scheduler = scheduler_new(exhibit->optimizer);
    scheduler_bind(exhibit->scheduler, 0, "lr", exhibit->bound);
    run_steps(exhibit, 0, 50, exhibit->steps);
}

static inline void late_group(Exhibit *exhibit) {
    run_steps(exhibit, 0, 0, 30); // so far of the first group
    const int late = optimizer_add_group(exhibit->optimizer, list_of(exhibit->late), .lr = 0.1);
    run_steps(exhibit, late, 30, exhibit->steps); // the mistake: it isn't bound
}

// --- all of them ---------------------------------------------------------------------------------

static const struct {
    const char *title, *cause, *knob;
    int steps;
    const char *bound;       // the schedule that the program binds
    const char *meant, *ran; // what the label says of the two curves
    void (*make)(Exhibit *exhibit);
} museum[] = {
#define WARM_UP "sequence(linear(0.02, 0.1, 4), step(0.1, 4, 0.5))"
#define COSINE "cosine(0.1, 0, 100)"
    {"scheduler before optimizer", "the first value is never used", "lr", 16, WARM_UP, WARM_UP,
     "sequence(linear(0.04, 0.1, 3), step(0.1, 4, 0.5))", scheduler_first},
    {"an epoch's curve, by batch", "10 batches an epoch: 10 times too fast", "lr", 100,
     "cosine(0.1, 0, 10)", COSINE, "repeat(sequence(cosine(0.1, 0, 10), cosine(0, 0.1, 10)))",
     by_batch},
    {"past T_max", "a cosine of 60 steps, a run of 100", "lr", 100, "cosine(0.1, 0, 60)", COSINE,
     "sequence(cosine(0.1, 0, 60), cosine(0, 0.1, 60))", run_whole},
    {"warm restart off by one", "steps 0 to T_0 are T_0 + 1", "lr", 45,
     "repeat(cosine(0.1, 0, 10), 11)", "warm_restarts(0.1, 0, 10)",
     "repeat(sequence(cosine(0.1, 0, 10), constant(0)), 11)", run_whole},
    {"resumed without its state", "the step number is lost", "lr", 100, COSINE, COSINE,
     "sequence(" COSINE ", " COSINE ", milestones=[50])", forgotten_state},
    {"a group added later", "nobody gave it a schedule", "lr", 100, COSINE, COSINE,
     "sequence(" COSINE ", constant(0.1), milestones=[30])", late_group},
    {"one-cycle and your rate", "its max counts, not your lr", "lr", 100, "one_cycle(0.1, 100)",
     "constant(0.02)", "sequence(cosine(0.004, 0.1, 29), cosine(0.1, 4e-7, 70))", run_whole},
    {"one-cycle and your momentum", "it cycles too, unless you say no", "momentum", 100,
     "one_cycle_momentum(100)", "constant(0.5)",
     "sequence(cosine(0.95, 0.85, 29), cosine(0.85, 0.95, 70))", run_whole},
};
enum { EXHIBITS = sizeof museum / sizeof *museum };

// museum.csv: exhibit after exhibit, a row a step. Adds how many steps of the least mistake were wrong,
// and the largest difference between what ran and what the labels say.
static inline bool museum_write(const char *folder, Results *results, Error *error) {
    Table *table = table_open(folder, "museum.csv", "title,cause,knob,step,meant,ran");
    int fewest = SHOWN_STEPS;
    double mislabelled = 0;
    for (int i = 0; i < EXHIBITS; i++) {
        const Schedule label = schedule_of_text(museum[i].ran);
        Exhibit exhibit = {.knob = museum[i].knob,
                           .steps = museum[i].steps,
                           .bound = schedule_of_text(museum[i].bound)};
        const Schedule meant = schedule_of_text(museum[i].meant);
        for (int n = 0; n < exhibit.steps; n++)
            exhibit.meant[n] = schedule_at(meant, n);
        exhibit_begin(&exhibit);
        museum[i].make(&exhibit);
        exhibit_end(&exhibit);
        int wrong = 0;
        for (int n = 0; n < exhibit.steps; n++) {
            wrong += fabs(exhibit.ran[n] - exhibit.meant[n]) > 1e-12;
            mislabelled = worst_of(mislabelled, fabs(exhibit.ran[n] - schedule_at(label, n)));
            table_row(table, "%s,%s,%s,%d,%.17g,%.17g", museum[i].title, museum[i].cause,
                      museum[i].knob, n, exhibit.meant[n], exhibit.ran[n]);
        }
        fewest = wrong < fewest ? wrong : fewest;
    }
    result_add(results, "fewest_wrong", fewest);
    result_add(results, "mislabelled", mislabelled);
    return table_close(table, error);
}

#endif
