#include "data/idx.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#define TYPE_UBYTE 8

static uint32_t read_big_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool idx_parse(const char *name, const char *file, size_t size, int rank, Idx *idx, Error *error) {
    const unsigned char *bytes = (const unsigned char *)file;
    const unsigned char magic[4] = {0, 0, TYPE_UBYTE, (unsigned char)rank};
    const size_t header = sizeof magic + 4 * (size_t)rank;
    if (size < header)
        return error_set(error, "%s: expected an IDX header of %zu bytes, found only %zu bytes",
                         name, header, size);
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return error_set(error,
                         "%s: expected an IDX file of %s, which begins with 00 00 08 %02x, found "
                         "%02x %02x %02x %02x",
                         name, rank == 1 ? "labels" : "images", rank, bytes[0], bytes[1], bytes[2],
                         bytes[3]);
    *idx = (Idx){.values = bytes + header, .count = 1};
    const size_t values = size - header;
    for (int axis = 0; axis < rank; axis++) {
        uint32_t extent = read_big_endian(bytes + 4 + 4 * axis);
        if (extent < 1 || extent > INT_MAX)
            return error_set(error, "%s: the IDX header gives size %d as %lu, expected 1 … %d",
                             name, axis, (unsigned long)extent, INT_MAX);
        // count never passes the bytes that there are, so the product can't overflow.
        if (idx->count > values / extent)
            return error_set(
                error,
                "%s: the IDX header promises more values than the %zu bytes that follow: "
                "the file is cut short; get it again",
                name, values);
        idx->sizes[axis] = (int)extent;
        idx->count *= extent;
    }
    if (idx->count != values)
        return error_set(error, "%s: the IDX header promises %zu values, but %zu bytes follow",
                         name, idx->count, values);
    return true;
}
