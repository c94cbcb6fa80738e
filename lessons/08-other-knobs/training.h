// One training, with all the knobs that this lesson turns. Each of its programs runs it over a map: the
// values of two knobs, each with each, while the others stay.
#ifndef KNOBS_LESSON_08_TRAINING_H
#define KNOBS_LESSON_08_TRAINING_H

#include <stdlib.h>

#include "instruments/weights.h" // how large the weights have become
#include "nn/loss.h"             // cross_entropy
#include "nn/networks.h"         // the model: LeNet
#include "optim/clip.h"          // gradient clipping
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"         // data, epochs, checkpoints: what surrounds a step

enum { ADAM, ADAMW, SGD };
enum { NO_CLIP, CLIP_VALUE, CLIP_NORM };

static int algorithm = ADAM, clip = NO_CLIP, batch_size = 64, images = 10000, epochs = 5;
static double lr = 0.001, momentum = 0, beta1 = 0.9, beta2 = 0.999, weight_decay = 0;
static double clip_value = 0.01, clip_norm = 1, spikes = 0;

static bool log_steps = false; // steps.csv, of each run

static const Option knobs[] = {
    option_choice("algorithm", &algorithm, "the update rule", "adam", "adamw", "sgd"),
    option_number("lr", &lr, "learning rate; a map runs its own values, or the one given",
                  .min = 0),
    option_number("momentum", &momentum, "sgd: how much of the last step goes on", .min = 0,
                  .below = 1),
    option_number("beta1", &beta1, "adam, adamw: memory of the gradient", .min = 0, .below = 1),
    option_number("beta2", &beta2, "adam, adamw: memory of its square", .min = 0, .below = 1),
    option_number("weight-decay", &weight_decay, "pulls the weights to 0", .min = 0),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 10000),
    option_choice("clip", &clip, "what is cut of a gradient that is too large", "none", "value",
                  "norm"),
    option_number("clip-value", &clip_value, "value: each number's largest size", .above = 0),
    option_number("clip-norm", &clip_norm, "norm: the whole gradient's largest length", .above = 0),
    option_number("spikes", &spikes, "share of the batches whose pixels come as raw bytes",
                  .min = 0, .max = 1),
    option_integer("images", &images, "training images, of 60,000", .min = 1, .max = 60000),
    option_integer("epochs", &epochs, "passes over them", .min = 1, .max = 1000),
};

static Optimizer *optimizer_chosen(Module *network) {
    const ParameterList all = module_parameters(network);
    if (algorithm == SGD)
        return sgd(all, .lr = lr, .momentum = momentum, .weight_decay = weight_decay);
    if (algorithm == ADAM) // the decay is a part of the gradient: L2
        return adam(all, .lr = lr, .beta1 = beta1, .beta2 = beta2, .weight_decay = weight_decay);
    return adamw(all, .lr = lr, .beta1 = beta1, .beta2 = beta2, .weight_decay = weight_decay);
}

// One batch in so many comes from a file that somebody forgot to normalise: pixels of 0 … 255, where the
// network is used to numbers around 0. Which ones depends on the seed and the step alone.
static void spoil_some(const Trainer *trainer, Batch batch) {
    const Random root = random_from_seed(~(uint64_t)trainer->loop.options->seed);
    Random random = random_split(&root, (uint64_t)trainer->loop.step);
    const Dataset *data = &trainer->data.train;
    if (random_uniform(&random) < spikes)
        for (size_t i = 0; i < batch.images->size; i++)
            batch.images->data[i] =
                (real)(((double)batch.images->data[i] * data->std + data->mean) * data->pixel_max);
}

// Between backward and step. Returns the gradient's length before.
static double clip_gradient(ParameterList list) {
    const double norm = parameter_list_grad_norm(&list);
    if (clip == CLIP_VALUE)
        parameter_list_clip_grad_value(&list, clip_value);
    if (clip == CLIP_NORM)
        parameter_list_clip_grad_norm(&list, clip_norm);
    return norm;
}

static double weights_length(ParameterList list) {
    real *zeros = memory_zeroed(parameter_list_size(&list), sizeof *zeros);
    const double length = weights_distance(&list, zeros);
    free(zeros);
    return length;
}

static bool train(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    lesson_data_keep(&trainer.data, images);
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, lenet_new());
    module_initialise(network, &random);
    Optimizer *optimizer = trainer_optimizer(&trainer, optimizer_chosen(network));
    trainer_batches(&trainer, .size = batch_size);
    trainer.epochs = epochs;
    trainer.test_every = (long)epochs * batches_count(trainer.batches); // at the end alone
    trainer.columns = log_steps ? "step,epoch,loss,norm" : NULL;

    for (Batch batch; trainer_next(&trainer, &batch);) {
        spoil_some(&trainer, batch);
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        const double norm = clip_gradient(module_parameters(network));
        optimizer_step(optimizer);
        trainer_log(&trainer, loss, norm);
        scheduler_step(trainer.scheduler);
    } // trainer_next clears the tape: here the step's tensors die

    result_add(results, "accuracy", trainer.test.accuracy);
    result_add(results, "loss", trainer.test.loss);
    result_add(results, "length", weights_length(module_parameters(network)));
    return trainer_end(&trainer);
}

#endif
