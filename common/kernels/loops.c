// Compiled once for each instruction set; LOOPS is then the name of the table, loops_portable
// unless the Makefile says another. Vectors are the compilers' own (vector_size), so the same lines
// become SSE, AVX or NEON.
#include "kernels/loops.h"

#ifndef LOOPS
#define LOOPS loops_portable
#endif

// Of a vector, and how many registers hold one.
#if defined(__AVX512F__)
#define NAME "avx512"
enum { BYTES = 64, REGISTERS = 32 };
#elif defined(__AVX2__)
#define NAME "avx2"
enum { BYTES = 32, REGISTERS = 16 };
#elif defined(__aarch64__)
#define NAME "portable"
enum { BYTES = 16, REGISTERS = 32 };
#else
#define NAME "portable"
enum { BYTES = 16, REGISTERS = 16 };
#endif
enum { LANES = BYTES / sizeof(real) };

// A loop that is unrolled: `i` is a constant then.
#ifdef __clang__
#define UNROLLED(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)
#else
#define UNROLLED(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)
#endif

// For each number up to so many.
#define SEVEN(what) what(1) what(2) what(3) what(4) what(5) what(6) what(7)
#define EIGHT(what) SEVEN(what) what(8)
#define TEN(what) EIGHT(what) what(9) what(10)
#define FOURTEEN(what) TEN(what) what(11) what(12) what(13) what(14)

// A vector that may lie at any place.
typedef real Vector __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

// A NaN stays one, and so does -0. No branch: a loop of it becomes a few vector instructions.
static inline real rectified(real x, real ceiling) {
    const real above = 0 > x ? 0 : x;
    return ceiling < above ? ceiling : above;
}

static inline __attribute__((always_inline)) Vector vector_rectified(Vector x, real ceiling) {
    real lanes[LANES];
    *(Vector *)lanes = x;
#pragma omp simd
    for (int i = 0; i < LANES; i++)
        lanes[i] = rectified(lanes[i], ceiling);
    return *(Vector *)lanes;
}

// --- tiles ---------------------------------------------------------------------------------------

static inline __attribute__((always_inline)) void
tile_add(const int rows, const int vectors, const real *columns, const real *const *b_rows,
         const real *factors, ptrdiff_t b_stride, ptrdiff_t at, Vector sums[][TILE_VECTORS]) {
    Vector column[TILE_VECTORS];
    UNROLLED (v, vectors)
        column[v] = *(const Vector *)(columns + v * LANES);
    UNROLLED (row, rows) {
        const real factor = rows <= ROW_POINTERS ? b_rows[row][at] : factors[at + row * b_stride];
        UNROLLED (v, vectors)
            sums[row][v] += factor * column[v];
    }
}

// Inlined with constant rows and vectors, so that `sums` lives in registers. Two k at a time where a register is left, or
// in a tall tile some: the loop's own instructions count where two programs share a core.
static inline __attribute__((always_inline)) void
tile(const int rows, const int vectors, int depth, const real *restrict a, const int *restrict a_at,
     const real *restrict b, const int *restrict b_at, ptrdiff_t b_stride,
     const real *restrict bias, bool add, real ceiling, real *restrict c, ptrdiff_t c_stride) {
    Vector sums[TILE_ROWS][TILE_VECTORS];
    const real *b_rows[TILE_ROWS];
    UNROLLED (row, rows) {
        b_rows[row] = b + row * b_stride;
        UNROLLED (v, vectors)
            sums[row][v] = (Vector){0};
    }
    const int left = REGISTERS - tile_registers(rows, vectors);
    const int at_once = left >= (rows <= ROW_POINTERS ? 1 : vectors) ? 2 : 1;
    int k = 0;
    for (; k + at_once <= depth; k += at_once)
        UNROLLED (i, at_once)
            tile_add(rows, vectors, a + a_at[k + i], b_rows, b, b_stride, b_at[k + i], sums);
    if (k < depth)
        tile_add(rows, vectors, a + a_at[k], b_rows, b, b_stride, b_at[k], sums);
    if (bias)
        UNROLLED (row, rows)
            UNROLLED (v, vectors)
                sums[row][v] += bias[row];
    if (add)
        UNROLLED (row, rows)
            UNROLLED (v, vectors)
                sums[row][v] += *(Vector *)(c + row * c_stride + v * LANES);
    if (ceiling != 0)
        UNROLLED (row, rows)
            UNROLLED (v, vectors)
                sums[row][v] = vector_rectified(sums[row][v], ceiling);
    UNROLLED (row, rows)
        UNROLLED (v, vectors)
            *(Vector *)(c + row * c_stride + v * LANES) = sums[row][v];
}

#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(int depth, const real *a, const int *a_at, const real *b,  \
                                        const int *b_at, ptrdiff_t b_stride, const real *bias,     \
                                        bool add, real ceiling, real *c, ptrdiff_t c_stride) {     \
        if (tile_registers(rows, vectors) <= REGISTERS) /* the others are never called */          \
            tile(rows, vectors, depth, a, a_at, b, b_at, b_stride, bias, add, ceiling, c,          \
                 c_stride);                                                                        \
    }
#define TILES(rows)                                                                                \
    TILE(rows, 1)                                                                                  \
    TILE(rows, 2)                                                                                  \
    TILE(rows, 3) TILE(rows, 4) TILE(rows, 5) TILE(rows, 6) TILE(rows, 7) TILE(rows, 8)
FOURTEEN(TILES)

// --- sums along lines ----------------------------------------------------------------------------

enum { MOST_DOTS = 10, MOST_LINES = 4 };

// By halves, in as few steps.
static inline real lanes_total(Vector lanes) {
    real totals[LANES];
    *(Vector *)totals = lanes;
    UNROLLED (step, 4)
        for (int half = LANES >> (step + 1), i = 0; i < half; i++)
            totals[i] += totals[i + half];
    return totals[0];
}

// A vector of a for some lines of b, and one of each of those for all a.
static inline __attribute__((always_inline)) void
dots_at_once(const int count, const int lines, int n, const real *restrict a,
             const int *restrict a_at, const real *restrict b, ptrdiff_t b_line,
             real *restrict sums, ptrdiff_t apart) {
    Vector totals[MOST_DOTS][MOST_LINES];
    UNROLLED (i, count)
        UNROLLED (line, lines)
            totals[i][line] = (Vector){0};
    for (int k = 0; k < n; k += LANES) {
        Vector factors[MOST_LINES];
        UNROLLED (line, lines)
            factors[line] = *(const Vector *)(b + line * b_line + k);
        UNROLLED (i, count) {
            const Vector seen = *(const Vector *)(a + a_at[i] + k);
            UNROLLED (line, lines)
                totals[i][line] += seen * factors[line];
        }
    }
    UNROLLED (i, count)
        UNROLLED (line, lines)
            sums[i * apart + line] += lanes_total(totals[i][line]);
}

#define DOTS(lines, count)                                                                         \
    case count:                                                                                    \
        if ((count) <= most_dots(lines)) /* the others are never called */                         \
            dots_at_once(count, lines, n, a, a_at, b, b_line, sums, apart);                        \
        break;
#define DOTS_1(count) DOTS(1, count)
#define DOTS_2(count) DOTS(2, count)
#define DOTS_4(count) DOTS(4, count)

// As many at once as have registers for their sums, a vector of each line and one of a, so that none waits for the sum
// before it.
#define most_dots(lines)                                                                           \
    ((REGISTERS - 1) / (lines) <= MOST_DOTS ? (REGISTERS - 1) / (lines)-1 : MOST_DOTS)

static void dots(int lines, int count, int n, const real *a, const int *a_at, const real *b,
                 ptrdiff_t b_line, real *sums, ptrdiff_t apart) {
    const int at_once = most_dots(lines);
    const int parts = (count + at_once - 1) / at_once, most = (count + parts - 1) / parts;
    for (; count > 0; count -= most, a_at += most, sums += most * apart) {
        const int some = count < most ? count : most;
        if (lines == 4)
            switch (some) { TEN(DOTS_4) }
        else if (lines == 2)
            switch (some) { TEN(DOTS_2) }
        else
            switch (some) { TEN(DOTS_1) }
    }
}

// --- transposition -------------------------------------------------------------------------------

typedef real Four __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef real Eight __attribute__((vector_size(8 * sizeof(real)), aligned(sizeof(real)), may_alias));
#ifdef KNOBS_DOUBLE
typedef int64_t Index;
#else
typedef int32_t Index;
#endif
// Some numbers of x and y by their places, those of y after those of x.
#ifdef __clang__
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...)                                                                         \
    __builtin_shuffle(x, y, (Index __attribute__((vector_size(sizeof(x))))){__VA_ARGS__})
#endif

// Pairs of rows are mixed, then pairs of pairs, then the halves: each by one instruction of AVX.
static inline __attribute__((always_inline)) void transpose_eight(const real *from,
                                                                  ptrdiff_t from_stride,
                                                                  const real *bias, real *to,
                                                                  ptrdiff_t to_stride) {
    Eight rows[8], mixed[8];
    UNROLLED (i, 8)
        rows[i] = *(const Eight *)(from + i * from_stride);
    UNROLLED (i, 4) {
        mixed[2 * i] = SHUFFLE(rows[2 * i], rows[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        mixed[2 * i + 1] = SHUFFLE(rows[2 * i], rows[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    UNROLLED (i, 4) {
        const int pair = i / 2 * 4 + i % 2, row = 2 * i;
        rows[row] = SHUFFLE(mixed[pair], mixed[pair + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        rows[row + 1] = SHUFFLE(mixed[pair], mixed[pair + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    UNROLLED (i, 4) {
        mixed[i] = SHUFFLE(rows[i], rows[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        mixed[i + 4] = SHUFFLE(rows[i], rows[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    UNROLLED (i, 8)
        *(Eight *)(to + i * to_stride) = mixed[i] + bias[i];
}

static inline __attribute__((always_inline)) void transpose_four(const real *from,
                                                                 ptrdiff_t from_stride,
                                                                 const real *bias, real *to,
                                                                 ptrdiff_t to_stride) {
    Four rows[4], mixed[4];
    UNROLLED (i, 4)
        rows[i] = *(const Four *)(from + i * from_stride);
    UNROLLED (round, 2) {
        UNROLLED (i, 2) {
            mixed[2 * i] = SHUFFLE(rows[i], rows[i + 2], 0, 4, 1, 5);
            mixed[2 * i + 1] = SHUFFLE(rows[i], rows[i + 2], 2, 6, 3, 7);
        }
        UNROLLED (i, 4)
            rows[i] = mixed[i];
    }
    UNROLLED (i, 4)
        *(Four *)(to + i * to_stride) = rows[i] + bias[i];
}

// In blocks of eight, or of four where there aren't eight; the last of a row or column may hold some
// of the one before. The inner loop runs along the longer side: that is where the planes of a batch
// lie, which come from afar, and a few long lines are fetched ahead where many short ones aren't.
static void transpose(int rows, int columns, const real *from, ptrdiff_t from_stride,
                      const real *bias, real *to, ptrdiff_t to_stride) {
    static const real zeros[8] = {0};
    const bool by_columns = columns < rows;
    const int outer = by_columns ? columns : rows, inner = by_columns ? rows : columns;
    const int block = outer >= 8 ? 8 : outer >= 4 ? 4 : 1;
    for (int i = 0; i < outer; i += block)
        for (int j = 0; j < inner; j += block) {
            const int at_outer = i + block <= outer ? i : outer - block;
            const int at_inner = j + block <= inner ? j : inner - block;
            const int row = by_columns ? at_inner : at_outer;
            const int column = by_columns ? at_outer : at_inner;
            const real *block_from = from + row * from_stride + column;
            real *block_to = to + column * to_stride + row;
            const real *add = bias ? bias + column : zeros;
            if (block == 8)
                transpose_eight(block_from, from_stride, add, block_to, to_stride);
            else if (block == 4)
                transpose_four(block_from, from_stride, add, block_to, to_stride);
            else
                *block_to = *block_from + *add;
        }
}

// By eight numbers, of which the last of a row may hold some of those before.
static void copy_lines(int rows, int n, const real *from, ptrdiff_t from_pitch, real amount,
                       real *to, ptrdiff_t to_pitch) {
    for (int row = 0; row < rows; row++, from += from_pitch, to += to_pitch)
        for (int i = 0; i < n; i += 8) {
            const int at = i + 8 <= n ? i : n - 8;
            *(Eight *)(to + at) = *(const Eight *)(from + at) + amount;
        }
}

static void copy_rows(int rows, int n, const real *from, ptrdiff_t from_pitch, int step,
                      real amount, real *to, ptrdiff_t to_pitch) {
    if (step == 1 && n >= 8) {
        copy_lines(rows, n, from, from_pitch, amount, to, to_pitch);
        return;
    }
    for (int row = 0; row < rows; row++, from += from_pitch, to += to_pitch)
        for (int i = 0; i < n; i++)
            to[i] = from[(ptrdiff_t)step * i] + amount;
}

// By four of each.
static void split_rows(int rows, int n, const real *from, ptrdiff_t from_pitch, real *even,
                       real *odd, ptrdiff_t to_pitch) {
    const int block = n >= 4 ? 4 : 1;
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < n; i += block) {
            const ptrdiff_t at = i + block <= n ? i : n - block, place = row * to_pitch + at;
            const real *pairs = from + row * from_pitch + 2 * at;
            if (block == 1) {
                even[place] = pairs[0];
                odd[place] = pairs[1];
            } else {
                const Four first = *(const Four *)pairs, second = *(const Four *)(pairs + 4);
                *(Four *)(even + place) = SHUFFLE(first, second, 0, 2, 4, 6);
                *(Four *)(odd + place) = SHUFFLE(first, second, 1, 3, 5, 7);
            }
        }
}

// --- depthwise convolutions ----------------------------------------------------------------------

enum { MOST_SUMS = 8, MOST_TAPS = 10 };

// A number that is read meets all that see it: in row i of some rows, by a column of the kernel, whose weights lie so far apart.
static inline __attribute__((always_inline)) void plane_row(const int vectors, const int side,
                                                            const int stride, const int i,
                                                            const real *from, const real *weights,
                                                            const int apart, Vector sums[][2]) {
    UNROLLED (k, vectors) {
        const Vector seen = *(const Vector *)(from + k * LANES);
        UNROLLED (row, PLANE_ROWS) {
            const int u = i - row * stride;
            if (u >= 0 && u < side)
                sums[row][k] += weights[u * apart] * seen;
        }
    }
}

// Some rows of one or two vectors. The weights stay in registers: all or, of larger kernels, those of a column.
static inline __attribute__((always_inline)) void
plane_sums_at_once(const int vectors, const int side, const int stride, const real *from,
                   ptrdiff_t pitch, ptrdiff_t phase, const real *weights, real bias, real *to,
                   ptrdiff_t to_pitch) {
    const int rows = (PLANE_ROWS - 1) * stride + side;
    Vector sums[PLANE_ROWS][2];
    UNROLLED (row, PLANE_ROWS)
        UNROLLED (k, vectors)
            sums[row][k] = (Vector){0};
    if (side * side < REGISTERS) {
        UNROLLED (i, rows)
            UNROLLED (v, side)
                plane_row(vectors, side, stride, i,
                          from + i * pitch + v % stride * phase + v / stride, weights + v, side,
                          sums);
    } else {
        for (int v = 0; v < side; v++) {
            real column[PLANE_SIDE];
            UNROLLED (u, side)
                column[u] = weights[u * side + v];
            UNROLLED (i, rows)
                plane_row(vectors, side, stride, i,
                          from + i * pitch + v % stride * phase + v / stride, column, 1, sums);
        }
    }
    UNROLLED (row, PLANE_ROWS)
        UNROLLED (k, vectors)
            *(Vector *)(to + row * to_pitch + k * LANES) = sums[row][k] + bias;
}

// The last of a row or column may hold some of those before.
static inline __attribute__((always_inline)) void
plane_sums_of(const int side, const int stride, int rows, int columns, const real *from,
              ptrdiff_t pitch, ptrdiff_t phase, const real *weights, real bias, real *to,
              ptrdiff_t to_pitch) {
    for (int i = 0; i < rows; i += PLANE_ROWS) {
        const int row = i + PLANE_ROWS <= rows ? i : rows - PLANE_ROWS;
        const real *seen = from + row * stride * pitch;
        real *sums = to + row * to_pitch;
        for (int j = 0; j < columns;) {
            const int vectors = columns >= 2 * LANES && columns - j > LANES ? 2 : 1;
            const int column = j + vectors * LANES <= columns ? j : columns - vectors * LANES;
            if (vectors == 2)
                plane_sums_at_once(2, side, stride, seen + column, pitch, phase, weights, bias,
                                   sums + column, to_pitch);
            else
                plane_sums_at_once(1, side, stride, seen + column, pitch, phase, weights, bias,
                                   sums + column, to_pitch);
            j += vectors * LANES;
        }
    }
}

#define PLANE_SUMS(side, stride)                                                                   \
    case side:                                                                                     \
        plane_sums_of(side, stride, rows, columns, from, pitch, phase, weights, bias, to,          \
                      to_pitch);                                                                   \
        break;
#define PLANE_SUMS_1(side) PLANE_SUMS(side, 1)
#define PLANE_SUMS_2(side) PLANE_SUMS(side, 2)

static void plane_sums(int side, int stride, int rows, int columns, const real *from,
                       ptrdiff_t pitch, ptrdiff_t phase, const real *weights, real bias, real *to,
                       ptrdiff_t to_pitch) {
    if (stride == 1)
        switch (side) { SEVEN(PLANE_SUMS_1) }
    else
        switch (side) { SEVEN(PLANE_SUMS_2) }
}

static inline __attribute__((always_inline)) void
lane_sums_at_once(const int n, LaneTaps taps, const real *from, ptrdiff_t from_step,
                  const real *weights, real *to, ptrdiff_t to_step) {
    Vector sums[MOST_SUMS];
    UNROLLED (i, n)
        sums[i] = (Vector){0};
    for (int row = 0; row < taps.rows; row++, from += taps.next_row, weights += taps.weight_row)
        for (int column = 0; column < taps.columns; column++) {
            const real *seen = from + column * LANES;
            const Vector weight = *(const Vector *)(weights + column * taps.weight_column);
            UNROLLED (i, n)
                sums[i] += weight * *(const Vector *)(seen + i * from_step);
        }
    UNROLLED (i, n)
        *(Vector *)(to + i * to_step) = sums[i];
}

#define LANE_SUMS(count)                                                                           \
    case count:                                                                                    \
        lane_sums_at_once(count, taps, from, from_step, weights, to, to_step);                     \
        break;

static void lane_sums(LaneTaps taps, int n, const real *from, ptrdiff_t from_step,
                      const real *weights, real *to, ptrdiff_t to_step) {
    const int parts = (n + MOST_SUMS - 1) / MOST_SUMS, most = parts ? (n + parts - 1) / parts : 1;
    for (; n > 0; n -= most, from += most * from_step, to += most * to_step)
        switch (n < most ? n : most) { EIGHT(LANE_SUMS) }
}

static inline __attribute__((always_inline)) void lane_dots_at_once(const int taps, const int *at,
                                                                    int n, const real *from,
                                                                    ptrdiff_t from_step,
                                                                    const real *dy, real *to) {
    Vector sums[MOST_TAPS];
    UNROLLED (tap, taps)
        sums[tap] = (Vector){0};
    for (int i = 0; i < n; i++, from += from_step, dy += LANES) {
        const Vector factor = *(const Vector *)dy;
        UNROLLED (tap, taps)
            sums[tap] += factor * *(const Vector *)(from + at[tap]);
    }
    UNROLLED (tap, taps)
        *(Vector *)(to + tap * LANES) += sums[tap];
}

#define LANE_DOTS(count)                                                                           \
    case count:                                                                                    \
        lane_dots_at_once(count, at, n, from, from_step, dy, sums);                                \
        break;

static void lane_dots(int taps, const int *at, int n, const real *from, ptrdiff_t from_step,
                      const real *dy, real *sums) {
    const int parts = (taps + MOST_TAPS - 1) / MOST_TAPS, most = (taps + parts - 1) / parts;
    for (; taps > 0; taps -= most, at += most, sums += most * LANES)
        switch (taps < most ? taps : most) { TEN(LANE_DOTS) }
}

// --- Winograd ------------------------------------------------------------------------------------

// The lanes of some channels: a vector, but eight numbers at least.
#if defined(__AVX512F__)
typedef Vector Wide;
#else
typedef Eight Wide;
#endif
enum { WIDE = sizeof(Wide) / sizeof(real) };

// V, without its last row, and B of winograd.c. Of two points ±p only +p is written: the other has the opposite sign
// in the odd columns. Where n is even the first point is 0.
typedef real Matrix[6][6];
static const Matrix POINTS_3 = {{1, 1}};
static const Matrix X_3 = {{.5, .5}, {0}, {-1, 0, 1}};
static const Matrix POINTS_4 = {{1}, {1, 1, 1}};
static const Matrix X_4 = {{1, 0, -1}, {0, .5, .5}, {0}, {0, -1, 0, 1}};
static const Matrix POINTS_6 = {
    {1}, {1, .75, .5625, .421875, .31640625}, {0}, {1, 1.5, 2.25, 3.375, 5.0625}};
static const Matrix X_6 = {{1, 0, (real)-20 / 9, 0, (real)64 / 81},
                           {0, (real)8 / 9, (real)32 / 27, (real)-32 / 81, (real)-128 / 243},
                           {0},
                           {0, (real)-1 / 9, (real)-2 / 27, (real)16 / 81, (real)32 / 243},
                           {0},
                           {0, 1.265625, 0, -2.8125, 0, 1}};

// Σ row[k] d[k], over the even k or the odd ones. The row is constant, so that no product with 0 or 1 is left.
static inline __attribute__((always_inline)) void
add_terms(const int odd, const int count, const real *row, const Wide *d, Wide *sum) {
    bool is_first = true;
    UNROLLED (k, count)
        if (k % 2 == odd && row[k] != 0) {
            *sum = is_first ? row[k] * d[k] : *sum + row[k] * d[k];
            is_first = false;
        }
}

// B d or, of fewer numbers than there are points, V d.
static inline __attribute__((always_inline)) void
evaluate(const int side, const int count, const Matrix m, const Wide *d, Wide *sums) {
    if (side % 2 == 0)
        add_terms(0, count, m[0], d, sums);
    UNROLLED (pair, (side - 1) / 2) {
        const int i = 2 * pair + 1 - side % 2;
        Wide even, odd;
        add_terms(0, count, m[i], d, &even);
        add_terms(1, count, m[i], d, &odd);
        sums[i] = even + odd;
        sums[i + 1] = even - odd;
    }
    if (count < side)
        sums[side - 1] = d[count - 1];
    else
        add_terms((side - 1) % 2, count, m[side - 1], d, &sums[side - 1]);
}

// Vᵀ d
static inline __attribute__((always_inline)) void
gather(const int side, const int count, const Matrix m, const Wide *d, Wide *sums) {
    UNROLLED (j, count) {
        UNROLLED (pair, (side - 1) / 2) {
            const int i = 2 * pair + 1 - side % 2;
            const Wide both = j % 2 ? d[i] - d[i + 1] : d[i] + d[i + 1];
            sums[j] = pair == 0 ? m[i][j] * both : sums[j] + m[i][j] * both;
        }
        if (j == 0 && side % 2 == 0)
            sums[j] += d[0];
        if (j == count - 1)
            sums[j] += d[side - 1];
    }
}

// m d mᵀ of each tile d, or with `back` mᵀ d m.
static inline __attribute__((always_inline)) void
winograd(const int side, const int count, const Matrix m, const bool back, int rows, int columns,
         int lanes, const real *from, Grid f, real *to, Grid t) {
    const int from_side = back ? side : count, to_side = back ? count : side;
    for (int row = 0; row < rows; row++)
        for (int lane = 0; lane < lanes; lane += WIDE)
            for (int column = 0; column < columns; column++) {
                const real *d = from + row * f.tile_row + column * f.tile_column + lane;
                real *result = to + row * t.tile_row + column * t.tile_column + lane;
                Wide half[6][6], line[6], sums[6];
                for (int j = 0; j < from_side; j++, d += f.column) {
                    UNROLLED (k, from_side)
                        line[k] = *(const Wide *)(d + k * f.row);
                    if (back)
                        gather(side, count, m, line, sums);
                    else
                        evaluate(side, count, m, line, sums);
                    UNROLLED (k, to_side)
                        half[k][j] = sums[k];
                }
                for (int j = 0; j < to_side; j++, result += t.row) {
                    if (back)
                        gather(side, count, m, half[j], sums);
                    else
                        evaluate(side, count, m, half[j], sums);
                    UNROLLED (k, to_side)
                        *(Wide *)(result + k * t.column) = sums[k];
                }
            }
}

#define TRANSFORM(name, side, count, matrix, back)                                                 \
    static void name(int rows, int columns, int lanes, const real *from, Grid from_grid, real *to, \
                     Grid to_grid) {                                                               \
        winograd(side, count, matrix, back, rows, columns, lanes, from, from_grid, to, to_grid);   \
    }
#define TRANSFORMS(side, count)                                                                    \
    TRANSFORM(winograd_points_##side##_##count, side, count, POINTS_##side, false)                 \
    TRANSFORM(winograd_back_##side##_##count, side, count, POINTS_##side, true)
TRANSFORM(winograd_x_3, 3, 3, X_3, false)
TRANSFORM(winograd_x_4, 4, 4, X_4, false)
TRANSFORM(winograd_x_6, 6, 6, X_6, false)
TRANSFORMS(3, 2)
TRANSFORMS(4, 2)
TRANSFORMS(4, 3)
TRANSFORMS(6, 2)
TRANSFORMS(6, 3)
TRANSFORMS(6, 4)
TRANSFORMS(6, 5)

// --- sums, activations, pooling ------------------------------------------------------------------

// Short sums in `real`, of at most 512 numbers, and their sum in double: to turn each number into a double takes
// longer than to add it.
enum { SHORT_SUM = 512 };

// Sums that run side by side, since each waits for the one before it.
enum { AT_ONCE = 4 };

static size_t short_end(size_t n, size_t start) {
    return n - start < SHORT_SUM ? n : start + SHORT_SUM;
}

static inline real sum_lanes(const Vector *sums) {
    const Vector all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    real total = 0;
    for (int lane = 0; lane < LANES; lane++)
        total += all[lane];
    return total;
}

// Adds Σ dy to sums[0] and, where x is given, Σ dy (x − mean) to sums[1]. With `squares`, x − mean stands for dy.
static inline __attribute__((always_inline)) void add_sums(const bool both, const bool squares,
                                                           size_t n, const real *x, real mean,
                                                           const real *dy, double *sums) {
    for (size_t start = 0; start < n; start += SHORT_SUM) {
        const size_t end = short_end(n, start);
        Vector plain[AT_ONCE] = {{0}}, weighted[AT_ONCE] = {{0}};
        size_t i = start;
        for (; i + AT_ONCE * LANES <= end; i += AT_ONCE * LANES)
            UNROLLED (k, AT_ONCE) {
                Vector d = *(const Vector *)(dy + i + k * LANES);
                if (squares)
                    d -= mean;
                plain[k] += d;
                if (squares)
                    weighted[k] += d * d;
                else if (both)
                    weighted[k] += d * (*(const Vector *)(x + i + k * LANES) - mean);
            }
        real rest = 0, weighted_rest = 0;
        for (; i < end; i++) {
            const real d = squares ? dy[i] - mean : dy[i];
            rest += d;
            if (both)
                weighted_rest += d * (x[i] - mean);
        }
        sums[0] += (double)(sum_lanes(plain) + rest);
        if (both)
            sums[1] += (double)(sum_lanes(weighted) + weighted_rest);
    }
}

static double sum(size_t n, const real *x) {
    double total = 0;
    add_sums(false, false, n, NULL, 0, x, &total);
    return total;
}

// Both values are read before the choice, so that a loop of it is vectorised. (On random signs, a
// branch made relu 20 times slower.)
static inline real select_real(bool condition, real yes, real no) {
    return condition ? yes : no;
}

static void rectify(size_t n, const real *x, real ceiling, real *y) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = rectified(x[i], ceiling);
}

static void rectify_gradient(size_t n, const real *y, real ceiling, const real *dy, bool add,
                             real *dx) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real passed = select_real(y[i] <= 0, 0, dy[i]);
        const real value = select_real(y[i] >= ceiling, 0, passed);
        dx[i] = add ? dx[i] + value : value;
    }
}

static void leak(size_t n, const real *x, real slope, real *y) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real above = select_real(x[i] > 0, x[i], 0), below = select_real(x[i] > 0, 0, x[i]);
        y[i] = above + slope * below;
    }
}

static void leak_gradient(size_t n, const real *y, real slope, const real *dy, bool add, real *dx) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real value = select_real(y[i] > 0, 1, slope) * dy[i];
        dx[i] = add ? dx[i] + value : value;
    }
}

// A later number wins if it is larger or NaN.
static inline void challenge(real value, int32_t at, real *best, int32_t *best_at) {
    const real old = *best;
    const int32_t old_at = *best_at;
    const bool wins = (value > old) | (value != value);
    *best = wins ? value : old;
    *best_at = wins ? at : old_at;
}

// Inlined with a constant count, so that it becomes a few vectors without a loop.
static inline __attribute__((always_inline)) void
max_pool_windows(const int count, const real *restrict upper, const real *restrict lower,
                 int32_t at, int32_t width, int32_t *restrict argmax, real *restrict y) {
#pragma omp simd
    for (int i = 0; i < count; i++) {
        real best = upper[2 * i];
        int32_t best_at = at + 2 * i;
        challenge(upper[2 * i + 1], at + 2 * i + 1, &best, &best_at);
        challenge(lower[2 * i], at + 2 * i + width, &best, &best_at);
        challenge(lower[2 * i + 1], at + 2 * i + width + 1, &best, &best_at);
        y[i] = best;
        argmax[i] = best_at;
    }
}

static void max_pool_pairs(int n, const real *upper, const real *lower, int32_t at, int32_t width,
                           int32_t *argmax, real *y) {
    const int block = n >= 8 ? 8 : 4;
    for (int i = 0; i < n; i += block) {
        const int from = i + block <= n ? i : n - block; // the last may be some of those before
        if (block == 8)
            max_pool_windows(8, upper + 2 * from, lower + 2 * from, at + 2 * from, width,
                             argmax + from, y + from);
        else
            max_pool_windows(4, upper + 2 * from, lower + 2 * from, at + 2 * from, width,
                             argmax + from, y + from);
    }
}

// --- batch normalisation -------------------------------------------------------------------------

static void moments(size_t n, const real *x, real shift, double *sums) {
    add_sums(true, true, n, x, shift, x, sums);
}

static void normalise(size_t n, const real *x, real mean, real slope, real shift, real *y) {
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] - mean) * slope + shift;
}

static void gradient_sums(size_t n, const real *x, real mean, const real *dy, double *sums) {
    if (x)
        add_sums(true, false, n, x, mean, dy, sums);
    else
        add_sums(false, false, n, NULL, 0, dy, sums);
}

static void normalise_gradient(size_t n, const real *x, real mean, real slope, real offset,
                               real tilt, const real *dy, bool add, real *dx) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real value = slope * (dy[i] - offset - (x[i] - mean) * tilt);
        dx[i] = add ? dx[i] + value : value;
    }
}

// --- the table -----------------------------------------------------------------------------------

#define FITS(rows, vectors)                                                                        \
    (tile_registers(rows, vectors) <= REGISTERS ? tile_##rows##_##vectors : 0),
#define WINOGRAD_TABLE(what)                                                                       \
    {                                                                                              \
        [3] = {[2] = winograd_##what##_3_2},                                                       \
        {[2] = winograd_##what##_4_2, winograd_##what##_4_3}, [6] = {                              \
            [2] = winograd_##what##_6_2,                                                           \
            winograd_##what##_6_3,                                                                 \
            winograd_##what##_6_4,                                                                 \
            winograd_##what##_6_5                                                                  \
        }                                                                                          \
    }
#define ROW(rows)                                                                                  \
    {0, FITS(rows, 1) FITS(rows, 2) FITS(rows, 3) FITS(rows, 4) FITS(rows, 5) FITS(rows, 6)        \
            FITS(rows, 7) FITS(rows, 8)},

extern const Loops LOOPS;
const Loops LOOPS = {.name = NAME,
                     .lanes = LANES,
                     .registers = REGISTERS,
                     .tile = {{0}, FOURTEEN(ROW)},
                     .transpose = transpose,
                     .copy_rows = copy_rows,
                     .split_rows = split_rows,
                     .dots = dots,
                     .plane_sums = plane_sums,
                     .lane_sums = lane_sums,
                     .lane_dots = lane_dots,
                     .winograd_x = {[3] = winograd_x_3, winograd_x_4, [6] = winograd_x_6},
                     .winograd_points = WINOGRAD_TABLE(points),
                     .winograd_back = WINOGRAD_TABLE(back),
                     .sum = sum,
                     .rectify = rectify,
                     .rectify_gradient = rectify_gradient,
                     .leak = leak,
                     .leak_gradient = leak_gradient,
                     .max_pool_pairs = max_pool_pairs,
                     .moments = moments,
                     .normalise = normalise,
                     .gradient_sums = gradient_sums,
                     .normalise_gradient = normalise_gradient};
