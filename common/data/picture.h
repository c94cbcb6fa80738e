// One picture: a JPEG, PNG or BMP file, by stb_image and readers that see what it lets pass.
//
// What a file doesn't say never becomes a pixel: a file that is cut, damaged, or lacks a table is refused, and a
// number beyond a palette is black. A CMYK JPEG without Adobe's marker, which says how its colours are stored, is
// refused.
#ifndef KNOBS_DATA_PICTURE_H
#define KNOBS_DATA_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// What one picture may be: a file of 64 MB, 40 million pixels, 20,000 on a side. A larger one is
// refused before memory is taken for it.
#define PICTURE_BYTES_MAX ((size_t)64 << 20)
#ifndef PICTURE_PIXELS_MAX // fewer where hostile files are tried by the million
#define PICTURE_PIXELS_MAX 40000000
#endif
#define PICTURE_SIDE_MAX 20000

// A picture whole: pixels [height, width, 3], composed over white where they are transparent. The
// caller frees them.
bool picture_read(const char *path, int *width, int *height, unsigned char **pixels, Error *error);

#endif
