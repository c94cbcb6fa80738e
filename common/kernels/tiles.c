#include "kernels/tiles.h"

#include <math.h>
#include <string.h>

int tiles_height(int vectors, int count) {
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
    const int high = tiles_height(vectors, rows), low = rows % high;
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

void tiles_multiply(int high, int vectors, int rows, int columns, int depth, const real *a,
                    const int *a_at, const real *b, const int *b_at, ptrdiff_t b_stride,
                    ptrdiff_t b_row, bool add, real *c, ptrdiff_t c_stride) {
    const Loops *loop = loops();
    for (int column = 0; column < columns; column += vectors * loop->lanes) {
        const int wide = smaller(vectors, divide_up(columns - column, loop->lanes));
        for (int row = 0; row < rows; row += high)
            loop->tile[smaller(high, rows - row)][wide](depth, a + column, a_at, b + row * b_row,
                                                        b_at, b_stride, NULL, add, 0,
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
        tiles_multiply(tiles_height(vectors, rows), vectors, rows, columns,
                       smaller(depth - first, TILES_DEPTH), b + first * b_k, b_at, a + first * a_k,
                       a_at, a_row, a_row, add || first > 0, c, c_row);
}

// Of a at once, so that they stay in a near cache, in whole tiles; and the columns of b that a tile may have.
enum { PACKED_ROWS = 132, PACKED_WIDTH = 64 };
// As good as any number of them.
enum { MANY_COLUMNS = 1 << 16 };
// So many numbers are packed by all threads.
enum { PARALLEL_PACK = 1 << 15 };

int tiles_packed_width(int rows, ptrdiff_t columns, int depth) {
    const int some = columns < MANY_COLUMNS ? (int)columns : MANY_COLUMNS;
    return smaller(tiles_width(rows, some, depth), PACKED_WIDTH / loops()->lanes);
}

// Some rows of a, packed, with room for what is written too much.
static size_t packed_rows_size(int rows, int depth) {
    return (size_t)(rows * depth) + 16;
}

size_t tiles_packed_size(int vectors, int rows, int depth) {
    const int at_once = tiles_height(vectors, rows);
    return (size_t)divide_up(rows, at_once) * packed_rows_size(at_once, depth);
}

// Eight rows at least are taken, where a has so many, since loops.c is fast at that: what is too much is overwritten by
// what the next k takes; behind the last one nobody reads it.
void tiles_pack(int vectors, int rows, int depth, const real *a, ptrdiff_t a_row, ptrdiff_t a_k,
                real *packed) {
    const int at_once = tiles_height(vectors, rows);
#pragma omp parallel for schedule(static) if ((int64_t)rows * depth >= PARALLEL_PACK)
    for (int row = 0; row < rows; row += at_once) {
        const int some = smaller(at_once, rows - row), left = rows - row;
        const int taken = some < 8 && left >= 8 && depth >= 8 ? 8 : some;
        const real *from = a + row * a_row;
        real *to = packed + (size_t)(row / at_once) * packed_rows_size(at_once, depth);
        if (a_row == 1)
            loops()->copy_rows(depth, taken, from, a_k, 1, 0, to, at_once);
        else
            loops()->transpose(taken, depth, from, a_row, NULL, to, at_once);
    }
}

// Where a column lies, of images that are `next` numbers apart.
static ptrdiff_t column_at(const PackedProduct *p, ptrdiff_t column, ptrdiff_t next) {
    return column / p->plane * next + column % p->plane;
}

// How many of `count` columns lie in the image of the first.
static int within_image(const PackedProduct *p, ptrdiff_t column, int count) {
    const ptrdiff_t left = p->plane - column % p->plane;
    return left < count ? (int)left : count;
}

// Columns of images to where they lie side by side.
static void gather_columns(const PackedProduct *p, ptrdiff_t column, int count, int rows,
                           const real *images, ptrdiff_t row, ptrdiff_t next, real *to,
                           int to_row) {
    for (int i = 0, some; i < count; i += some, column += some) {
        some = within_image(p, column, count - i);
        loops()->copy_rows(rows, some, images + column_at(p, column, next), row, 1, 0, to + i,
                           to_row);
    }
}

// A tile's sums, which lie side by side, to the columns of c.
static void scatter_columns(const PackedProduct *p, ptrdiff_t column, int count, int rows,
                            const real *sums, real *c) {
    for (int i = 0, some; i < count; i += some, column += some) {
        some = within_image(p, column, count - i);
        loops()->copy_rows(rows, some, sums + i, PACKED_WIDTH, 1, 0,
                           c + column_at(p, column, p->c_next), p->c_row);
    }
}

// The columns of a tile, as it reads them; all its vectors are written.
static void gather_strip(const PackedProduct *p, ptrdiff_t column, int count, int width,
                         real *strip) {
    if (count < width)
        memset(strip, 0, (size_t)(p->depth * width) * sizeof(real));
    if (p->b_transposed)
        loops()->transpose(count, p->depth, p->b + column * p->b_k, p->b_k, NULL, strip, width);
    else
        gather_columns(p, column, count, p->depth, p->b, p->b_k, p->b_next, strip, width);
}

void tiles_packed_multiply(const PackedProduct *p, ptrdiff_t first, ptrdiff_t end) {
    const int lanes = loops()->lanes, at_once = tiles_height(p->vectors, p->rows);
    const int width = p->vectors * lanes;
    // Images lie far: of what the next strip is laid from so much is asked for beside each row of tiles.
    const int asked = p->b_next ? divide_up(p->depth * at_once, p->rows) : 0;
    const bool packed = p->a_k == 0;
    const ptrdiff_t a_k = packed ? at_once : p->a_k, a_row = packed ? 1 : p->a_row;
    const ptrdiff_t a_next =
        packed ? (ptrdiff_t)packed_rows_size(at_once, p->depth) : at_once * a_row;
    real strip[PACKED_DEPTH * PACKED_WIDTH], sums[TILE_ROWS * PACKED_WIDTH] = {0};
    int a_at[PACKED_DEPTH], b_at[PACKED_DEPTH];
    for (int k = 0; k < p->depth; k++) {
        a_at[k] = k * (int)a_k;
        b_at[k] = k * width;
    }
    for (ptrdiff_t column = first; column < end; column += width) {
        const int count = end - column < width ? (int)(end - column) : width;
        const int vectors = divide_up(count, lanes);
        const bool direct = within_image(p, column, count) == count && count % lanes == 0;
        const ptrdiff_t to_row = direct ? p->c_row : PACKED_WIDTH;
        const ptrdiff_t place = column_at(p, column, p->c_next), after = column + width;
        const real *a = p->a, *next = p->b + column_at(p, after < end ? after : 0, p->b_next);
        gather_strip(p, column, count, width, strip);
        for (int row = 0, k = 0; row < p->rows; row += at_once, a += a_next) {
            const int rows = smaller(at_once, p->rows - row);
            real *c = p->c + row * p->c_row, *to = direct ? c + place : sums;
            for (const int some = smaller(k + asked, p->depth); k < some; k++)
                fetch(next + k * p->b_k, (size_t)width);
            if (p->add && !direct)
                gather_columns(p, column, count, rows, c, p->c_row, p->c_next, sums, PACKED_WIDTH);
            loops()->tile[rows][vectors](p->depth, strip, b_at, a, a_at, a_row,
                                         p->bias ? p->bias + row : NULL, p->add, p->ceiling, to,
                                         to_row);
            if (!direct)
                scatter_columns(p, column, count, rows, sums, c);
        }
    }
}

// Where the numbers of a row lie apart, and there are strips enough.
static bool pays_packing(int rows, int columns, ptrdiff_t a_k) {
    return a_k != 1 && ((rows >= 48 && columns >= 192) || a_k >= TILES_FAR);
}

void tiles_packed_product(int rows, int columns, int depth, const real *a, ptrdiff_t a_row,
                          ptrdiff_t a_k, const real *b, ptrdiff_t b_k, ptrdiff_t b_column, bool add,
                          real *c, ptrdiff_t c_row) {
    real packed[(PACKED_DEPTH + 16) * (PACKED_ROWS + TILE_ROWS)];
    const int deep = evenly(larger(depth, 1), PACKED_DEPTH);
    const int vectors = tiles_packed_width(rows, columns, deep);
    const int at_once = tiles_height(vectors, rows), most = PACKED_ROWS / at_once * at_once;
    const bool packs = pays_packing(rows, columns, a_k);
    for (int top = 0; top < rows; top += most)
        for (int first = 0; first == 0 || first < depth; first += deep) {
            const real *a_first = a + top * a_row + first * a_k;
            const PackedProduct p = {.vectors = vectors,
                                     .rows = smaller(most, rows - top),
                                     .depth = smaller(deep, depth - first),
                                     .a = packs ? packed : a_first,
                                     .a_row = a_row,
                                     .a_k = packs ? 0 : a_k,
                                     .plane = columns,
                                     .b = b + first * b_k,
                                     .b_k = b_column == 1 ? b_k : b_column,
                                     .b_transposed = b_column != 1,
                                     .add = add || first > 0,
                                     .c = c + top * c_row,
                                     .c_row = c_row};
            if (packs)
                tiles_pack(vectors, p.rows, p.depth, a_first, a_row, a_k, packed);
            tiles_packed_multiply(&p, 0, columns);
        }
}
