#include "data/picture_formats.h"

#include <stdint.h>
#include <string.h>

enum { FILE_HEADER = 14, OS2_HEADER = 12, INFO_HEADER = 40 };

typedef struct Bmp {
    int width, height;
    size_t bits;                  // of a pixel: 1, 4, 8 (a number in the palette), 16, 24, 32
    const unsigned char *palette; // blue, green, red
    size_t colours, colour_size;  // in the palette: how many, of how many bytes
    uint32_t masks[4];            // of red, green, blue and alpha in a pixel, or in a colour
    const unsigned char *top;     // the first row
    ptrdiff_t down;               // from a row to the one below: the file may begin with the bottom
} Bmp;

static uint32_t read_little_endian(const unsigned char *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static const char *size_read(Bmp *bmp, const unsigned char *header, bool os2) {
    const int extent = os2 ? 2 : 4; // bytes
    const int32_t width = (int32_t)read_little_endian(header + 4, extent);
    const int32_t height = (int32_t)read_little_endian(header + 4 + extent, extent);
    const size_t bits = read_little_endian(header + 6 + 2 * extent, 2);
    if (width < 1 || height == 0 || height == INT32_MIN)
        return "it has no pixels";
    bmp->width = width;
    bmp->height = height < 0 ? -height : height;
    bmp->down = height < 0 ? 1 : -1; // rows
    bmp->bits = bits;
    const bool known = bits == 1 || bits == 4 || (bits > 0 && bits <= 32 && bits % 8 == 0);
    return known ? NULL : "a pixel hasn't 1, 4, 8, 16, 24 or 32 bits";
}

// Where the header says MASKS, three follow a header of 40 bytes, and a longer header has three or
// four in it. `room`: bytes from the header's beginning to the pixels.
static const char *masks_read(Bmp *bmp, const unsigned char *header, size_t length, size_t room) {
    enum { NONE = 0, MASKS = 3 };
    static const uint32_t usual[2][4] = {{0xFF0000, 0xFF00, 0xFF, 0xFF000000},
                                         {31 << 10, 31 << 5, 31, 0}};
    const uint32_t packing = length == OS2_HEADER ? NONE : read_little_endian(header + 16, 4);
    memcpy(bmp->masks, usual[bmp->bits == 16], sizeof bmp->masks);
    if (packing == NONE)
        return NULL;
    if (packing != MASKS || (bmp->bits != 16 && bmp->bits != 32))
        return "packed BMP files aren't read";
    if (room < INFO_HEADER + 12)
        return "its masks are missing";
    bmp->masks[3] = 0;
    for (int i = 0; i < (length >= INFO_HEADER + 16 ? 4 : 3); i++)
        bmp->masks[i] = read_little_endian(header + INFO_HEADER + 4 * i, 4);
    return NULL;
}

// Reads the header and checks that every pixel is in the file (not by the file size in the header, which
// many programs write wrong). Returns NULL, or what is wrong.
static const char *header_read(Bmp *bmp, const unsigned char *bytes, size_t size) {
    if (size < FILE_HEADER + OS2_HEADER)
        return "it ends early";
    const unsigned char *header = bytes + FILE_HEADER;
    const size_t offset = read_little_endian(bytes + 10, 4);
    const size_t length = read_little_endian(header, 4), end = FILE_HEADER + length;
    const bool os2 = length == OS2_HEADER;
    if (!os2 && length < INFO_HEADER)
        return "a header of unknown size";
    if (end > size || offset > size || offset < end)
        return "it ends early";
    const char *wrong = size_read(bmp, header, os2);
    if (!wrong)
        wrong = masks_read(bmp, header, length, offset - FILE_HEADER);
    if (wrong)
        return wrong;
    // The palette lies between the header and the pixels.
    bmp->palette = bytes + end;
    bmp->colour_size = os2 ? 3 : 4;
    const size_t room = (offset - end) / bmp->colour_size;
    const size_t used = os2 ? 0 : read_little_endian(header + 32, 4);
    bmp->colours = used > 0 && used < room ? used : room;
    const uint64_t bits = (uint64_t)bmp->width * bmp->bits, row = (bits + 31) / 32 * 4;
    const uint64_t last = (uint64_t)(bmp->height - 1) * row;
    // Some leave out what fills up the last row.
    if (last + (bits + 7) / 8 > size - offset)
        return "it ends early";
    bmp->top = bytes + offset + (bmp->down < 0 ? last : 0);
    bmp->down *= (ptrdiff_t)row;
    return NULL;
}

// --- pixels --------------------------------------------------------------------------------------

// A pixel, or its colour in the palette: black where there is none.
static uint32_t pixel_at(const Bmp *bmp, const unsigned char *row, int x) {
    const size_t bit = (size_t)x * bmp->bits;
    if (bmp->bits > 8)
        return read_little_endian(row + bit / 8, (int)bmp->bits / 8);
    const size_t number = row[bit / 8] >> (8 - bmp->bits - bit % 8) & ((1U << bmp->bits) - 1);
    return number < bmp->colours ? read_little_endian(bmp->palette + number * bmp->colour_size, 3)
                                 : 0;
}

// The number under a mask, from 0 to 255.
static unsigned char masked(uint32_t pixel, uint32_t mask) {
    if (mask == 0)
        return 0;
    const uint32_t lowest = mask & (~mask + 1), most = mask / lowest;
    return (unsigned char)(((uint64_t)((pixel & mask) / lowest) * 255 + most / 2) / most);
}

bool bmp_read(Picture *picture, const unsigned char *bytes, size_t size, Error *error) {
    Bmp bmp = {0};
    const char *wrong = header_read(&bmp, bytes, size);
    if (wrong)
        return error_set(error, "%s", wrong);
    if (!picture_allocate(picture, (size_t)bmp.width, (size_t)bmp.height, 4, error))
        return false;
    unsigned char alpha = 0, *to = picture->pixels, *end = to;
    for (int y = 0; y < bmp.height; y++) {
        const unsigned char *row = bmp.top + y * bmp.down;
        for (int x = 0; x < bmp.width; x++, end += 4) {
            const uint32_t pixel = pixel_at(&bmp, row, x);
            for (int c = 0; c < 4; c++)
                end[c] = masked(pixel, bmp.masks[c]);
            alpha |= end[3];
        }
    }
    for (; alpha == 0 && to < end; to += 4)
        to[3] = 255;
    return true;
}
