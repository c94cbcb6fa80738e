// The IDX format of the MNIST family (http://yann.lecun.com/exdb/mnist/): two zero bytes, a type,
// the rank, that many sizes (32 bits, big-endian), and the values, the last size running fastest.
// Here the type is always ubyte (8).
#ifndef KNOBS_DATA_IDX_H
#define KNOBS_DATA_IDX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define IDX_MAX_RANK 3

typedef struct Idx {
    int sizes[IDX_MAX_RANK];     // each at least 1
    const unsigned char *values; // points into the bytes that were parsed
    size_t count;                // their number, the product of the sizes
} Idx;

// Reads a header and checks every field of it, and that exactly as many bytes follow as it
// promises. `name` (the file's) opens the message; `size` is below 2 GB. `rank` is what the caller
// expects: 3 for images [count, height, width], 1 for labels. Allocates nothing; idx->values lives
// as long as `file`.
bool idx_parse(const char *name, const char *file, size_t size, int rank, Idx *idx, Error *error);

#endif
