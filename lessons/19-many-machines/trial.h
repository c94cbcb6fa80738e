// A short training beside the lesson's own, without its frame: to compare its losses, or to time its steps.
#ifndef LESSON_19_TRIAL_H
#define LESSON_19_TRIAL_H

#include "data/batches.h"
#include "nn/loss.h"
#include "nn/networks.h"
#include "optim/optimizer.h"

typedef struct Trial {
    Tape *tape;
    Module *network;
    ParameterList parameters;
    Optimizer *optimizer;
    Batches *batches;
} Trial;

static Trial trial_begin(const Dataset *data, bool batch_norm, BatchOptions batches) {
    Trial trial = {.tape = tape_new(), .network = conv_net_new(batch_norm)};
    Random random = random_from_seed(batches.seed);
    module_initialise(trial.network, &random);
    trial.parameters = module_parameters(trial.network);
    trial.optimizer = sgd(trial.parameters, .lr = 0.02, .momentum = 0.9);
    trial.batches = batches_new_with(data, batches);
    return trial;
}

// The gradients of a batch that was drawn; returns its loss.
static Tensor *trial_backward(Trial *trial, Batch batch) {
    Tensor *loss = cross_entropy(module_forward(trial->network, batch.images), batch.labels);
    optimizer_zero_grad(trial->optimizer);
    backward(loss);
    return loss;
}

static void trial_end(Trial *trial) {
    batches_free(trial->batches);
    optimizer_free(trial->optimizer);
    module_free(trial->network);
    tape_free(trial->tape);
}

#endif
