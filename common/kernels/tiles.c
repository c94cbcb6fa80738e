#include "kernels/tiles.h"

// `count` in the fewest tiles of about equal rows.
static int tile_rows(int vectors, int count) {
    const int most = smaller(loops()->accumulators / vectors, TILE_ROWS);
    return divide_up(count, divide_up(count, most));
}

Tiles tiles_for(int rows, int columns, int depth, double store, bool near) {
    Tiles best = {0};
    for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
        const int at_once = tile_rows(vectors, rows), products = at_once * vectors;
        // Either the products or the reads take longer.
        const double reads = (near ? 1 : 2) * vectors + 0.5 * at_once + 1.5;
        const double tile = depth * (products > reads ? products : reads) + store * products + 20;
        const double cost =
            tile * divide_up(rows, at_once) * divide_up(columns, vectors * loops()->lanes);
        if (vectors == 1 || cost < best.cost)
            best = (Tiles){.rows = at_once, .vectors = vectors, .cost = cost};
    }
    return best;
}

void tiles_multiply(int vectors, int rows, int columns, int depth, const real *a, const int *a_at,
                    const real *b, const int *b_at, bool add, real *c, ptrdiff_t c_stride) {
    const Loops *loop = loops();
    const int at_once = tile_rows(vectors, rows);
    for (int column = 0; column < columns; column += vectors * loop->lanes) {
        const int wide = smaller(vectors, divide_up(columns - column, loop->lanes));
        for (int row = 0; row < rows; row += at_once)
            loop->tile[smaller(at_once, rows - row)][wide](
                depth, a + column, a_at, b + row, b_at, add, c + row * c_stride + column, c_stride);
    }
}
