// Several ranks beside one process that has the whole batch: the losses of the first steps of both, for a
// network without batch norm, with batch norm whose statistics are each rank's own, and with statistics of
// the whole batch.
#ifndef LESSON_19_EQUAL_H
#define LESSON_19_EQUAL_H

#include <math.h>

#include "files/table.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "nn/networks.h"
#include "optim/optimizer.h"
#include "ranks/ranks.h"
#include "run/lesson.h"

enum { EQUAL_STEPS_MAX = 100, PLAIN = 0, OWN, SYNC, EQUAL_KINDS };
static const char *const equal_names[] = {"plain", "own", "sync"};

typedef struct Equal {
    double alone[EQUAL_STEPS_MAX], together[EQUAL_STEPS_MAX];
    double most; // the largest difference of a step, as a share of the loss
} Equal;

static void equal_losses(const Ranks *ranks, int kind, const Dataset *data, uint64_t seed, int size,
                         int steps, double *losses) {
    Tape *tape = tape_new();
    Random random = random_from_seed(seed);
    Module *network = conv_net_new(kind != PLAIN);
    module_initialise(network, &random);
    if (kind == SYNC)
        batch_norm_synchronise(network, ranks_batch_parts(ranks));
    const ParameterList parameters = module_parameters(network);
    Optimizer *optimizer = sgd(parameters, .lr = 0.02, .momentum = 0.9);
    Batches *batches = batches_new(data, .size = size, .seed = seed, .part = ranks->rank,
                                   .parts = ranks->count, .drop_last = true);
    for (int step = 0; step < steps; step++) {
        const Batch batch = batches_draw(batches, tape);
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        ranks_average(ranks, &parameters, loss);
        optimizer_step(optimizer);
        losses[step] = tensor_item(loss);
        tape_clear(tape);
    }
    batches_free(batches);
    optimizer_free(optimizer);
    module_free(network);
    tape_free(tape);
}

// The one process is the first rank, while the others wait.
static void equal_measure(const Ranks *ranks, const Dataset *data, const LessonOptions *options,
                          int size, int steps, Equal equal[EQUAL_KINDS]) {
    for (int kind = 0; kind < EQUAL_KINDS; kind++) {
        Equal *both = &equal[kind];
        const uint64_t seed = (uint64_t)options->seed;
        equal_losses(ranks, kind, data, seed, size, steps, both->together);
        if (ranks->rank == 0)
            equal_losses(&RANKS_ALONE, kind, data, seed, size, steps, both->alone);
        ranks_wait(ranks);
        both->most = 0;
        for (int step = 0; step < steps; step++)
            both->most = fmax(both->most, fabs(both->together[step] / both->alone[step] - 1));
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
