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

// At most so many at once, but about as many each time.
static inline int evenly(int count, int most) {
    return divide_up(count, divide_up(count, larger(most, 1)));
}

// What a product costs, counted in products of vectors, by tiles so many vectors wide.
double tiles_cost(int rows, int columns, int depth, int vectors);

// The rows of a tile: `count` in the fewest of about equal height.
int tiles_height(int vectors, int count);

// How many vectors wide the cheapest tiles are.
int tiles_width(int rows, int columns, int depth);

// The depth of products that are taken at once, so that what they read stays in the nearest cache, and of packed ones, whose
// sums are loaded and stored less often so: these lie on the stack of a thread, which may have 512 KB (macOS). From one of it
// to the next it is less far than TILES_FAR, so that the tables can say where all are.
enum { TILES_DEPTH = 256, PACKED_DEPTH = 1600 / sizeof(real), TILES_FAR = 1 << 23 };

// c[row][column] (+)= Σ_k b[b_at[k] + row · b_stride] · a[a_at[k] + column] by tiles `high` rows high and so many vectors wide,
// or less at the end. The columns are rounded up to whole vectors: a and c have room for them. What a tile reads of b lies
// b_row · (its first row) further: b_stride or, where the rows of each tile lie side by side, something else.
void tiles_multiply(int high, int vectors, int rows, int columns, int depth, const real *a,
                    const int *a_at, const real *b, const int *b_at, ptrdiff_t b_stride,
                    ptrdiff_t b_row, bool add, real *c, ptrdiff_t c_stride);

// The same of matrices: c[row][column] (+)= Σ_k a[row · a_row + k · a_k] · b[k · b_k + column].
void tiles_product(int vectors, int rows, int columns, int depth, const real *a, ptrdiff_t a_row,
                   ptrdiff_t a_k, const real *b, ptrdiff_t b_k, bool add, real *c, ptrdiff_t c_row);

// The same where b is laid first as the tiles read it, a strip of columns as wide as a tile at a time, and a may be: it pays
// where there is much to multiply, since rows that lie far apart, most of all by a power of 2, drive each other out of the
// nearest cache. tiles_pack lays a, of depth ≤ PACKED_DEPTH, for all products that it takes part in.
int tiles_packed_width(int rows, ptrdiff_t columns, int depth); // vectors; as tiles_width()
size_t tiles_packed_size(int vectors, int rows, int depth);     // numbers that tiles_pack writes
void tiles_pack(int vectors, int rows, int depth, const real *a, ptrdiff_t a_row, ptrdiff_t a_k,
                real *packed);

// Its product with several matrices side by side, the images of a batch: each has `plane` columns, and the next begins
// b_next and c_next numbers further. A tile may lie across images, so that small ones leave no lane idle.
typedef struct PackedProduct {
    int vectors, rows, depth;
    const real *a;
    ptrdiff_t a_row, a_k; // how they lie, or a_k is 0: as tiles_pack has laid them
    const real *bias;     // of the rows, or NULL
    int plane;
    const real *b;
    ptrdiff_t b_k, b_next;
    bool b_transposed; // a column's numbers lie side by side, the columns b_k apart; of one matrix
    bool add;
    real ceiling; // of a ReLU, or 0
    real *c;
    ptrdiff_t c_row, c_next;
} PackedProduct;

// The columns first … end − 1 of all.
void tiles_packed_multiply(const PackedProduct *product, ptrdiff_t first, ptrdiff_t end);

// c[row][column] (+)= Σ_k a[row · a_row + k · a_k] · b[k · b_k + column · b_column], of any depth; one of a_row and a_k is 1,
// and one of b_k and b_column.
void tiles_packed_product(int rows, int columns, int depth, const real *a, ptrdiff_t a_row,
                          ptrdiff_t a_k, const real *b, ptrdiff_t b_k, ptrdiff_t b_column, bool add,
                          real *c, ptrdiff_t c_row);

#endif
