// Training a classifier on a data set: a loop (loop.h) with data, batches, epochs and tests.
//
//     Trainer trainer;
//     if (!trainer_init(&trainer, options, error))
//         return false;
//     Module *network = trainer_network(&trainer, network_new(&random));
//     Optimizer *optimizer = trainer_optimizer(&trainer, sgd(module_parameters(network), .lr = lr));
//     trainer_batches(&trainer, .size = batch_size, .seed = random_bits(&random));
//     trainer.epochs = epochs;
//     for (Batch batch; trainer_next(&trainer, &batch);) {
//         Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
//         optimizer_zero_grad(optimizer);
//         backward(loss);
//         optimizer_step(optimizer);
//         trainer_log(&trainer, loss);
//         scheduler_step(trainer.scheduler);
//     } // trainer_next clears the tape: here the step's tensors die
//     result_add(results, "accuracy", trainer.test.accuracy);
//     return trainer_end(&trainer);
//
// It writes steps.csv, a row for each trainer_log, and epochs.csv, a row (step, epoch, loss,
// accuracy) for each test: at the end of every epoch, unless told otherwise, and of the run.
#ifndef KNOBS_RUN_TRAINER_H
#define KNOBS_RUN_TRAINER_H

#include "instruments/evaluate.h"
#include "run/lesson_data.h"
#include "run/loop.h"

typedef struct Trainer {
    Loop loop; // its step and tape, and for what else there is to be saved
    LessonData data;
    Batches *batches;
    Evaluation test; // of the network, when it was last tested
    // Of the optimizer: turns what the lesson binds to it, and as --schedule says the rate of every
    // group. --schedule is refused where the lesson has bound a rate, or gave no optimizer here: bind
    // one only if (!options->schedule) to leave room for it.
    Scheduler *scheduler;
    // To be set before the first step:
    int epochs;          // that there are to be, of batches_count(batches) steps each; or
    long steps;          // so many steps
    long test_every;     // steps from one test to the next: those of an epoch unless told
    const char *columns; // of steps.csv: "step,epoch,loss" unless told; NULL: there is no such file
    // private
    Module *network;
    Optimizer *optimizer;
    Log *log, *tests;
    int groups;  // of the optimizer, whose rates are settled: they follow something, or stay
    long tested; // the step of the last test; 0: none yet
} Trainer;

// Loads the data set of the lesson. False: it can't be had; there is nothing to end then.
bool trainer_init(Trainer *trainer, const LessonOptions *options, Error *error);

// Give the trainer its parts: saved, resumed, and freed at the end. "model" and "optimizer" are their
// names in the checkpoint; for more than one of a kind see loop.h.
Module *trainer_network(Trainer *trainer, Module *network);
Optimizer *trainer_optimizer(Trainer *trainer, Optimizer *optimizer);
// The training images in batches; keyword arguments as batches_new's. Default: the run's own seed.
#define trainer_batches(trainer, ...)                                                              \
    trainer_batches_with(trainer, (BatchOptions){.size = 64,                                       \
                                                 .shuffle = true,                                  \
                                                 .seed = (uint64_t)(trainer)->loop.options->seed,  \
                                                 __VA_ARGS__})
void trainer_batches_with(Trainer *trainer, BatchOptions options);

// A group that joined the optimizer on the way, by optimizer_add_group: under --schedule its rate
// follows the expression too, in which `lr` is its own, where the other groups are. Without it the
// rate stays, unless the lesson binds it (scheduler_bind, scheduler_inherit). Behind each
// optimizer_add_group of a training, also where a run that goes on joins it again; one that is
// forgotten is fatal at the next step.
void trainer_join_group(Trainer *trainer, int group);

// Ends the step under way: its tensors die, and the network is tested and all is saved if it is time.
// True: *batch is there for another step. False: the progress line ends with the test accuracy.
bool trainer_next(Trainer *trainer, Batch *batch);

// trainer_log(&trainer, loss, …numbers of further columns…): a row of steps.csv, which begins with the
// step and the epoch, and the progress line. A loss that isn't finite, because the weights blew up or a
// NaN is in the data, ends the run, and the progress line says so. Call it once a step.
#define trainer_log(trainer, loss, ...)                                                            \
    trainer_log_row(trainer, (const double[]){tensor_item(loss), __VA_ARGS__},                     \
                    (int)(sizeof((double[]){0, __VA_ARGS__}) / sizeof(double)))
void trainer_log_row(Trainer *trainer, const double *loss_and_more, int count);

// Closes the logs and frees what belongs to the trainer. False after an error.
bool trainer_end(Trainer *trainer);
// The same where the results are of whole runs: one that has diverged is an error, "it diverged, and
// there is no WHAT: choose a lower --lr".
bool trainer_end_whole(Trainer *trainer, const char *what);

#endif
