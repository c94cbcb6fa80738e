// Compiled once for each instruction set; LOOPS is then the name of the table, loops_portable
// unless the Makefile says another. Vectors are the compilers' own (vector_size), so the same lines
// become SSE, AVX or NEON.
#include "kernels/loops.h"

#ifndef LOOPS
#define LOOPS loops_portable
#endif

// Registers: 32 for AVX-512 and NEON, 16 otherwise; some are left for the operands.
#if defined(__AVX512F__)
enum { BYTES = 64, ACCUMULATORS = 28 };
#define INSTRUCTIONS "AVX-512"
#elif defined(__AVX2__)
enum { BYTES = 32, ACCUMULATORS = 12 };
#define INSTRUCTIONS "AVX2"
#elif defined(__aarch64__)
enum { BYTES = 16, ACCUMULATORS = 24 };
#define INSTRUCTIONS "NEON"
#else
enum { BYTES = 16, ACCUMULATORS = 12 };
#define INSTRUCTIONS "portable"
#endif
enum { LANES = BYTES / sizeof(real) };

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

// A vector that may lie at any place.
typedef real Vector __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

// --- tiles ---------------------------------------------------------------------------------------

// clang-format off
// Inlined with constant rows and vectors, so that `sums` lives in registers.
static inline __attribute__((always_inline)) void
tile(const int rows, const int vectors, int depth, const real *restrict a, const int *restrict a_at,
     const real *restrict b, const int *restrict b_at, bool add, real *restrict c,
     ptrdiff_t c_stride) {
    Vector sums[TILE_ROWS][TILE_VECTORS];
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int v = 0; v < vectors; v++)
            sums[row][v] = (Vector){0};
    for (int k = 0; k < depth; k++) {
        const real *columns = a + a_at[k], *factors = b + b_at[k];
        Vector column[TILE_VECTORS];
        UNROLL for (int v = 0; v < vectors; v++)
            column[v] = *(const Vector *)(columns + v * LANES);
        UNROLL for (int row = 0; row < rows; row++)
            UNROLL for (int v = 0; v < vectors; v++)
                sums[row][v] += factors[row] * column[v];
    }
    UNROLL for (int row = 0; row < rows; row++)
        UNROLL for (int v = 0; v < vectors; v++) {
            Vector *to = (Vector *)(c + row * c_stride + v * LANES);
            if (add)
                sums[row][v] += *to;
            *to = sums[row][v];
        }
}
// clang-format on

#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(int depth, const real *a, const int *a_at, const real *b,  \
                                        const int *b_at, bool add, real *c, ptrdiff_t c_stride) {  \
        if (rows * vectors <= ACCUMULATORS) /* the others are never called */                      \
            tile(rows, vectors, depth, a, a_at, b, b_at, add, c, c_stride);                        \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3) TILE(rows, 4)
#define ALL_ROWS(what)                                                                             \
    what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8) what(9) what(10) what(11)      \
        what(12) what(13) what(14)
ALL_ROWS(TILES)

// --- transposition -------------------------------------------------------------------------------

typedef real Four __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
#if defined(__clang__)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#elif defined(KNOBS_DOUBLE)
#define SHUFFLE(x, y, ...)                                                                         \
    __builtin_shuffle(x, y, (long long __attribute__((vector_size(32)))){__VA_ARGS__})
#else
#define SHUFFLE(x, y, ...)                                                                         \
    __builtin_shuffle(x, y, (int __attribute__((vector_size(16)))){__VA_ARGS__})
#endif

static inline void transpose_four(const real *from, ptrdiff_t from_stride, real *to,
                                  ptrdiff_t to_stride) {
    const Four r0 = *(const Four *)from, r1 = *(const Four *)(from + from_stride);
    const Four r2 = *(const Four *)(from + 2 * from_stride);
    const Four r3 = *(const Four *)(from + 3 * from_stride);
    const Four low0 = SHUFFLE(r0, r1, 0, 4, 1, 5), high0 = SHUFFLE(r0, r1, 2, 6, 3, 7);
    const Four low1 = SHUFFLE(r2, r3, 0, 4, 1, 5), high1 = SHUFFLE(r2, r3, 2, 6, 3, 7);
    *(Four *)to = SHUFFLE(low0, low1, 0, 1, 4, 5);
    *(Four *)(to + to_stride) = SHUFFLE(low0, low1, 2, 3, 6, 7);
    *(Four *)(to + 2 * to_stride) = SHUFFLE(high0, high1, 0, 1, 4, 5);
    *(Four *)(to + 3 * to_stride) = SHUFFLE(high0, high1, 2, 3, 6, 7);
}

static void transpose(int rows, int columns, const real *from, ptrdiff_t from_stride, real *to,
                      ptrdiff_t to_stride) {
    int row = 0;
    for (; row + 4 <= rows; row += 4) {
        int column = 0;
        for (; column + 4 <= columns; column += 4)
            transpose_four(from + row * from_stride + column, from_stride,
                           to + column * to_stride + row, to_stride);
        for (; column < columns; column++)
            for (int i = row; i < row + 4; i++)
                to[column * to_stride + i] = from[i * from_stride + column];
    }
    for (; row < rows; row++)
        for (int column = 0; column < columns; column++)
            to[column * to_stride + row] = from[row * from_stride + column];
}

// --- the table -----------------------------------------------------------------------------------

#define FITS(rows, vectors) ((rows) * (vectors) <= ACCUMULATORS ? tile_##rows##_##vectors : 0)
#define ROW(rows) {0, FITS(rows, 1), FITS(rows, 2), FITS(rows, 3), FITS(rows, 4)},

extern const Loops LOOPS;
const Loops LOOPS = {.instructions = INSTRUCTIONS,
                     .lanes = LANES,
                     .accumulators = ACCUMULATORS,
                     .tile = {{0}, ALL_ROWS(ROW)},
                     .transpose = transpose};
