// Whether a PNG is whole, and a palette that has a colour for every number of a pixel: stb_image looks at
// no checksum, and takes what lies on the stack for a colour that isn't there.
#ifndef KNOBS_DATA_PICTURE_PNG_H
#define KNOBS_DATA_PICTURE_PNG_H

#include <stddef.h>

typedef struct Png {
    const unsigned char
        *palette;        // its chunk (the name and what follows); NULL: pixels are no indices
    size_t palette_size; // of the colours, in bytes
} Png;

// Checks the chunks' order and sums (ISO/IEC 15948, 5) and unpacks the pixels, of at most `pixels_max`, without
// keeping them. Returns NULL, or in words what is wrong.
const char *png_check(Png *png, const unsigned char *bytes, size_t size, size_t pixels_max);

// The file with a palette of 256 colours: black behind the last that it has. The caller frees it.
unsigned char *png_palette_fill(const Png *png, const unsigned char *bytes, size_t *size);

#endif
