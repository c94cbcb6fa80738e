// Weights that others have trained.
#ifndef KNOBS_RUN_PRETRAINED_H
#define KNOBS_RUN_PRETRAINED_H

#include "base/error.h"
#include "nn/module.h"

// Gives a mobilenet_new(0.5 or 0.25, classes) its weights for ImageNet: Google's for images of 160
// or 128 pixels, of which `scripts/download.sh mobilenet` gets the .tflite files; `path` is one of
// these, or NULL where the script puts them. Bytes become numbers as (byte − zero point) · scale.
// With 1001 classes (0 is the background) the classifier is loaded too; with another number it
// stays as module_initialise left it, which comes first in any case.
// Fatal: a network of another width. Errors: a file that is missing, damaged or another one; the
// network is then as it was.
bool mobilenet_load(Module *network, const char *path, Error *error);

#endif
