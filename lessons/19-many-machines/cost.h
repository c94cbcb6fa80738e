// What a step costs: measured for as many ranks as there are, and the two numbers of a model of the rest.
//
// Hockney's model of a message of V bytes: α + β V. A ring all-reduce over n ranks passes 2 (n − 1) messages of
// V / n bytes, one after the other (Patarasuk and Yuan 2009):
//
//     T(n) = 2 (n − 1) α + 2 (n − 1) / n · β V
//
// Times are the least of several, in seconds. That of a step is the time that this thread has worked, and of the average what the
// clock says: so what other programs take of a busy machine isn't the step's.
#ifndef LESSON_19_COST_H
#define LESSON_19_COST_H

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "files/table.h"
#include "ranks/ranks.h"
#include "run/lesson.h"
#include "run/progress.h" // clock_seconds

#include "trial.h"

enum { COST_TIMES = 6, COST_MESSAGES = 40, COST_IMAGES = 240 };

typedef struct Cost {
    double step, average; // a whole step; the average of gradients in it
} Cost;

static double cost_worked(void) {
    struct timespec worked;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
    return (double)worked.tv_sec + 1e-9 * (double)worked.tv_nsec;
}

// By the clock, from when all are there.
static double cost_of_average(const Ranks *ranks, const ParameterList *parameters, Tensor *loss) {
    ranks_mean(ranks, 1, &(double){0});
    const double start = clock_seconds();
    ranks_average(ranks, parameters, loss);
    return clock_seconds() - start;
}

static Cost cost_of_step(const Ranks *ranks, const Dataset *data, int images) {
    Trial trial = trial_begin(data, true, (BatchOptions){.size = images, .seed = 1});
    Cost least = {INFINITY, INFINITY};
    for (int i = 0; i < COST_TIMES; i++) {
        const Batch batch = batches_draw(trial.batches, trial.tape);
        const double start = cost_worked();
        Tensor *loss = trial_backward(&trial, batch);
        const double computed = cost_worked() - start;
        for (int k = 0; k < COST_TIMES; k++)
            least.average = fmin(least.average, cost_of_average(ranks, &trial.parameters, loss));
        const double averaged = cost_worked();
        optimizer_step(trial.optimizer);
        least.step = fmin(least.step, computed + cost_worked() - averaged);
        tape_clear(trial.tape);
    }
    trial_end(&trial);
    least.step += least.average;
    return least;
}

static void cost_row(Table *table, const Ranks *ranks, const Dataset *data, int images) {
    const Cost cost = cost_of_step(ranks, data, images);
    if (table)
        table_row(table, "%d,%d,%.6g,%.6g", ranks->count, images, cost.step, cost.average);
}

// One process with smaller and smaller batches, which shows what a step costs without any image; then
// 2, 3, … ranks, each with a whole batch, and each with its part of one.
static void cost_of_steps(const Ranks *ranks, Table *table, const Dataset *data, int size) {
    for (int images = size, i = 0; i < 4 && images > 0 && ranks->rank == 0; i++, images /= 2)
        cost_row(table, &RANKS_ALONE, data, images);
    ranks_wait(ranks);
    for (int count = 2; count <= ranks->count; count = count < 4 ? count + 1 : 2 * count) {
        Ranks part = ranks_part(ranks, count);
        if (part.count > 0) {
            cost_row(table, &part, data, size);
            if (size % count == 0)
                cost_row(table, &part, data, size / count);
        }
        ranks_part_free(&part);
        ranks_wait(ranks);
    }
}

typedef struct Line {
    double alpha, beta; // seconds, seconds a byte
} Line;

// The α and β with the least squares of relative errors: Σ (a α + b β − t)² / t², where a and b are their
// factors in T(n).
static Line cost_of_messages(const Ranks *ranks, Table *table) {
    enum { NUMBERS_MAX = 1 << 18 };
    double *numbers = memory_zeroed(NUMBERS_MAX, sizeof *numbers);
    double aa = 0, ab = 0, bb = 0, at = 0, bt = 0;
    for (int count = 1; count <= NUMBERS_MAX; count *= 4) {
        double least = INFINITY;
        for (int i = 0; i < COST_MESSAGES; i++) {
            ranks_mean(ranks, 1, &(double){0}); // all begin at once
            const double start = clock_seconds();
            ranks_mean(ranks, count, numbers);
            least = fmin(least, clock_seconds() - start);
        }
        const double bytes = count * (double)sizeof *numbers, n = ranks->count;
        const double a = 2 * (n - 1) / least, b = a / n * bytes;
        aa += a * a, ab += a * b, bb += b * b, at += a, bt += b;
        if (table)
            table_row(table, "%g,%.6g", bytes, least);
    }
    free(numbers);
    const double determinant = aa * bb - ab * ab;
    return (Line){(at * bb - bt * ab) / determinant, (bt * aa - at * ab) / determinant};
}

// All ranks call it; the first one writes cost.csv and messages.csv.
static bool cost_measure(const Ranks *ranks, const Dataset *data, const LessonOptions *options,
                         int size, Results *results, Error *error) {
    const bool first = ranks->rank == 0;
    Table *costs = first ? table_open(options->out, "cost.csv", "ranks,images,step,average") : NULL;
    Table *messages = first ? table_open(options->out, "messages.csv", "bytes,seconds") : NULL;
    while (size > COST_IMAGES) // a large batch would take long, and cost as much an image
        size /= 2;
    cost_of_steps(ranks, costs, data, size);
    const Line line = cost_of_messages(ranks, messages);
    result_add(results, "alpha", line.alpha); // NaN of one rank alone
    result_add(results, "beta", line.beta);
    const bool written = table_close(costs, error);
    return table_close(messages, written ? error : &(Error){""}) && written;
}

#endif
