// What stb_image doesn't look at itself before it decodes: it fills what is missing at the end of a
// JPEG or BMP, and makes room for as much as a PNG says that there is; older versions write beyond a
// table for a JPEG with too many Huffman codes. (And read tables that a JPEG hasn't: pictures.c clears
// stb_image's memory.)
#ifndef KNOBS_DATA_PICTURE_FORMATS_H
#define KNOBS_DATA_PICTURE_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

// What one picture may be: a file of 64 MB, 40 million pixels.
#define PICTURE_BYTES_MAX ((size_t)64 << 20)
#ifndef PICTURE_PIXELS_MAX // fewer where hostile files are tried by the million
#define PICTURE_PIXELS_MAX 40000000
#endif

// Whether it begins as a JPEG, PNG or BMP, is all there, and promises no more than it has.
bool picture_is_sound(const unsigned char *bytes, size_t size);

#endif
