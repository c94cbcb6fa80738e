#include "kernels/tiles.h"

#include <math.h>
#include <string.h>

// `count` in the fewest tiles of about equal rows.
static int tile_rows(int vectors, int count) {
    int most = TILE_ROWS;
    while (most > 1 && tile_registers(most, vectors) > loops()->registers)
        most--;
    return evenly(count, most);
}

// A sum waits for the one before it: so many others could be computed meanwhile.
enum { LATENCY = 8 };
// Instructions that a processor starts while it multiplies a vector.
static const double ISSUED = 2.2;

// Of one tile. A vector may lie across two lines of the cache.
static double tile_cost(int rows, int vectors, int depth) {
    const int products = rows * vectors, reads = 2 * vectors + rows + 2;
    const double instructions = products + vectors + rows * (rows > ROW_POINTERS ? 2 : 1) + 4;
    const double busy = fmax(instructions / ISSUED, larger(larger(products, reads), LATENCY));
    return products == 0 ? 0 : depth * busy + 3 * products + 20;
}

double tiles_cost(int rows, int columns, int depth, int vectors) {
    const int high = tile_rows(vectors, rows), low = rows % high;
    const int all = divide_up(columns, loops()->lanes), wide = all / vectors,
              narrow = all % vectors;
    return rows / high * (wide * tile_cost(high, vectors, depth) + tile_cost(high, narrow, depth)) +
           wide * tile_cost(low, vectors, depth) + tile_cost(low, narrow, depth);
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

// Of a at once, so that they stay in a near cache; and the columns of b that a tile may have.
enum { PACKED_ROWS = 96, PACKED_WIDTH = 64 };

int tiles_packed_width(int rows, int columns, int depth) {
    return smaller(tiles_width(rows, columns, depth), PACKED_WIDTH / loops()->lanes);
}

size_t tiles_packed_size(int vectors, int rows, int depth) {
    const int at_once = tile_rows(vectors, rows);
    return (size_t)(divide_up(rows, at_once) * at_once) * (size_t)(depth + 1);
}

// Eight numbers of a row at least are copied, where a has so many, since loops.c is fast at that: what is too much is
// overwritten by the next.
void tiles_pack(int vectors, int rows, int depth, const real *a, ptrdiff_t a_row, ptrdiff_t a_k,
                const real *bias, real *packed) {
    const int at_once = tile_rows(vectors, rows), all = depth + (bias != NULL);
    for (int row = 0; row < rows; row += at_once, packed += at_once * all) {
        const int left = rows - row, some = smaller(at_once, left);
        if (a_row == 1)
            loops()->copy_rows(depth, smaller(larger(some, 8), left), a + row, a_k, 1, 0, packed,
                               at_once);
        else
            loops()->transpose(some, depth, a + row * a_row, a_row, NULL, packed, at_once);
        for (int i = 0; bias && i < some; i++)
            packed[depth * at_once + i] = bias[row + i];
    }
}

// A tile whose last vector reaches beyond the columns.
static void ragged_tile(TileLoop *tile, int rows, int columns, int depth, const real *b,
                        const int *b_at, const real *a, const int *a_at, bool add, real *to,
                        ptrdiff_t c_row) {
    real sums[TILE_ROWS * PACKED_WIDTH];
    tile(depth, b, b_at, a, a_at, 1, false, sums, PACKED_WIDTH);
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < columns; i++)
            to[row * c_row + i] = (add ? to[row * c_row + i] : 0) + sums[row * PACKED_WIDTH + i];
}

void tiles_packed_multiply(int vectors, int rows, int columns, int depth, const real *packed,
                           bool biased, const real *b, ptrdiff_t b_k, bool add, real *c,
                           ptrdiff_t c_row) {
    real b_packed[(TILES_DEPTH + 1) * PACKED_WIDTH];
    const int at_once = tile_rows(vectors, rows), width = vectors * loops()->lanes;
    const int all = depth + biased;
    int a_at[TILES_DEPTH + 1], b_at[TILES_DEPTH + 1];
    for (int k = 0; k < all; k++) {
        a_at[k] = k * at_once;
        b_at[k] = k * width;
    }
    for (int column = 0; column < columns; column += width) {
        const int count = smaller(width, columns - column), wide = divide_up(count, loops()->lanes);
        const bool ragged = count < wide * loops()->lanes;
        if (ragged)
            memset(b_packed, 0, (size_t)(depth * width) * sizeof(real));
        loops()->copy_rows(depth, count, b + column, b_k, 1, 0, b_packed, width);
        for (int i = 0; biased && i < width; i++)
            b_packed[depth * width + i] = 1;
        for (int row = 0; row < rows; row += at_once) {
            const int some = smaller(at_once, rows - row);
            TileLoop *tile = loops()->tile[some][wide];
            real *to = c + row * c_row + column;
            if (ragged)
                ragged_tile(tile, some, count, all, b_packed, b_at, packed + row * all, a_at, add,
                            to, c_row);
            else
                tile(all, b_packed, b_at, packed + row * all, a_at, 1, add, to, c_row);
        }
    }
}

bool tiles_pay_packing(int vectors, int rows, int columns, int depth) {
    return rows >= 48 && columns >= 192 && depth <= TILES_DEPTH &&
           vectors * loops()->lanes <= PACKED_WIDTH;
}

void tiles_packed_product(int vectors, int rows, int columns, int depth, const real *a,
                          ptrdiff_t a_k, const real *b, ptrdiff_t b_k, bool add, real *c,
                          ptrdiff_t c_row) {
    real packed[TILES_DEPTH * (PACKED_ROWS + TILE_ROWS)];
    const int at_once = tile_rows(vectors, rows), most = PACKED_ROWS / at_once * at_once;
    for (int top = 0; top < rows; top += most) {
        const int some = smaller(most, rows - top);
        tiles_pack(vectors, some, depth, a + top, 1, a_k, NULL, packed);
        tiles_packed_multiply(vectors, some, columns, depth, packed, false, b, b_k, add,
                              c + top * c_row, c_row);
    }
}
