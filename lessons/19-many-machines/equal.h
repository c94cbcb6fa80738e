// Several ranks beside one process that has the whole batch: the losses of the first steps of both, for a
// network without batch norm, with batch norm whose statistics are each rank's own, and with statistics of
// the whole batch.
#ifndef LESSON_19_EQUAL_H
#define LESSON_19_EQUAL_H

#include <math.h>

#include "files/table.h"
#include "nn/layers.h"
#include "ranks/ranks.h"
#include "run/interrupt.h"
#include "run/lesson.h"

#include "trial.h"

enum { EQUAL_STEPS_MAX = 100, PLAIN = 0, OWN, SYNC, EQUAL_KINDS };
static const char *const equal_names[] = {"plain", "own", "sync"};

typedef struct Equal {
    double alone[EQUAL_STEPS_MAX], together[EQUAL_STEPS_MAX];
    double most; // the largest difference of a step that is judged, as a share of the loss
} Equal;

// How many steps are judged. In single precision rounding grows until some number falls on the other side
// of a ReLU's edge, and then the losses part: in some seeds before step 30, none before step 10.
static int equal_judged(int steps) {
    return sizeof(real) == sizeof(double) ? steps : (int)fmin(steps, 10);
}

static void equal_losses(const Ranks *ranks, int kind, const Dataset *data,
                         const LessonOptions *options, int size, int steps, double *losses) {
    Trial trial = trial_begin(data, kind != PLAIN,
                              (BatchOptions){.size = size,
                                             .shuffle = true,
                                             .seed = (uint64_t)options->seed,
                                             .part = ranks->rank,
                                             .parts = ranks->count,
                                             .drop_last = true});
    if (kind == SYNC && ranks->count > 1)
        batch_norm_synchronise(trial.network, ranks_batch_parts(ranks));
    for (int step = 0; step < steps && !interrupt_signal(); step++) {
        Tensor *loss = trial_backward(&trial, batches_draw(trial.batches, trial.tape));
        ranks_average(ranks, &trial.parameters, loss);
        optimizer_step(trial.optimizer);
        losses[step] = tensor_item(loss);
        tape_clear(trial.tape);
    }
    trial_end(&trial);
}

// The one process is the first rank, while the others wait.
static void equal_measure(const Ranks *ranks, const Dataset *data, const LessonOptions *options,
                          int size, int steps, Equal equal[EQUAL_KINDS]) {
    for (int kind = 0; kind < EQUAL_KINDS; kind++) {
        Equal *both = &equal[kind];
        equal_losses(ranks, kind, data, options, size, steps, both->together);
        if (ranks->rank == 0)
            equal_losses(&RANKS_ALONE, kind, data, options, size, steps, both->alone);
        ranks_wait(ranks);
        both->most = 0;
        for (int step = 0; ranks->rank == 0 && step < equal_judged(steps); step++)
            both->most = worst_of(both->most, fabs(both->together[step] / both->alone[step] - 1));
    }
}

static bool equal_write(const Ranks *ranks, const LessonOptions *options, const Equal *equal,
                        int steps, Error *error) {
    if (ranks->rank > 0)
        return true;
    Table *table = table_open(options->out, "equal.csv", "step,kind,alone,together,difference");
    for (int kind = 0; kind < EQUAL_KINDS; kind++)
        for (int step = 0; step < steps; step++) {
            const double alone = equal[kind].alone[step], together = equal[kind].together[step];
            table_row(table, "%d,%s,%.17g,%.17g,%.17g", step + 1, equal_names[kind], alone,
                      together, fabs(together / alone - 1));
        }
    return table_close(table, error);
}

#endif
