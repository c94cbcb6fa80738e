// What is raced for: two workloads with a target each, and the clocks.
#ifndef KNOBS_LESSON_07_RACE_H
#define KNOBS_LESSON_07_RACE_H

#include <time.h>

#include "landscape.h"
#include "nn/layers.h"
#include "nn/networks.h"
#include "run/trainer.h"

static Module *perceptron_new(void) {
    return sequential_new(flatten_new(), linear_new(64, 64), relu_new(), linear_new(64, 64),
                          relu_new(), linear_new(64, 64), relu_new(), linear_new(64, 10));
}

typedef struct Workload {
    const char *data;
    Module *(*network)(void);
    double matrices, numbers;      // of the hidden layers, and all, by hand
    double target;                 // the accuracy to reach,
    int look_every, looks_at_most; // seen every so many steps on so many test images
} Workload;

// The rates are tuned on the first one.
enum { FASHION, DIGITS };
static const Workload workloads[] = {
    {"fashion", lenet_new, 400 * 120 + 120 * 84, 61706, 0.82, 25, 1000},
    {"digits", perceptron_new, 3 * 64 * 64, 3 * 65 * 64 + 65 * 10, 0.90, 5, 500},
};

typedef struct Clocks {
    const Workload *workload;
    Trainer *trainer;
    Dataset looked_at;
    Log *looks, *landscape;
    double begun, known;    // when this step began, and when its gradients were known
    double step, optimizer; // seconds of processor time in all steps so far, and in their last part
    long there;             // the first step after which the target was reached; 0: it wasn't yet
    double there_seconds;   // `step` then
} Clocks;

static double processor_seconds(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

static void clocks_begin(Clocks *clocks, const Workload *workload, Trainer *trainer) {
    const Dataset *test = &trainer->data.test;
    const int most = workload->looks_at_most;
    *clocks = (Clocks){.workload = workload, .trainer = trainer};
    clocks->looked_at = dataset_slice(test, 0, most < test->count ? most : test->count);
    Loop *loop = &trainer->loop;
    clocks->looks = loop_log(loop, "looks.csv", "step,accuracy,loss");
    loop_number(loop, "step seconds", &clocks->step);
    loop_number(loop, "optimizer seconds", &clocks->optimizer);
    loop_integer(loop, "there", &clocks->there);
    loop_number(loop, "there seconds", &clocks->there_seconds);
}

static void clocks_stop(Clocks *clocks) {
    const double now = processor_seconds();
    clocks->step += now - clocks->begun;
    clocks->optimizer += now - clocks->known;
}

// Between two steps, after the first one and then every so many. For tuning the end is enough.
static void clocks_look(Clocks *clocks) {
    const Loop *loop = &clocks->trainer->loop;
    if (loop->options->tuning || (loop->step > 1 && loop->step % clocks->workload->look_every))
        return;
    const Evaluation seen = evaluate(clocks->trainer->network, loop->tape, &clocks->looked_at);
    log_row(clocks->looks, (double)loop->step, seen.accuracy, seen.loss);
    if (seen.accuracy >= clocks->workload->target && !clocks->there) {
        clocks->there = loop->step;
        clocks->there_seconds = clocks->step;
    }
}

#endif
