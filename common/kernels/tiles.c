#include "kernels/tiles.h"

// `count` in the fewest tiles of about equal rows.
static int tile_rows(int vectors, int count) {
    int most = TILE_ROWS;
    while (most > 1 && tile_registers(most, vectors) > loops()->registers)
        most--;
    return evenly(count, most);
}

// A sum waits for the one before it: so many others could be computed meanwhile.
enum { LATENCY = 8 };

double tiles_cost(int rows, int columns, int depth, int vectors) {
    const int at_once = tile_rows(vectors, rows), products = at_once * vectors;
    // A vector may lie across two lines of the cache.
    const int reads = 2 * vectors + at_once + 2;
    const int busy = larger(larger(products, reads), LATENCY);
    const double tile = (double)depth * busy + 3 * products + 20;
    return tile * divide_up(rows, at_once) * divide_up(columns, vectors * loops()->lanes);
}

int tiles_width(int rows, int columns, int depth) {
    int best = 1;
    for (int vectors = 2; vectors <= TILE_VECTORS; vectors++)
        if (tiles_cost(rows, columns, depth, vectors) < tiles_cost(rows, columns, depth, best))
            best = vectors;
    return best;
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

void tiles_product(int vectors, int rows, int columns, int depth, const real *a, ptrdiff_t a_row,
                   ptrdiff_t a_k, const real *b, ptrdiff_t b_k, bool add, real *c,
                   ptrdiff_t c_row) {
    int a_at[TILES_DEPTH], b_at[TILES_DEPTH];
    for (int k = 0; k < smaller(depth, TILES_DEPTH); k++) {
        a_at[k] = k * (int)a_k;
        b_at[k] = k * (int)b_k;
    }
    for (int first = 0; first == 0 || first < depth; first += TILES_DEPTH)
        tiles_multiply(vectors, rows, columns, smaller(depth - first, TILES_DEPTH), b + first * b_k,
                       b_at, a + first * a_k, a_at, a_row, add || first > 0, c, c_row);
}
