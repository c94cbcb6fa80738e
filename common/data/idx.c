#include "data/idx.h"

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
    if (size < header || memcmp(bytes, magic, sizeof magic) != 0)
        return error_set(error,
                         "%s: expected an IDX file of %s, with a header of %zu bytes that begins "
                         "with 00 00 08 %02x",
                         name, rank == 1 ? "labels" : "images", header, rank);
    *idx = (Idx){.values = bytes + header, .count = size - header};
    double promised = 1; // a double, because it can't overflow
    for (int axis = 0; axis < rank; axis++) {
        uint32_t extent = read_big_endian(bytes + 4 + 4 * axis);
        idx->sizes[axis] = (int)extent;
        promised *= extent;
    }
    if (promised < 1 || promised != (double)idx->count)
        return error_set(error,
                         "%s: the IDX header promises %.0f values and %zu follow, expected as many "
                         "and at least one; get the file again",
                         name, promised, idx->count);
    return true;
}
