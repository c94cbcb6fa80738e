// The rungs of the ladder. All have a group for each layer; they differ in two functions: how fast a
// layer is, and when it is frozen.
#ifndef KNOBS_LESSON_14_RUNGS_H
#define KNOBS_LESSON_14_RUNGS_H

#include <math.h>

#include "nn/groups.h"
#include "optim/optimizer.h"
#include "schedule/scheduler.h"

enum { SCRATCH, LAST_LAYER, FULL, DIFFERENTIAL, GRADUAL, LAYER_WISE, RUNGS };
#define RUNG_NAMES "scratch", "last-layer", "full", "differential", "gradual", "layer-wise"

typedef struct Rung {
    int kind;
    double lr;    // of the head
    double ratio; // of the backbone's rate to the head's
    double decay; // of a layer's rate to that of the next one
    int steps;    // of the training
    int layer_count;
    ParameterList layers[16]; // from the input to the head
} Rung;

// The rate at which a layer begins; `below` is how many layers above it the head is.
static double rung_rate(const Rung *rung, int below) {
    if (below == 0 || rung->kind < DIFFERENTIAL)
        return rung->lr; // the head, and all layers where there is one rate
    if (rung->kind == LAYER_WISE)
        return rung->lr * rung->ratio * pow(rung->decay, below - 1);
    return rung->lr * rung->ratio;
}

// Gradual unfreezing: one layer more at a time, from the head down, until half of the steps are done.
static int rung_thaws_at(const Rung *rung, int below) {
    return rung->kind == GRADUAL ? below * rung->steps / (2 * (rung->layer_count - 1)) : 0;
}

static bool rung_is_frozen(const Rung *rung, int below, long step) {
    return rung->kind == LAST_LAYER ? below > 0 : step < rung_thaws_at(rung, below);
}

// Freezes what is to be frozen in the step that comes: no gradient, and batch norm stands still.
static void rung_freeze(const Rung *rung, Module *network, long step) {
    int frozen = 0;
    while (rung_is_frozen(rung, rung->layer_count - 1 - frozen, step))
        frozen++;
    module_freeze_to(network, frozen);
    for (int i = 0, layer = 0; i < network->child_count; i++) {
        Module *child = network->children[i];
        if (module_parameters(child).count == 0)
            continue;
        module_unpin_mode(child);
        module_train(child, true);
        if (layer++ < frozen)
            module_pin_mode(child, false);
    }
}

// From the layer's first step on its rate falls to 0 along a cosine, to the end of the run.
static Schedule rung_schedule(const Rung *rung, int below) {
    const double rate = rung_rate(rung, below);
    const int start = rung_thaws_at(rung, below);
    const Schedule fall = schedule_cosine(rate, rung->steps - start);
    return start ? schedule_sequence(SCHEDULE_LIST(start), schedule_constant(0), fall) : fall;
}

// What the rung trains, a group a layer; a scheduler turns the rate of each.
static Optimizer *rung_optimizer(Rung *rung, Module *network, Scheduler **scheduler) {
    rung->layer_count = module_layers(network, rung->layers, 16);
    const int first = rung->kind == LAST_LAYER ? rung->layer_count - 1 : 0;
    Optimizer *optimizer = adam(rung->layers[first]);
    for (int i = first + 1; i < rung->layer_count; i++)
        optimizer_add_group(optimizer, rung->layers[i]);
    *scheduler = scheduler_new(optimizer);
    for (int group = 0; group < optimizer->group_count; group++)
        scheduler_bind(*scheduler, group, "lr",
                       rung_schedule(rung, optimizer->group_count - 1 - group));
    return optimizer;
}

#endif
