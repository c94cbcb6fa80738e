// The readers behind picture_read, one for each format.
#ifndef KNOBS_DATA_PICTURE_FORMATS_H
#define KNOBS_DATA_PICTURE_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct Picture {
    int width, height;
    int channels;         // 3: red, green, blue; 4: and alpha
    unsigned char ground; // the brightness of the background that shows where alpha isn't 255
    unsigned char
        *pixels; // [height, width, channels]; the caller of a reader frees them, read or not
} Picture;

// Allocates the pixels, all 0, and sets a white background. Errors: more pixels than a picture may have.
bool picture_allocate(Picture *picture, size_t width, size_t height, int channels, Error *error);

// The error says what is wrong with the file; the caller puts the file's name in front.
typedef bool ReadFormat(Picture *picture, const unsigned char *bytes, size_t size, Error *error);

// Huffman-coded, of 8 bits: grey, YCbCr, RGB, and CMYK as Adobe's programs store it.
ReadFormat jpeg_read;

// Of every kind; its ancillary chunks, but tRNS, are ignored.
ReadFormat png_read;

// Uncompressed bitmaps of Windows and OS/2. An index beyond the palette is black. Where alpha is 0
// everywhere the file is taken to have none.
ReadFormat bmp_read;

#endif
