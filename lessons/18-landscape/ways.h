// Two trainings of one network side by side, and two averages of the first: what they are made of.
#ifndef KNOBS_LESSON_18_WAYS_H
#define KNOBS_LESSON_18_WAYS_H

#include "landscape.h"       // the path
#include "nn/networks.h"     // the model: LeNet
#include "optim/optimizer.h" // sgd
#include "run/trainer.h"     // data, logs, checkpoints: what surrounds a step

typedef struct Ways {
    double lr, momentum, ema; // knobs
    int trunk, branch, looks, batch_size;
    Trainer trainer;
    Module *models[MODELS];   // at a rate that stays, at one that falls; the averages of the first
    Optimizer *optimizers[2]; // of the first two
    Scheduler *fall;
    Module *path; // the weights at each look
    Log *log;
} Ways;

static bool ways_init(Ways *ways, const LessonOptions *options, Error *error) {
    Trainer *trainer = &ways->trainer;
    if (!trainer_init(trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    for (int m = 0; m < MODELS; m++) {
        ways->models[m] = m == CONSTANT ? trainer_network(trainer, lenet_new())
                                        : loop_module(&trainer->loop, model_names[m], lenet_new());
        module_initialise(ways->models[m], &random);
    }
    const ParameterList weights = module_parameters(ways->models[CONSTANT]);
    const ParameterList falling = module_parameters(ways->models[FALLING]);
    ways->optimizers[CONSTANT] =
        trainer_optimizer(trainer, sgd(weights, .momentum = ways->momentum));
    ways->optimizers[FALLING] = loop_optimizer(&trainer->loop, "falling optimizer",
                                               sgd(falling, .momentum = ways->momentum));
    ways->fall = loop_scheduler(&trainer->loop, "fall", scheduler_new(ways->optimizers[FALLING]));
    trainer_batches(trainer, .size = ways->batch_size);
    trainer->steps = trainer->test_every = ways->trunk + ways->branch;
    scheduler_bind(trainer->scheduler, 0, "lr", schedule_constant(ways->lr));
    scheduler_bind(ways->fall, 0, "lr", schedule_cosine(ways->lr, ways->branch));
    ways->path =
        loop_module(&trainer->loop, "path", path_new(ways->looks, parameter_list_size(&weights)));
    ways->log = loop_log(&trainer->loop, "looks.csv", "model,step,epoch,loss,accuracy");
    return true;
}

#endif
