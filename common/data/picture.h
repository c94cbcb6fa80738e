// One picture: a JPEG file, by libjpeg, PNG, by libpng, or BMP.
//
// What a file doesn't say never becomes a pixel: a file that is cut, damaged, or lacks a table is refused, what the
// libraries would only warn of too; a number beyond a palette is black. A progressive JPEG that ends properly before its
// finest scans is whole, and less sharp. A CMYK JPEG without Adobe's marker, which says how its colours are stored, is
// refused, and so are arithmetic codes and more than 100 scans. Gamma and colour profiles aren't heard.
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
