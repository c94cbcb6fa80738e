// Who owns what, read from the live objects, for the figures Param-1, Optim-1, Param-2, Param-3.
#ifndef KNOBS_INSTRUMENTS_OWNERSHIP_H
#define KNOBS_INSTRUMENTS_OWNERSHIP_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/module.h"
#include "optim/optimizer.h"

// Writes folder/name, a table kind,group,name,value,count, of a model and an optimizer:
//     layer,,conv1,Conv2d,2              each with the number of its parameters; and below it
//     parameter,,conv1.weight,8×1×3×3,72
//     algorithm,,sgd,,
//     group,0,head,,7850                 the numbers that it holds; and below it
//     knob,0,lr,0.05,
//     pointer,0,head.weight,,7840
bool ownership_write(const char *folder, const char *name, const Module *model,
                     const Optimizer *optimizer, Error *error);

#endif
