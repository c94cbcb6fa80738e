// Products cut into the tiles of loops.h, whose operands lie wherever their tables of places say.
#ifndef KNOBS_KERNELS_TILES_H
#define KNOBS_KERNELS_TILES_H

#include "kernels/loops.h"

static inline int divide_up(int a, int b) {
    return (a + b - 1) / b;
}

static inline int smaller(int a, int b) {
    return a < b ? a : b;
}

static inline int larger(int a, int b) {
    return a > b ? a : b;
}

// How large a tile is, and what the whole product costs, in products of vectors.
typedef struct Tiles {
    int rows, vectors;
    double cost;
} Tiles;

// The cheapest for c [rows][columns]. To store a vector of c costs `store`; a's vectors are `near`
// where they lie at the cache's lines, and otherwise are read twice.
Tiles tiles_for(int rows, int columns, int depth, double store, bool near);

// c[row][column] (+)= Σ_k b[b_at[k] + row] · a[a_at[k] + column] by tiles of so many vectors, or less
// at the end. The columns are rounded up to whole vectors, and c_stride leaves room for them.
void tiles_multiply(int vectors, int rows, int columns, int depth, const real *a, const int *a_at,
                    const real *b, const int *b_at, bool add, real *c, ptrdiff_t c_stride);

#endif
