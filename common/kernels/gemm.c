#include "kernels/gemm.h"

#include <cblas.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/tiles.h"

// One thread a call: the pieces of a product run side by side under OpenMP instead, in an order
// that the size of the problem fixes. OpenBLAS would otherwise cut by the number of threads.
__attribute__((constructor)) static void use_one_blas_thread(void) {
    openblas_set_num_threads(1);
}

// A piece has at least this many multiply-adds: enough to pay for packing its operands a second
// time.
static const int64_t PIECE_MULTIPLY_ADDS = 3 << 20;
enum { MOST_PIECES = 16, PIECE_MULTIPLE = 16 };

static int piece_length(int64_t multiply_adds, int length) {
    const int64_t worth = multiply_adds / PIECE_MULTIPLY_ADDS;
    const int pieces = worth < MOST_PIECES ? larger((int)worth, 1) : MOST_PIECES;
    return divide_up(divide_up(length, pieces), PIECE_MULTIPLE) * PIECE_MULTIPLE;
}

static void multiply_by_blas(Transpose a_order, Transpose b_order, int m, int n, int k,
                             const real *a, int a_stride, const real *b, int b_stride, bool add,
                             real *c, int c_stride) {
    const enum CBLAS_TRANSPOSE a_flag = a_order == TRANSPOSED ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE b_flag = b_order == TRANSPOSED ? CblasTrans : CblasNoTrans;
    const real beta = add ? 1 : 0;
#ifdef KNOBS_DOUBLE
    cblas_dgemm(CblasRowMajor, a_flag, b_flag, m, n, k, 1, a, a_stride, b, b_stride, beta, c,
                c_stride);
#else
    cblas_sgemm(CblasRowMajor, a_flag, b_flag, m, n, k, 1, a, a_stride, b, b_stride, beta, c,
                c_stride);
#endif
}

// aᵀ b lies in memory nearly as the tiles want it. Where k is short they take 0.6 to 1.2 of OpenBLAS's time,
// most often less than it.
enum { SHORT_DEPTH = 256 };

static bool suits_tiles(Transpose a_order, Transpose b_order, int n, int k) {
    return a_order == TRANSPOSED && b_order == PLAIN && k <= SHORT_DEPTH && n % loops()->lanes == 0;
}

void kernel_gemm(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                 const real *b, bool add, real *c) {
    if (m == 0 || n == 0)
        return;
    const int a_stride = a_order == TRANSPOSED ? m : k, b_stride = b_order == TRANSPOSED ? k : n;
    const bool tiles = suits_tiles(a_order, b_order, n, k), cut_rows = m >= n;
    const int length = cut_rows ? m : n, piece = piece_length((int64_t)m * n * k, length);
    const int pieces = divide_up(length, piece);
    const int vectors = tiles ? tiles_width(cut_rows ? piece : m, cut_rows ? n : piece, k) : 0;
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (int i = 0; i < pieces; i++) {
        const int first = i * piece, count = smaller(piece, length - first);
        const ptrdiff_t row = cut_rows ? first : 0, column = cut_rows ? 0 : first;
        const int rows = cut_rows ? count : m, columns = cut_rows ? n : count;
        const real *a_rows = a + (a_order == TRANSPOSED ? row : row * k);
        const real *b_columns = b + (b_order == TRANSPOSED ? column * k : column);
        real *block = c + row * n + column;
        if (tiles && tiles_pay_packing(vectors, rows, columns, k))
            tiles_packed_product(vectors, rows, columns, k, a_rows, m, b_columns, n, add, block, n);
        else if (tiles)
            tiles_product(vectors, rows, columns, k, a_rows, 1, m, b_columns, n, add, block, n);
        else
            multiply_by_blas(a_order, b_order, rows, columns, k, a_rows, a_stride, b_columns,
                             b_stride, add, block, n);
    }
}
