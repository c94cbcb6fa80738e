// Checkpoints: all that the next step depends on, in one .safetensors file. A run that is stopped
// and goes on computes the same bits as one that was never stopped.
//
//     Checkpoint *checkpoint = checkpoint_new();
//     checkpoint_add_module(checkpoint, "model", network);
//     checkpoint_add_optimizer(checkpoint, "optimizer", optimizer);
//     checkpoint_add_scheduler(checkpoint, "scheduler", scheduler);
//     checkpoint_add_batches(checkpoint, "batches", batches);
//     checkpoint_add_random(checkpoint, "dropout", &random);
//     checkpoint_add_integer(checkpoint, "step", &step);
//     if (resume && !checkpoint_load(checkpoint, path, &error)) return error_report(&error);
//     …train, and between two steps:
//     if (!checkpoint_save(checkpoint, path, &error)) return error_report(&error);
//     checkpoint_free(checkpoint);
//
// What the file holds, where NAME stands for a parameter's or a buffer's dotted name:
//     model.NAME                          its numbers, F32 (F64 in the double build)
//     model.NAME.requires_grad            BOOL: 0 is a frozen parameter
//     optimizer.groups.0.lr               F64, one for each group and hyperparameter
//     optimizer.groups.0.model.NAME.step  I64: how often it was updated, by this group
//     optimizer.groups.0.model.NAME.exp_avg  likewise the algorithm's buffers, under PyTorch's
//                                         names, as far as it has made them
//     scheduler.step, batches.epoch       I64
//     batches.next                        I32
//     dropout.key, dropout.counter        U64
//     step                                I64
// Besides, as texts in __metadata__: the algorithm, and how the data is cut into batches. These
// must be the same in the program that loads: they are its options.
//
// Gradients are not kept: save between two steps. After loading they are none.
#ifndef KNOBS_RUN_CHECKPOINT_H
#define KNOBS_RUN_CHECKPOINT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/random.h"
#include "data/batches.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "schedule/scheduler.h"

typedef struct Checkpoint Checkpoint;

Checkpoint *checkpoint_new(void);
void checkpoint_free(Checkpoint *checkpoint); // not what was added to it; NULL is allowed

// Each binds a live object under a name of its own; the object must outlive the checkpoint. Fatal:
// an empty name, one with a dot, one that is taken.
// An optimizer may change until it is saved: groups and state are looked at then. Fatal when saving
// or loading: an optimizer that owns a parameter which no module of the checkpoint holds, because
// the parameter's value would be lost. What a scheduler turns is the optimizer's: add that too.
void checkpoint_add_module(Checkpoint *checkpoint, const char *name, Module *module);
void checkpoint_add_optimizer(Checkpoint *checkpoint, const char *name, Optimizer *optimizer);
void checkpoint_add_scheduler(Checkpoint *checkpoint, const char *name, Scheduler *scheduler);
void checkpoint_add_batches(Checkpoint *checkpoint, const char *name, Batches *batches);
void checkpoint_add_random(Checkpoint *checkpoint, const char *name, Random *random);
void checkpoint_add_integer(Checkpoint *checkpoint, const char *name, long *integer);

// Writes the file, whole or not at all: on an error the old file is as it was.
bool checkpoint_save(Checkpoint *checkpoint, const char *path, Error *error);

// All or nothing: on an error no live object has changed. The file must hold exactly what the
// checkpoint holds, in the same types and shapes; only an optimizer's buffers may come or go.
// Hyperparameters get the file's values, whatever the program had set before.
bool checkpoint_load(Checkpoint *checkpoint, const char *path, Error *error);

// One integer of a file, before there is anything to load into: a program that adds a group at some
// step must know the step to know how many groups to make.
bool checkpoint_read_integer(const char *path, const char *name, long *integer, Error *error);

#endif
