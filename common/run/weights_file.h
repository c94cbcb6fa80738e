// Weights between worlds: a network's parameters and buffers alone, in a .safetensors file of the
// names, shapes and types that PyTorch's state_dict has. Its load_state_dict takes what is saved
// here, strictly, and what it saved is loaded here:
//
//     safetensors.torch.save_file(network.state_dict(), "backbone.safetensors")    # PyTorch
//
//     Module *network = mobilenet_new(0.5, 5); // five classes of one's own
//     module_initialise(network, &random);
//     if (!weights_load("backbone.safetensors", network, "classifier", &error))
//         return error_report(&error);
//
// A run that is to go on needs more than its weights: checkpoint.h.
#ifndef KNOBS_RUN_WEIGHTS_FILE_H
#define KNOBS_RUN_WEIGHTS_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/module.h"

// Writes all parameters and buffers, under their dotted names, as F32 in every build; whole or not
// at all. PyTorch's batch norm also counts its batches (num_batches_tracked, I64), which ours
// doesn't: the file says 0. It plays no part but where PyTorch's has no momentum.
// Layers of spectral_normed have no counterpart of the same names in PyTorch.
bool weights_save(const char *path, const Module *module, Error *error);

// All or nothing: on an error the module is as it was, and the message names what is missing in
// the file, what is in it that the module hasn't, and what has another shape or type; the first few
// of each. F16, BF16, F32 and F64 are taken in every build, rounded to the nearest; num_batches_tracked
// may be there or not.
//
// `without` is the dotted name of a part that stays as it is, whatever the file has under it, and
// whether or not the module has it: a head with another number of classes, or the head that a
// backbone lacks. NULL: there is none.
//
// What is loaded counts as initialised, its gradients become none; whether it is frozen stays.
bool weights_load(const char *path, Module *module, const char *without, Error *error);

#endif
