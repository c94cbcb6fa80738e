#include "kernels/tiles.h"

#include <math.h>

// `count` in the fewest tiles of about equal rows.
static int tile_rows(int vectors, int count) {
    int most = TILE_ROWS;
    while (most > 1 && tile_registers(most, vectors) > loops()->registers)
        most--;
    return evenly(count, most);
}

// A sum waits for the one before it: so many others could be computed meanwhile.
enum { LATENCY = 8 };

double tiles_cost(int rows, int columns, int depth, int *vectors) {
    double least = INFINITY;
    for (int wide = 1; wide <= TILE_VECTORS; wide++) {
        const int at_once = tile_rows(wide, rows), products = at_once * wide;
        // A vector may lie across two lines of the cache.
        const int reads = 2 * wide + at_once + 2;
        const int busy = larger(larger(products, reads), LATENCY);
        const double tile = (double)depth * busy + 3 * products + 20;
        const double cost =
            tile * divide_up(rows, at_once) * divide_up(columns, wide * loops()->lanes);
        *vectors = cost < least ? wide : *vectors;
        least = fmin(least, cost);
    }
    return least;
}

void tiles_multiply(int vectors, int rows, int columns, int depth, const real *a, const int *a_at,
                    const real *b, const int *b_at, ptrdiff_t b_stride, bool add, real *c,
                    ptrdiff_t c_stride) {
    const Loops *loop = loops();
    const int at_once = tile_rows(vectors, rows);
    for (int column = 0; column < columns; column += vectors * loop->lanes) {
        const int wide = smaller(vectors, divide_up(columns - column, loop->lanes));
        for (int row = 0; row < rows; row += at_once)
            loop->tile[smaller(at_once, rows - row)][wide](depth, a + column, a_at,
                                                           b + row * b_stride, b_at, b_stride, add,
                                                           c + row * c_stride + column, c_stride);
    }
}

// Some of the depth at a time, so that it stays in the nearest cache.
enum { DEPTH = 256 };

void tiles_product(int vectors, int rows, int columns, int depth, const real *a, ptrdiff_t a_row,
                   ptrdiff_t a_k, const real *b, ptrdiff_t b_k, bool add, real *c,
                   ptrdiff_t c_row) {
    int a_at[DEPTH], b_at[DEPTH];
    for (int k = 0; k < smaller(depth, DEPTH); k++) {
        a_at[k] = k * (int)a_k;
        b_at[k] = k * (int)b_k;
    }
    for (int first = 0; first == 0 || first < depth; first += DEPTH)
        tiles_multiply(vectors, rows, columns, smaller(depth - first, DEPTH), b + first * b_k, b_at,
                       a + first * a_k, a_at, a_row, add || first > 0, c, c_row);
}
