// What lessons 12 and 14 have from elsewhere: MobileNet v1 with its ImageNet weights, as `scripts/download.sh mobilenet`
// puts them into datasets/downloads/, and photos.
#ifndef KNOBS_RUN_PRETRAINED_H
#define KNOBS_RUN_PRETRAINED_H

#include "base/error.h"
#include "data/photos.h"
#include "nn/module.h"

enum { MOBILENET_SMALL, MOBILENET_LARGE, MOBILENET_CLASSES = 1001 };
#define MOBILENET_NAMES "small", "large" // for option_choice

typedef struct MobilenetSize {
    const char *name; // of its file: "mobilenet_v1_0.5_160"
    double width;     // of mobilenet_new
    int side;         // of the images that it was trained on
} MobilenetSize;
extern const MobilenetSize mobilenets[];

// A new network with the weights of a file (NULL: those that were downloaded): with the classifier of ImageNet's
// classes, of which 0 is the background, or without it: then it makes features of images. The caller frees it. NULL: the
// file isn't there, and the error names the command that gets it; or it has the weights of another network.
Module *mobilenet_pretrained(int size, const char *weights, bool classifier, Error *error);

// The photos of a folder (data/photos.h); NULL: the flowers, as `scripts/download.sh flowers` puts them there, or the
// error names that command.
bool photos_or_flowers(Photos *photos, const char *folder, const PhotosOptions *options,
                       Error *error);

#endif
