#include "data/picture_jpeg.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/picture_jpeg_scan.h"

// More scans than any program writes; each may be a few bytes and yet a walk over the whole picture.
#define SCANS_MAX 100

#define CUT "it ends early"

// The components of a scan and the tables that it wants.
static const char *scan_begin(Jpeg *jpeg, const unsigned char *segment, size_t size) {
    const int count = size > 0 ? segment[0] : 0;
    if (count < 1 || count > jpeg->count || size != 4 + 2 * (size_t)count)
        return "a bad scan header";
    const unsigned char *tail = segment + 1 + 2 * count;
    jpeg->first = tail[0], jpeg->last = tail[1];
    jpeg->high = tail[2] >> 4, jpeg->low = tail[2] & 15;
    if (jpeg->progressive ? jpeg->last >= BLOCK || jpeg->low > 13 || jpeg->first > jpeg->last ||
                                (jpeg->first == 0 ? jpeg->last != 0 : count != 1)
                          : jpeg->first != 0 || tail[2] != 0)
        return "a bad scan header";
    const bool with_dc = jpeg->first == 0 && jpeg->high == 0;
    const bool with_ac = !jpeg->progressive || jpeg->first > 0;
    jpeg->scan_count = count;
    for (int i = 0; i < count; i++) {
        const int id = segment[1 + 2 * i], dc = segment[2 + 2 * i] >> 4,
                  ac = segment[2 + 2 * i] & 15;
        int which = 0;
        while (which < jpeg->count && jpeg->components[which].id != id)
            which++;
        if (which == jpeg->count || dc >= TABLES_MAX || ac >= TABLES_MAX)
            return "a bad scan header";
        Component *component = jpeg->scan[i] = &jpeg->components[which];
        component->dc = jpeg->huffman[0][dc], component->ac = jpeg->huffman[1][ac];
        if ((with_dc && !component->dc) || (with_ac && !component->ac))
            return "a Huffman table is missing";
        if (!jpeg->quantization[component->table])
            return "a quantization table is missing";
    }
    return ++jpeg->scans > SCANS_MAX ? "it has more scans than a picture needs" : NULL;
}

// --- the other segments --------------------------------------------------------------------------

static const char *huffman_read(Jpeg *jpeg, const unsigned char *segment, size_t size) {
    while (size > 0) {
        size_t codes = 0;
        int left = 1; // codes of this length that are no longer code's beginning
        for (size_t i = 1; i <= 16 && i < size; i++) {
            codes += segment[i];
            left = 2 * left - segment[i];
            if (left < 0)
                return "a bad Huffman table";
        }
        if (size < 17 + codes || codes > 256 || segment[0] >> 4 > 1 ||
            (segment[0] & 15) >= TABLES_MAX)
            return "a bad Huffman table";
        jpeg->huffman[segment[0] >> 4][segment[0] & 15] = segment + 1;
        segment += 17 + codes;
        size -= 17 + codes;
    }
    return NULL;
}

static const char *quantization_read(Jpeg *jpeg, const unsigned char *segment, size_t size) {
    while (size > 0) {
        const size_t length = 1 + BLOCK * (segment[0] >> 4 ? 2 : 1);
        if (size < length || (segment[0] & 15) >= TABLES_MAX)
            return "a bad quantization table";
        jpeg->quantization[segment[0] & 15] = true;
        segment += length;
        size -= length;
    }
    return NULL;
}

static int divide_up(int a, int b) {
    return (a + b - 1) / b;
}

static const char *frame_read(Jpeg *jpeg, const unsigned char *segment, size_t size) {
    const int count = size > 5 ? segment[5] : 0;
    if (jpeg->count || (count != 1 && count != 3 && count != 4) || size != 6 + 3 * (size_t)count)
        return "a bad frame header";
    const int height = segment[1] << 8 | segment[2], width = segment[3] << 8 | segment[4];
    if (width == 0 || height == 0 || width > jpeg->pixels_max / height)
        return "it has no pixels, or too many";
    int across = 1, down = 1; // the most
    for (int i = 0; i < count; i++) {
        const unsigned char *from = segment + 6 + 3 * i;
        Component *component = &jpeg->components[i];
        *component = (Component){
            .id = from[0], .across = from[1] >> 4, .down = from[1] & 15, .table = from[2]};
        if (component->across < 1 || component->across > 4 || component->down < 1 ||
            component->down > 4 || component->table >= TABLES_MAX)
            return "a bad frame header";
        across = component->across > across ? component->across : across;
        down = component->down > down ? component->down : down;
    }
    jpeg->mcus_across = divide_up(width, 8 * across);
    jpeg->mcus_down = divide_up(height, 8 * down);
    for (jpeg->count = 0; jpeg->count < count; jpeg->count++) {
        Component *component = &jpeg->components[jpeg->count];
        component->width = divide_up(divide_up(width * component->across, across), 8);
        component->height = divide_up(divide_up(height * component->down, down), 8);
        component->stride = jpeg->mcus_across * component->across;
        component->nonzero = memory_zeroed(
            (size_t)component->stride * jpeg->mcus_down * component->down, sizeof(uint64_t));
    }
    return NULL;
}

static const char *picture_end(const Jpeg *jpeg) {
    for (int i = 0; i < jpeg->count; i++)
        if (!jpeg->components[i].given)
            return "a component is missing";
    if (jpeg->count == 4 && jpeg->adobe != 0 && jpeg->adobe != 2)
        return "it has four components and no Adobe marker that says what they are";
    return jpeg->count ? NULL : "a frame header is missing";
}

static const char *segment_read(Jpeg *jpeg, int marker, const unsigned char *segment, size_t size) {
    enum { FRAME = 0xC0, PROGRESSIVE = 0xC2, HUFFMAN = 0xC4, SCAN = 0xDA, QUANTIZATION = 0xDB };
    enum { INTERVAL = 0xDD, ADOBE = 0xEE };
    const char *wrong = NULL;
    switch (marker) {
    case FRAME:
    case FRAME + 1:
    case PROGRESSIVE:
        jpeg->progressive = marker == PROGRESSIVE;
        return frame_read(jpeg, segment, size);
    case HUFFMAN:
        return huffman_read(jpeg, segment, size);
    case QUANTIZATION:
        return quantization_read(jpeg, segment, size);
    case INTERVAL:
        if (size != 2)
            return "a bad restart interval";
        jpeg->interval = segment[0] << 8 | segment[1];
        return NULL;
    case ADOBE:
        if (size >= 12 && memcmp(segment, "Adobe", 6) == 0)
            jpeg->adobe = segment[11];
        return NULL;
    case SCAN:
        wrong = scan_begin(jpeg, segment, size);
        return wrong ? wrong : jpeg_scan_read(jpeg);
    default:
        return NULL; // stb_image knows it, or refuses it
    }
}

static const char *segments_read(Jpeg *jpeg) {
    enum { END = 0xD9 };
    for (;;) {
        jpeg_fill_skip(jpeg);
        if (jpeg->end - jpeg->at < 2 || jpeg->at[0] != 0xFF)
            return CUT;
        const int marker = jpeg->at[1];
        if (marker == END)
            return picture_end(jpeg);
        const size_t left = (size_t)(jpeg->end - jpeg->at) - 2;
        const size_t length = left < 2 ? 0 : (size_t)(jpeg->at[2] << 8 | jpeg->at[3]);
        if (length < 2 || length > left)
            return CUT;
        const unsigned char *segment = jpeg->at + 4;
        jpeg->at += 2 + length;
        const char *wrong = segment_read(jpeg, marker, segment, length - 2);
        if (wrong)
            return wrong;
    }
}

const char *jpeg_check(const unsigned char *bytes, size_t size, int pixels_max) {
    Jpeg jpeg = {.at = bytes + 2, .end = bytes + size, .pixels_max = pixels_max, .adobe = -1};
    const char *wrong = segments_read(&jpeg);
    for (int i = 0; i < jpeg.count; i++)
        free(jpeg.components[i].nonzero);
    return wrong;
}
