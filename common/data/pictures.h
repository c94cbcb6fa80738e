// Pictures: JPEG, PNG and BMP files of any size as a data set of small colour images.
#ifndef KNOBS_DATA_PICTURES_H
#define KNOBS_DATA_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/dataset.h"

#define PICTURES_BYTES_MAX ((size_t)1 << 30) // all images of a folder, scaled

// The pictures of a folder, and those of the folders in it. Each folder with pictures is a class: the
// folder itself first, then the folders in it in the order of the alphabet. Of each picture the largest
// square in the middle is scaled to side × side. (Its EXIF orientation is ignored: a photo that a camera
// took upright may lie on its side.)
//
// Files whose names don't end in .jpg, .jpeg, .png or .bmp are ignored. A damaged picture, and a folder
// in the folder that can't be listed, is skipped, with a line on stderr, and counted in *skipped. `stop`,
// unless NULL, is called before each picture and stops by returning non-zero. `data` gets count, classes,
// channels (3), height, width, pixels and labels; the caller frees it.
// Errors: no such folder, one without a picture, more than PICTURES_BYTES_MAX, stopped.
bool pictures_load(Dataset *data, const char *folder, int side, int (*stop)(void), int *skipped,
                   Error *error);

#endif
