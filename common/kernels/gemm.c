#include "kernels/gemm.h"

#include <cblas.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/loops.h"

// One thread a call: the pieces of a product run side by side under OpenMP instead, in an order
// that the size of the problem fixes. OpenBLAS would otherwise cut by the number of threads.
__attribute__((constructor)) static void use_one_blas_thread(void) {
    openblas_set_num_threads(1);
}

void kernel_gemm_one(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                     int a_stride, const real *b, int b_stride, bool add, real *c, int c_stride) {
    if (m == 0 || n == 0)
        return;
    enum CBLAS_TRANSPOSE a_flag = a_order == TRANSPOSED ? CblasTrans : CblasNoTrans;
    enum CBLAS_TRANSPOSE b_flag = b_order == TRANSPOSED ? CblasTrans : CblasNoTrans;
    real beta = add ? 1 : 0;
#ifdef KNOBS_DOUBLE
    cblas_dgemm(CblasRowMajor, a_flag, b_flag, m, n, k, 1, a, a_stride, b, b_stride, beta, c,
                c_stride);
#else
    cblas_sgemm(CblasRowMajor, a_flag, b_flag, m, n, k, 1, a, a_stride, b, b_stride, beta, c,
                c_stride);
#endif
}

// A piece has at least this many multiply-adds: enough to pay for packing its operands a second
// time.
static const int64_t PIECE_MULTIPLY_ADDS = 3 << 20;
enum { MOST_PIECES = 16, PIECE_MULTIPLE = 16 };

static int piece_length(int64_t multiply_adds, int length) {
    int64_t pieces = multiply_adds / PIECE_MULTIPLY_ADDS;
    if (pieces < 1)
        pieces = 1;
    if (pieces > MOST_PIECES)
        pieces = MOST_PIECES;
    int64_t exact = (length + pieces - 1) / pieces;
    return (int)((exact + PIECE_MULTIPLE - 1) / PIECE_MULTIPLE * PIECE_MULTIPLE);
}

// aᵀ b lies in memory as the tiles want it. Where k is short, packing it first, as OpenBLAS does,
// takes longer than it saves: 6 % of a training step of an MLP.
enum { SHORT_DEPTH = 256 };

static bool suits_tiles(Transpose a_order, Transpose b_order, int n, int k) {
    return a_order == TRANSPOSED && b_order == PLAIN && k <= SHORT_DEPTH && n % loops()->lanes == 0;
}

// c [m, n] at first (+)= aᵀ b, where a is [k, a_stride] and b is [k, b_stride].
static void multiply_tiles(int m, int n, int k, const real *a, int a_stride, const real *b,
                           int b_stride, bool add, real *c, int c_stride) {
    const Loops *loop = loops();
    const int most = loop->accumulators >= 24 ? 4 : 2, rows = loop->accumulators / most;
    int a_at[SHORT_DEPTH], b_at[SHORT_DEPTH];
    for (int i = 0; i < k; i++) {
        a_at[i] = i * a_stride;
        b_at[i] = i * b_stride;
    }
    for (int column = 0; column < n; column += most * loop->lanes) {
        const int left = (n - column) / loop->lanes, vectors = left < most ? left : most;
        for (int row = 0; row < m; row += rows)
            loop->tile[m - row < rows ? m - row : rows][vectors](
                k, b + column, b_at, a + row, a_at, add, c + (ptrdiff_t)row * c_stride + column,
                c_stride);
    }
}

void kernel_gemm(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                 const real *b, bool add, real *c) {
    const int a_stride = a_order == TRANSPOSED ? m : k, b_stride = b_order == TRANSPOSED ? k : n;
    const bool cut_rows = m >= n;
    const int length = cut_rows ? m : n;
    const int piece = piece_length((int64_t)m * n * k, length);
    const int pieces = (length + piece - 1) / piece;
    const bool tiles = suits_tiles(a_order, b_order, n, k);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (int i = 0; i < pieces; i++) {
        int first = i * piece, count = length - first < piece ? length - first : piece;
        if (tiles) {
            multiply_tiles(cut_rows ? count : m, cut_rows ? n : count, k,
                           a + (cut_rows ? first : 0), m, b + (cut_rows ? 0 : first), n, add,
                           c + (cut_rows ? (ptrdiff_t)first * n : first), n);
        } else if (cut_rows) {
            const real *a_rows = a + (a_order == TRANSPOSED ? first : (ptrdiff_t)first * a_stride);
            kernel_gemm_one(a_order, b_order, count, n, k, a_rows, a_stride, b, b_stride, add,
                            c + (ptrdiff_t)first * n, n);
        } else {
            const real *b_columns =
                b + (b_order == TRANSPOSED ? (ptrdiff_t)first * b_stride : first);
            kernel_gemm_one(a_order, b_order, m, count, k, a, a_stride, b_columns, b_stride, add,
                            c + first, n);
        }
    }
}
