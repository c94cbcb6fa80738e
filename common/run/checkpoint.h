// Checkpoints: all that the next step depends on, in one .safetensors file. A run that is stopped
// and goes on computes the same bits as one that was never stopped.
//
// One function of the program names it all; saving and loading both call it:
//
//     static void run_state(Checkpoint *checkpoint, void *object) {
//         Run *run = object;
//         checkpoint_module(checkpoint, "model", run->network);
//         checkpoint_optimizer(checkpoint, "optimizer", run->optimizer);
//         checkpoint_scheduler(checkpoint, "scheduler", run->scheduler);
//         checkpoint_batches(checkpoint, "batches", run->batches);
//         checkpoint_random(checkpoint, "dropout", &run->dropout);
//         checkpoint_integer(checkpoint, "step", &run->step, 0, steps);
//     }
//
//     if (resume && !checkpoint_load(path, run_state, run, &error)) return error_report(&error);
//     …train, and between two steps:
//     if (!checkpoint_save(path, run_state, run, &error)) return error_report(&error);
//
// What the file holds, where NAME stands for a parameter's or a buffer's dotted name:
//     model.NAME                          its numbers, F32 (F64 in the double build)
//     model.NAME.requires_grad            BOOL: 0 is a frozen parameter; compared
//     optimizer.algorithm                 U8, a text: "adam"; compared
//     optimizer.groups.0.lr               F64, one for each group and hyperparameter
//     optimizer.groups.0.model.NAME.step  I64: how often it was updated, by this group
//     optimizer.groups.0.model.NAME.exp_avg  likewise the algorithm's buffers, under PyTorch's
//                                         names, as far as it has made them; F64 scalars likewise
//     scheduler.step, batches.epoch       I64
//     scheduler.bindings.0.start          I64: the step at which each schedule began
//     batches.next                        I32
//     batches.data                        U8, a text: how the data is cut into batches; compared
//     dropout                             U64 [2]: key and counter
//     step                                I64
// What is compared must be the same in the program that loads, for it tells how that is built. So
// a run that has frozen a part, or given its optimizer a group, does that again before it loads;
// how far it was, checkpoint_load_part tells. No file can freeze what the program wants to train.
//
// Other gradients are not kept: save between two steps. After loading they are none.
#ifndef KNOBS_RUN_CHECKPOINT_H
#define KNOBS_RUN_CHECKPOINT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/random.h"
#include "data/batches.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "schedule/plateau.h"
#include "schedule/scheduler.h"

typedef struct Checkpoint Checkpoint;

// Says what there is, and does nothing else: loading calls it to see whether the file fits, and
// again to take its numbers over.
typedef void (*CheckpointState)(Checkpoint *checkpoint, void *object);

// In that function: each under a name of its own (fatal: one that is taken). A module comes before
// the optimizers of its parameters (fatal: an optimizer owns a parameter of none, whose value would
// be lost). What a scheduler turns is the optimizer's: name that too.
void checkpoint_module(Checkpoint *checkpoint, const char *name, Module *module);
void checkpoint_optimizer(Checkpoint *checkpoint, const char *name, Optimizer *optimizer);
void checkpoint_scheduler(Checkpoint *checkpoint, const char *name, Scheduler *scheduler);
void checkpoint_plateau(Checkpoint *checkpoint, const char *name, Plateau *plateau);
void checkpoint_batches(Checkpoint *checkpoint, const char *name, Batches *batches);
void checkpoint_random(Checkpoint *checkpoint, const char *name, Random *random);
// The gradients of a list, as far as there are any: where a later step adds to them. Its module comes
// before.
void checkpoint_gradients(Checkpoint *checkpoint, const char *name, const ParameterList *list);
// From `least` to `most`: a file with another number is refused (fatal: one that is saved).
void checkpoint_integer(Checkpoint *checkpoint, const char *name, long *integer, long least,
                        long most);
void checkpoint_number(Checkpoint *checkpoint, const char *name, double *number); // any; also NaN
// An option, say, which must be the same in the file.
void checkpoint_text(Checkpoint *checkpoint, const char *name, const char *text);

// Writes the file, whole or not at all: on an error the old file is as it was.
bool checkpoint_save(const char *path, CheckpointState state, void *object, Error *error);

// All or nothing: on an error no live object has changed. The file must hold exactly what the
// program names, in the same types and shapes; only an optimizer's buffers may come or go.
// Hyperparameters get the file's values, whatever the program had set before.
bool checkpoint_load(const char *path, CheckpointState state, void *object, Error *error);

// The same, but the file may hold more: the step of a run, say, before there is anything to load the
// rest into (a network's weights alone: weights_file.h). The message says what is wrong; what to do,
// the program knows better.
bool checkpoint_load_part(const char *path, CheckpointState state, void *object, Error *error);

#endif
