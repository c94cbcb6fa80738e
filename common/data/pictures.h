// Pictures: JPEG, PNG and BMP files of any size as a data set of small colour images.
#ifndef KNOBS_DATA_PICTURES_H
#define KNOBS_DATA_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/dataset.h"

// A folder's images are at most so many bytes in all.
#define PICTURES_BYTES_MAX ((size_t)1 << 30)

// The pictures of a folder, and those of the folders in it; each of these is a class, in the order of
// the alphabet, behind that of the pictures in the folder itself, if there are any. The largest square in the middle is scaled to side × side. (Cameras
// that say in EXIF how they were held aren't heard: such a picture lies on its side.)
//
// Names that don't end in .jpg, .jpeg, .png or .bmp are passed over. A file that is no sound picture
// is skipped, with a line on stderr that names it, and counted in *skipped; so is a folder in the folder that
// can't be listed. `stop`, unless NULL, is asked before each picture, and ends it by saying anything but 0.
// `data` gets count, classes, channels (3), height, width, pixels and labels; the caller frees it.
// Errors: no such folder, one without a picture, more than fits PICTURES_BYTES_MAX, stopped.
bool pictures_load(Dataset *data, const char *folder, int side, int (*stop)(void), int *skipped,
                   Error *error);

#endif
