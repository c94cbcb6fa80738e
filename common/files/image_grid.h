// A grid of images as a PNG file, by stb_image_write.
#ifndef KNOBS_FILES_IMAGE_GRID_H
#define KNOBS_FILES_IMAGE_GRID_H

#include <stdbool.h>

#include "base/error.h"
#include "tensor/tensor.h"

// Writes folder/name, whole or not at all: images [n, 1 or 3, h, w] of numbers from −1 (black) to 1,
// `columns` a row with white between them, each pixel as `scale` × `scale` of the file's. A NaN is
// grey.
bool image_grid_write(const char *folder, const char *name, const Tensor *images, int columns,
                      int scale, Error *error);

#endif
