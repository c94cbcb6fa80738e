// The readers behind picture_read, one for each format.
#ifndef KNOBS_DATA_PICTURE_FORMATS_H
#define KNOBS_DATA_PICTURE_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct Picture {
    int width, height;
    int channels;         // 3: red, green, blue; 4: and alpha, over
    unsigned char ground; // of this brightness
    unsigned char
        *pixels; // [height, width, channels]; the caller of a reader frees them, read or not
} Picture;

// Takes memory for the pixels, all 0, and chooses a white ground. Errors: more than a picture may have.
bool picture_allocate(Picture *picture, size_t width, size_t height, int channels, Error *error);

// The error says what is wrong with the file, in words behind which its name fits.
typedef bool ReadFormat(Picture *picture, const unsigned char *bytes, size_t size, Error *error);

// Huffman-coded, of 8 bits: grey, YCbCr, RGB, and CMYK as Adobe's programs store it.
ReadFormat jpeg_read;

// Of every kind; what its ancillary chunks say, tRNS aside, isn't heard.
ReadFormat png_read;

// Bitmaps of Windows and OS/2 that aren't packed. Black where a number is beyond the palette. Where alpha is 0
// everywhere, the program that wrote it meant none.
ReadFormat bmp_read;

#endif
