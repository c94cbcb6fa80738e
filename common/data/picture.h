// One picture from a file: JPEG (by libjpeg), PNG (by libpng) or BMP.
//
// No pixel is guessed. A file that is cut, damaged, or lacks a table is refused, also where the libraries
// would only warn; so are a CMYK JPEG without Adobe's marker, which says how its colours are stored,
// arithmetic coding, and more than 100 scans. A progressive JPEG that ends properly before its finest
// scans is whole, and less sharp. An index beyond a palette is black. Gamma and colour profiles are
// ignored.
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

// Reads pixels [height, width, 3] (red, green, blue), over white where they are transparent. The caller
// frees them. Errors: it can't be read, is damaged, or is larger than the limits above.
bool picture_read(const char *path, int *width, int *height, unsigned char **pixels, Error *error);

#endif
