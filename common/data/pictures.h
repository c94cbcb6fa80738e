// Pictures: JPEG, PNG and BMP files of any size as a data set of small colour images, by stb_image.
#ifndef KNOBS_DATA_PICTURES_H
#define KNOBS_DATA_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/dataset.h"

// What one picture may be: a file of 64 MB, 40 million pixels, 20,000 on a side. A larger one is
// refused before memory is taken for it.
#define PICTURE_BYTES_MAX ((size_t)64 << 20)
#ifndef PICTURE_PIXELS_MAX // fewer where hostile files are tried by the million
#define PICTURE_PIXELS_MAX 40000000
#endif
#define PICTURE_SIDE_MAX 20000
// A folder's images are at most so many bytes in all.
#define PICTURES_BYTES_MAX ((size_t)1 << 30)

// A picture whole: pixels [height, width, 3], composed over white where they are transparent. The
// caller frees them.
bool picture_read(const char *path, int *width, int *height, unsigned char **pixels, Error *error);

// The pictures of a folder, and those of the folders in it; each of these is a class, in the order of
// the alphabet, behind that of the pictures in the folder itself, if there are any. The largest square in the middle is scaled to side × side. (Cameras
// that say in EXIF how they were held aren't heard: such a picture lies on its side.)
//
// Names that don't end in .jpg, .jpeg, .png or .bmp are passed over. A file that is no sound picture
// is skipped, with a line on stderr that names it, and counted in *skipped.
// `data` gets count, classes, channels (3), height, width, pixels and labels; the caller frees it.
// Errors: no such folder, one without a picture, more than fits PICTURES_BYTES_MAX.
bool pictures_load(Dataset *data, const char *folder, int side, int *skipped, Error *error);

#endif
