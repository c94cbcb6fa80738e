#include "data/picture_formats.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

static uint32_t big_endian(const unsigned char *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

// --- JPEG: ITU T.81, annex B ---------------------------------------------------------------------

// The tables of a segment are whole, and fit where stb_image puts them.
static bool tables_are_sound(const unsigned char *tables, size_t size) {
    while (size > 0) {
        size_t codes = 0;
        for (size_t i = 1; i <= 16 && i < size; i++)
            codes += tables[i];
        if (size < 17 + codes || codes > 256)
            return false;
        tables += 17 + codes;
        size -= 17 + codes;
    }
    return true;
}

// Marker follows marker, up to that of the end.
static bool jpeg_is_sound(const unsigned char *bytes, size_t size) {
    enum { TABLES = 0xC4, RESTART = 0xD0, END = 0xD9, SCAN = 0xDA };
    size_t at = 2;
    while (at + 4 <= size && bytes[at] == 0xFF && bytes[at + 1] != END) {
        const unsigned char marker = bytes[at + 1];
        const size_t length = big_endian(bytes + at + 2, 2);
        if (length < 2 || length > size - at - 2 ||
            (marker == TABLES && !tables_are_sound(bytes + at + 4, length - 2)))
            return false;
        at += 2 + length;
        if (marker == SCAN) // its data end at the next marker that isn't a restart
            while (at + 2 <= size &&
                   !(bytes[at] == 0xFF && bytes[at + 1] != 0 && bytes[at + 1] / 8 != RESTART / 8))
                at++;
    }
    return at + 2 <= size && bytes[at] == 0xFF && bytes[at + 1] == END;
}

// --- PNG: https://www.w3.org/TR/png, chapter 5 ---------------------------------------------------

// Unpacks a part of the image's data and throws it away: a small file may unpack to very much.
static bool unpacks(z_stream *stream, const unsigned char *data, size_t size) {
    unsigned char out[1 << 15];
    stream->next_in = (z_const Bytef *)(uintptr_t)data;
    stream->avail_in = (uInt)size;
    do {
        stream->next_out = out;
        stream->avail_out = sizeof out;
        const int code = inflate(stream, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return false;
    } while (stream->avail_out == 0 && stream->total_out <= 8UL * PICTURE_PIXELS_MAX);
    return stream->avail_out > 0;
}

// Chunk follows chunk, up to that of the end.
static bool png_is_sound(const unsigned char *bytes, size_t size) {
    z_stream stream = {0};
    bool sound = inflateInit(&stream) == Z_OK, ended = false;
    for (size_t at = 8; sound && !ended && at + 12 <= size;) {
        const size_t length = big_endian(bytes + at, 4);
        const unsigned char *type = bytes + at + 4;
        sound = length <= size - at - 12;
        if (sound && memcmp(type, "IDAT", 4) == 0)
            sound = unpacks(&stream, type + 4, length);
        ended = memcmp(type, "IEND", 4) == 0;
        at += 12 + length;
    }
    inflateEnd(&stream);
    return sound && ended;
}

bool picture_is_sound(const unsigned char *bytes, size_t size) {
    if (size > 8 && memcmp(bytes, "\x89PNG", 4) == 0)
        return png_is_sound(bytes, size);
    if (size > 8 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
        return jpeg_is_sound(bytes, size);
    if (size > 8 && memcmp(bytes, "BM", 2) == 0) // and its length, least byte first
        return (bytes[2] | bytes[3] << 8 | bytes[4] << 16 | (uint32_t)bytes[5] << 24) <= size;
    return false;
}
