// Who owns what, read from the live objects, for the figures Optim-1, Param-2, Param-3.
#ifndef KNOBS_INSTRUMENTS_OWNERSHIP_H
#define KNOBS_INSTRUMENTS_OWNERSHIP_H

#include <stdbool.h>

#include "base/error.h"
#include "optim/optimizer.h"

// Writes folder/name, a table kind,group,name,value,count, of a model's parameters and an optimizer:
//     parameter,,conv1.weight,8×1×3×3,72     each of `model`
//     algorithm,,sgd,,
//     group,0,head,,7850                     the numbers that it holds; and below it
//     knob,0,lr,0.05,
//     pointer,0,head.weight,,7840
bool ownership_write(const char *folder, const char *name, const ParameterList *model,
                     const Optimizer *optimizer, Error *error);

#endif
