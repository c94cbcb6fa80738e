// The features of a frozen backbone, computed once: its outputs are the same in every epoch, so a head
// can train on them as on images.
//
//     Dataset features = features_of(backbone, tape, &images);
//     Module *head = sequential_new(flatten_new(), linear_new(dataset_pixels(&features), classes));
//     …a training like any other, on `features`…
//     dataset_free(&features);
#ifndef KNOBS_INSTRUMENTS_FEATURES_H
#define KNOBS_INSTRUMENTS_FEATURES_H

#include "data/dataset.h"
#include "nn/module.h"

typedef struct FeaturesOptions {
    // Called after each batch with how many of the images are done; it stops by returning non-zero. NULL:
    // not called.
    int (*stop)(int done, int count);
} FeaturesOptions;

// features_of(backbone, tape, &images, .stop = ask): the outputs of the backbone in evaluation mode as a
// data set with the images' labels; outputs [n, features] become `features` channels of one number.
// Modes and recording are as before; the tape is cleared. The caller frees it (dataset_free). One that
// was stopped is all zero.
#define features_of(backbone, tape, data, ...)                                                     \
    features_of_with(backbone, tape, data, (FeaturesOptions){.stop = NULL, __VA_ARGS__})
Dataset features_of_with(Module *backbone, Tape *tape, const Dataset *data,
                         FeaturesOptions options);

#endif
