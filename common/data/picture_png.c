#include "data/picture_png.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <zlib.h>

#include "base/error.h"

enum {
    SIGNATURE = 8,
    AROUND = 12
}; // bytes; a chunk's length and name before its data, its sum behind
enum { PALETTE_FULL = 256 * 3 };

static uint32_t read_big_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Unpacks and forgets. Z_STREAM_END is the only good end.
static int pixels_unpack(z_stream *stream, const unsigned char *data, uint32_t size, size_t most) {
    unsigned char unpacked[1 << 14];
    int status;
    stream->next_in = (unsigned char *)(uintptr_t)data;
    stream->avail_in = size;
    do {
        stream->next_out = unpacked;
        stream->avail_out = sizeof unpacked;
        status = inflate(stream, Z_NO_FLUSH);
    } while (status == Z_OK && stream->avail_out == 0 && stream->total_out <= most);
    return stream->total_out > most ? Z_DATA_ERROR : status;
}

// Chunk after chunk. The pixels' status is left in *unpacked.
static const char *chunks_read(Png *png, const unsigned char *bytes, size_t size, size_t most,
                               z_stream *stream, int *unpacked) {
    bool indexed = false;
    for (size_t at = SIGNATURE; size - at >= AROUND;) {
        const unsigned char *name = bytes + at + 4, *data = name + 4;
        const uint32_t length = read_big_endian(bytes + at);
        if (length > size - at - AROUND)
            return "it ends early";
        if (crc32(0, name, length + 4) != read_big_endian(data + length))
            return "a checksum is wrong";
        if ((memcmp(name, "IHDR", 4) == 0) != (at == SIGNATURE))
            return "its header isn't at the beginning";
        if (at == SIGNATURE)
            indexed = length > 9 && data[9] == 3;
        if (memcmp(name, "PLTE", 4) == 0 && indexed) {
            if (png->palette || length > PALETTE_FULL || length % 3 != 0)
                return "a bad palette";
            png->palette = name;
            png->palette_size = length;
        }
        if (memcmp(name, "IDAT", 4) == 0 && indexed && png->palette_size == 0)
            return "its palette is missing";
        if (memcmp(name, "IDAT", 4) == 0 && *unpacked != Z_STREAM_END)
            *unpacked = pixels_unpack(stream, data, length, most);
        if (memcmp(name, "IEND", 4) == 0)
            return *unpacked == Z_STREAM_END ? NULL : "its pixels end early or are damaged";
        at += AROUND + length;
    }
    return "it ends early";
}

const char *png_check(Png *png, const unsigned char *bytes, size_t size, size_t pixels_max) {
    *png = (Png){0};
    z_stream stream = {0};
    int unpacked = inflateInit(&stream);
    if (unpacked != Z_OK)
        fatal("picture: out of memory to unpack a PNG");
    const size_t most = 9 * pixels_max; // four numbers of 16 bits, and the filters of the rows
    const char *wrong = chunks_read(png, bytes, size, most, &stream, &unpacked);
    inflateEnd(&stream);
    return wrong;
}

unsigned char *png_palette_fill(const Png *png, const unsigned char *bytes, size_t *size) {
    const size_t before = (size_t)(png->palette - bytes) + 4 + png->palette_size;
    const size_t more = PALETTE_FULL - png->palette_size;
    unsigned char *filled = memory_zeroed(*size + more, 1);
    memcpy(filled, bytes, before);
    memcpy(filled + before + more, bytes + before, *size - before);
    unsigned char *length = filled + (png->palette - bytes) - 4;
    length[2] = PALETTE_FULL >> 8;
    length[3] = PALETTE_FULL & 255; // the sum, now wrong, isn't looked at again
    *size += more;
    return filled;
}
