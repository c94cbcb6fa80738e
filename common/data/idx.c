#include "data/idx.h"

#include <limits.h>
#include <stdint.h>

#define TYPE_UBYTE 8

static uint32_t read_big_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool idx_parse(const char *name, const unsigned char *bytes, size_t size, int rank, Idx *idx,
               Error *error) {
    if (rank < 1 || rank > IDX_MAX_RANK)
        fatal("idx_parse: rank %d, expected 1 … %d", rank, IDX_MAX_RANK);
    size_t header = 4 + 4 * (size_t)rank;
    if (size < 4)
        return error_set(error, "%s: expected an IDX file, found only %zu bytes", name, size);
    if (bytes[0] != 0 || bytes[1] != 0)
        return error_set(error,
                         "%s: expected an IDX file, which begins with 00 00; found %02x %02x", name,
                         bytes[0], bytes[1]);
    if (bytes[2] != TYPE_UBYTE)
        return error_set(error, "%s: expected IDX values of type 08 (ubyte), found type %02x", name,
                         bytes[2]);
    if (bytes[3] != rank)
        return error_set(error, "%s: expected IDX rank %d (%s), found rank %d", name, rank,
                         rank == 1 ? "labels" : "images", bytes[3]);
    if (size < header)
        return error_set(error, "%s: the IDX header is cut short: expected %zu bytes, found %zu",
                         name, header, size);
    *idx = (Idx){.rank = rank, .values = bytes + header, .count = 1};
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
