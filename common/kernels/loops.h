// The innermost loops, in one version for each instruction set: loops.c is compiled once for every
// machine of the architecture, and again for AVX2 and AVX-512 where the compiler knows them. The
// processor is looked at before main, and the widest that it has are taken, so one program runs
// everywhere and fast. KNOBS_LOOPS=avx2, in the environment, takes those and none wider.
#ifndef KNOBS_KERNELS_LOOPS_H
#define KNOBS_KERNELS_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

enum { TILE_ROWS = 14, TILE_VECTORS = 8 };
// A plane's kernel has at most so many rows, its results at least so many.
enum { PLANE_SIDE = 7, PLANE_ROWS = 4 };
// Up to so many rows of a tile have each a register for their place in b, so that no instruction is spent on it.
enum { ROW_POINTERS = 6 };

// A tile of a matrix product, held in registers from the first k to the last:
//
//     c[row][column] (+)= Σ_k b[b_at[k] + row · b_stride] · a[a_at[k] + column],   k < depth
//
// for `row` < rows and `column` < vectors · lanes. The sum, with bias[row] unless `bias` is NULL, is stored, or added to c if
// `add`, and rectified with this ceiling unless it is 0; rows of c are c_stride apart. Tables of places, and not strides, let
// the operands lie as they are: a convolution reads its image without unfolding it (Dukhan, "The indirect convolution
// algorithm", 2019).
typedef void TileLoop(int depth, const real *a, const int *a_at, const real *b, const int *b_at,
                      ptrdiff_t b_stride, const real *bias, bool add, real ceiling, real *c,
                      ptrdiff_t c_stride);

// Registers that a tile needs: its sums, the numbers of a that a k has for all rows, and one of b.
#define tile_registers(rows, vectors) ((rows) * (vectors) + ((rows) > 1 ? (vectors) : 0) + 1)

// Winograd's transforms of tiles, see winograd.c. Where they lie: the next tile is so far away, and so is
// the next number of a tile. Those of `lanes` channels lie side by side, a multiple of 16.
enum { WINOGRAD_SIDE = 6 };
typedef struct Grid {
    ptrdiff_t tile_row, tile_column, row, column;
} Grid;
typedef void WinogradLoop(int rows, int columns, int lanes, const real *from, Grid from_grid,
                          real *to, Grid to_grid);

// The taps of a depthwise convolution. Those of a row of the kernel see neighbouring vectors, and those of the next row see
// vectors that lie next_row further; their weights lie weight_column and weight_row further.
typedef struct LaneTaps {
    int rows, columns;
    ptrdiff_t next_row, weight_row, weight_column;
} LaneTaps;

typedef struct Loops {
    const char *name;                                // of the instruction set
    int lanes;                                       // numbers in a vector register
    int registers;                                   // that hold a vector
    TileLoop *tile[TILE_ROWS + 1][TILE_VECTORS + 1]; // [rows][vectors], NULL where it is too large
    // to[column][row] = from[row][column] + bias[column]; bias may be NULL.
    void (*transpose)(int rows, int columns, const real *from, ptrdiff_t from_stride,
                      const real *bias, real *to, ptrdiff_t to_stride);

    // to[row][i] = from[row][step · i] + amount for i < n; rows are from_pitch and to_pitch apart.
    void (*copy_rows)(int rows, int n, const real *from, ptrdiff_t from_pitch, int step,
                      real amount, real *to, ptrdiff_t to_pitch);

    // even[row][i] = from[row][2 · i], odd[row][i] = from[row][2 · i + 1] for i < n; rows are from_pitch and to_pitch apart.
    void (*split_rows)(int rows, int n, const real *from, ptrdiff_t from_pitch, real *even,
                       real *odd, ptrdiff_t to_pitch);

    // sums[i · apart + line] += Σ_k a[a_at[i] + k] · b[line · b_line + k],   i < count, k < n; 1, 2 or 4 lines, n a
    // multiple of lanes
    void (*dots)(int lines, int count, int n, const real *a, const int *a_at, const real *b,
                 ptrdiff_t b_line, real *sums, ptrdiff_t apart);

    // to[i][j] = bias + Σ_uv weights[u][v] · what is seen, from[stride · i + u][stride · j + v], i < rows, j < columns,
    // by a kernel of side × side; columns are taken apart into `stride` phases, `phase` numbers apart. stride ≤ 2,
    // side ≤ PLANE_SIDE, rows ≥ PLANE_ROWS, columns ≥ lanes
    void (*plane_sums)(int side, int stride, int rows, int columns, const real *from,
                       ptrdiff_t pitch, ptrdiff_t phase, const real *weights, real bias, real *to,
                       ptrdiff_t to_pitch);
    // to[i · to_step] = Σ_taps weight · what it sees from `from` + i · from_step on, i < n: vectors, lane by lane
    void (*lane_sums)(LaneTaps taps, int n, const real *from, ptrdiff_t from_step,
                      const real *weights, real *to, ptrdiff_t to_step);
    // sums[tap] += Σ_i dy[i] · from[at[tap] + i · from_step], i < n: vectors, lane by lane
    void (*lane_dots)(int taps, const int *at, int n, const real *from, ptrdiff_t from_step,
                      const real *dy, real *sums);

    // [n][count]: B d Bᵀ, V d Vᵀ of count² numbers, and back, Vᵀ d V. n is 3, 4 or 6, count 2 … n − 1.
    WinogradLoop *winograd_x[WINOGRAD_SIDE + 1];
    WinogradLoop *winograd_points[WINOGRAD_SIDE + 1][WINOGRAD_SIDE];
    WinogradLoop *winograd_back[WINOGRAD_SIDE + 1][WINOGRAD_SIDE];

    // The rest are blocks of the kernels of the same names, on one thread.
    double (*sum)(size_t n, const real *x);
    void (*rectify)(size_t n, const real *x, real ceiling, real *y);
    void (*rectify_gradient)(size_t n, const real *y, real ceiling, const real *dy, bool add,
                             real *dx);
    void (*leak)(size_t n, const real *x, real slope, real *y);
    void (*leak_gradient)(size_t n, const real *y, real slope, const real *dy, bool add, real *dx);
    // A row of n ≥ 4 windows of 2 × 2 at stride 2: `upper` and `lower` are the plane's rows, `at` is the
    // place of upper[0].
    void (*max_pool_pairs)(int n, const real *upper, const real *lower, int32_t at, int32_t width,
                           int32_t *argmax, real *y);
    // Adds Σ (x − shift) and Σ (x − shift)² to sums[0] and sums[1].
    void (*moments)(size_t n, const real *x, real shift, double *sums);
    // y = (x − mean) slope + shift
    void (*normalise)(size_t n, const real *x, real mean, real slope, real shift, real *y);
    // Adds Σ dy and Σ dy (x − mean) to sums[0] and sums[1]; the second only where x is given.
    void (*gradient_sums)(size_t n, const real *x, real mean, const real *dy, double *sums);
    // dx = slope (dy − offset − (x − mean) tilt), stored or added. dx may be dy.
    void (*normalise_gradient)(size_t n, const real *x, real mean, real slope, real offset,
                               real tilt, const real *dy, bool add, real *dx);
} Loops;

// All that this processor has, or KNOBS_LOOPS allows, the widest first; NULL after the last.
extern const Loops *loops_of_processor[4];

static inline const Loops *loops(void) {
    return loops_of_processor[0];
}

// Asks for numbers beforehand: streams that the processor doesn't guess, since several lie in a page, or short ones far
// apart. They needn't be there.
static inline void fetch(const real *numbers, size_t count) {
    for (size_t i = 0; i < count; i += 64 / sizeof(real)) // by lines of the cache
        __builtin_prefetch(numbers + i);
}

// Threads share whole blocks, so that it doesn't depend on their number which numbers are computed
// in vector registers and which at the end of a loop.
enum { BLOCK = 1 << 12 };

static inline size_t block_size(size_t n, size_t start) {
    return n - start < BLOCK ? n - start : BLOCK;
}

#endif
