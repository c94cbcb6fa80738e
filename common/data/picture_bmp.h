// BMP: the bitmaps of Windows and OS/2 that aren't packed.
#ifndef KNOBS_DATA_PICTURE_BMP_H
#define KNOBS_DATA_PICTURE_BMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Bmp {
    int width, height;
    bool top_down;                    // the first row of the file is the top; else the bottom
    int bits;                         // of a pixel: 1, 4, 8 (a number in the palette), 16, 24, 32
    const unsigned char *palette;     // blue, green, red
    int palette_count, palette_entry; // colours, and bytes from one to the next
    uint32_t masks[4];           // of red, green, blue and alpha in a pixel of 16, 24 or 32 bits
    const unsigned char *pixels; // rows of
    size_t row;                  // bytes, a multiple of 4
} Bmp;

// Reads the header and sees that every pixel is there (whatever the header says of the file's size: many
// programs write that wrong). Returns NULL, or in words what is wrong. `bytes` must outlive `bmp`.
const char *bmp_open(Bmp *bmp, const unsigned char *bytes, size_t size);

// To [height, width, 4]: red, green, blue, alpha. Black where a number is beyond the palette. Where alpha is 0
// everywhere, the program that wrote it meant none, and it is 255.
void bmp_decode(const Bmp *bmp, unsigned char *pixels);

#endif
