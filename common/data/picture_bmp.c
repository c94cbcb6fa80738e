#include "data/picture_bmp.h"

#include <string.h>

enum { FILE_HEADER = 14, OS2_HEADER = 12, INFO_HEADER = 40 };

static uint32_t read_16(const unsigned char *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t read_32(const unsigned char *bytes) {
    return read_16(bytes) | read_16(bytes + 2) << 16;
}

// Where the colours are in a pixel. Three masks lie between a header of 40 bytes and the pixels, which are `room`
// bytes behind its beginning; a longer one holds three or four.
static const char *masks_read(Bmp *bmp, uint32_t compression, const unsigned char *header,
                              size_t length, size_t room) {
    enum { NONE = 0, MASKS = 3 };
    static const uint32_t usual_16[4] = {31 << 10, 31 << 5, 31, 0};
    static const uint32_t usual_24[4] = {0xFF0000, 0xFF00, 0xFF, 0};
    static const uint32_t usual_32[4] = {0xFF0000, 0xFF00, 0xFF, 0xFF000000};
    if (compression == NONE) {
        memcpy(bmp->masks,
               bmp->bits == 16   ? usual_16
               : bmp->bits == 24 ? usual_24
                                 : usual_32,
               sizeof bmp->masks);
        return NULL;
    }
    if (compression != MASKS || bmp->bits == 24)
        return "packed BMP files aren't read";
    if (room < INFO_HEADER + 12)
        return "its masks are missing";
    const int count = length >= INFO_HEADER + 16 ? 4 : 3;
    for (int i = 0; i < count; i++)
        bmp->masks[i] = read_32(header + INFO_HEADER + 4 * i);
    return NULL;
}

// The colours lie between the header and the pixels.
static void palette_read(Bmp *bmp, const unsigned char *palette, size_t bytes, uint32_t used) {
    const uint32_t most = 1U << bmp->bits;
    const size_t room = bytes / (size_t)bmp->palette_entry;
    if (used == 0 || used > most)
        used = most;
    bmp->palette = palette;
    bmp->palette_count = (int)(used < room ? used : room);
}

static const char *size_read(Bmp *bmp, const unsigned char *header, bool os2) {
    const int64_t width = os2 ? (int32_t)read_16(header + 4) : (int32_t)read_32(header + 4);
    const int64_t height = os2 ? (int32_t)read_16(header + 6) : (int32_t)read_32(header + 8);
    if (width < 1 || height == 0 || height < -INT32_MAX)
        return "it has no pixels";
    bmp->width = (int)width;
    bmp->top_down = height < 0;
    bmp->height = (int)(height < 0 ? -height : height);
    bmp->bits = (int)read_16(header + (os2 ? 10 : 14));
    static const int known[] = {1, 4, 8, 16, 24, 32};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (bmp->bits == known[i])
            return NULL;
    return "a pixel hasn't 1, 4, 8, 16, 24 or 32 bits";
}

const char *bmp_open(Bmp *bmp, const unsigned char *bytes, size_t size) {
    *bmp = (Bmp){0};
    if (size < FILE_HEADER + OS2_HEADER)
        return "it ends early";
    const unsigned char *header = bytes + FILE_HEADER;
    const size_t offset = read_32(bytes + 10), length = read_32(header), end = FILE_HEADER + length;
    const bool os2 = length == OS2_HEADER;
    if (!os2 && length < INFO_HEADER)
        return "a header of unknown size";
    if (end > size || offset > size || offset < end)
        return "it ends early";
    const char *wrong = size_read(bmp, header, os2);
    if (wrong)
        return wrong;
    bmp->palette_entry = os2 ? 3 : 4;
    const uint32_t compression = os2 ? 0 : read_32(header + 16);
    if (bmp->bits > 8)
        wrong = masks_read(bmp, compression, header, length, offset - FILE_HEADER);
    else if (compression != 0)
        wrong = "packed BMP files aren't read";
    else
        palette_read(bmp, bytes + end, offset - end, os2 ? 0 : read_32(header + 32));
    bmp->pixels = bytes + offset;
    const uint64_t row_bits = (uint64_t)bmp->width * (uint64_t)bmp->bits;
    bmp->row = (size_t)((row_bits + 31) / 32 * 4);
    // Some leave out what fills up the last row.
    if (!wrong && (uint64_t)(bmp->height - 1) * bmp->row + (row_bits + 7) / 8 > size - offset)
        wrong = "it ends early";
    return wrong;
}

// --- pixels --------------------------------------------------------------------------------------

// The number under a mask, from 0 to 255.
static unsigned char masked(uint32_t pixel, uint32_t mask) {
    if (mask == 0)
        return 0;
    const uint32_t lowest = mask & (~mask + 1), most = mask / lowest,
                   value = (pixel & mask) / lowest;
    return (unsigned char)(((uint64_t)value * 255 + most / 2) / most);
}

static void pixel_decode(const Bmp *bmp, const unsigned char *row, int x, unsigned char *to) {
    if (bmp->bits <= 8) {
        const int in_byte = 8 / bmp->bits, shift = 8 - bmp->bits * (x % in_byte + 1);
        const int index = row[x / in_byte] >> shift & ((1 << bmp->bits) - 1);
        for (int c = 0; c < 3 && index < bmp->palette_count; c++)
            to[c] = bmp->palette[index * bmp->palette_entry + 2 - c];
    } else {
        const unsigned char *from = row + (size_t)x * (size_t)(bmp->bits / 8);
        const uint32_t low = read_16(from);
        const uint32_t pixel = bmp->bits == 16   ? low
                               : bmp->bits == 24 ? low | (uint32_t)from[2] << 16
                                                 : read_32(from);
        for (int c = 0; c < 4; c++)
            to[c] = masked(pixel, bmp->masks[c]);
    }
}

void bmp_decode(const Bmp *bmp, unsigned char *pixels) {
    const size_t count = (size_t)bmp->width * (size_t)bmp->height;
    unsigned char alpha = 0;
    memset(pixels, 0, 4 * count);
    for (int y = 0; y < bmp->height; y++) {
        const int from = bmp->top_down ? y : bmp->height - 1 - y;
        unsigned char *to = pixels + 4 * (size_t)y * (size_t)bmp->width;
        for (int x = 0; x < bmp->width; x++) {
            pixel_decode(bmp, bmp->pixels + (size_t)from * bmp->row, x, to + 4 * x);
            alpha |= to[4 * x + 3];
        }
    }
    for (size_t i = 0; alpha == 0 && i < count; i++)
        pixels[4 * i + 3] = 255;
}
