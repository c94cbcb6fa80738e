// The features of a frozen backbone, made once: what it makes of each image is the same in every epoch,
// so a head can learn from the results as from images.
//
//     Dataset features = features_of(backbone, tape, &images);
//     Module *head = sequential_new(flatten_new(), linear_new(dataset_pixels(&features), classes));
//     …a training like any other, on `features`…
//     dataset_free(&features);
#ifndef KNOBS_INSTRUMENTS_FEATURES_H
#define KNOBS_INSTRUMENTS_FEATURES_H

#include "data/batches.h"
#include "nn/module.h"

// The outputs of the backbone in evaluation mode, for each image, as a data set with the same labels:
// outputs [n, features] have so many channels of one number. Modes and recording are as before; the
// tape is cleared. The caller frees it.
Dataset features_of(Module *backbone, Tape *tape, const Dataset *data);

#endif
