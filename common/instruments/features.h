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

typedef struct FeaturesOptions {
    // Asked behind each few images: how many are done, of how many; ends it by saying anything but 0. NULL: not asked.
    int (*stop)(int done, int count);
} FeaturesOptions;

// The outputs of the backbone in evaluation mode, for each image, as a data set with the same labels:
// outputs [n, features] have so many channels of one number. Few images at a time, so that what a
// layer puts out stays in the processor's caches. Modes and recording are as before; the tape is cleared.
// The caller frees it. One that was stopped is all zero. features_of(backbone, tape, &images, .stop = ask)
#define features_of(backbone, tape, data, ...)                                                     \
    features_of_with(backbone, tape, data, (FeaturesOptions){.stop = NULL, __VA_ARGS__})
Dataset features_of_with(Module *backbone, Tape *tape, const Dataset *data,
                         FeaturesOptions options);

#endif
