// What lessons 12 and 14 download: MobileNet v1 with its ImageNet weights (`scripts/download.sh
// mobilenet`), and photos of flowers (`scripts/download.sh flowers`).
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

// A new network with the weights of a file (NULL: the downloaded one of this size), with the classifier of
// ImageNet's classes, of which 0 is the background, or without it: features of images. The caller frees
// it. NULL: the file isn't there, and the error names the command that gets it; or its weights are those
// of another network.
Module *mobilenet_pretrained(int size, const char *weights, bool classifier, Error *error);

// Loads the photos of a folder (data/photos.h), or, if it is NULL, the flowers; where these aren't there the
// error names the command that gets them.
bool photos_or_flowers(Photos *photos, const char *folder, const PhotosOptions *options,
                       Error *error);

#endif
