// The innermost loops, in one version for each instruction set: loops.c is compiled once for every
// machine of the architecture, and again for AVX2 and AVX-512 where the compiler knows them. The
// first call looks at the processor and picks the widest that it has, so one program runs
// everywhere and fast.
#ifndef KNOBS_KERNELS_LOOPS_H
#define KNOBS_KERNELS_LOOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

enum { TILE_ROWS = 14, TILE_VECTORS = 4 };

// A tile of a matrix product, held in registers from the first k to the last:
//
//     c[row][column] (+)= Σ_k b[b_at[k] + row] · a[a_at[k] + column],   k < depth
//
// for `row` < rows and `column` < vectors · lanes. The sum is stored, or added to c if `add`; rows
// of c are c_stride apart. Tables of places, and not strides, let the operands lie as they are: a
// convolution reads its image without unfolding it (Dukhan, "The indirect convolution algorithm",
// 2019).
typedef void TileLoop(int depth, const real *a, const int *a_at, const real *b, const int *b_at,
                      bool add, real *c, ptrdiff_t c_stride);

typedef struct Loops {
    const char *instructions;                        // "AVX-512", …
    int lanes;                                       // numbers in a vector register
    int accumulators;                                // the most rows · vectors of a tile
    TileLoop *tile[TILE_ROWS + 1][TILE_VECTORS + 1]; // [rows][vectors], NULL where it is too large
    // to[column][row] = from[row][column]
    void (*transpose)(int rows, int columns, const real *from, ptrdiff_t from_stride, real *to,
                      ptrdiff_t to_stride);
} Loops;

// The widest that this processor has.
const Loops *loops(void);

// All that this processor has, for tests to compare; NULL after the last.
const Loops *const *loops_all(void);

#endif
