#include "kernels/gemm.h"

#include <cblas.h>
#include <omp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/threads.h"
#include "kernels/tiles.h"

// One thread a call: OpenBLAS would cut a product by the number of threads.
__attribute__((constructor)) static void use_one_blas_thread(void) {
    openblas_set_num_threads(1);
}

// So many multiply-adds are a thread's worth; OpenBLAS does those of fewer than the other in less time.
static const int64_t PART_MULTIPLY_ADDS = 1 << 18, TILES_MULTIPLY_ADDS = 1 << 15;
// For so few rows b is read where it lies, if that is along its columns.
enum { FEW_ROWS = 16, PART_MULTIPLE = 16 };

static int part_length(int64_t multiply_adds, int length) {
    const int64_t worth = multiply_adds / PART_MULTIPLY_ADDS;
    const int threads = omp_in_parallel() ? 1 : threads_count();
    const int parts = worth < threads ? larger((int)worth, 1) : threads;
    return divide_up(divide_up(length, parts), PART_MULTIPLE) * PART_MULTIPLE;
}

// Each sum has its order, however many threads share the rows or columns.
static void multiply_by_tiles(Transpose a_order, Transpose b_order, int m, int n, int k,
                              const real *a, const real *b, bool add, real *c) {
    const bool cut_rows = m >= n, in_place = m <= FEW_ROWS && b_order == PLAIN &&
                                             n % loops()->lanes == 0 && n < TILES_FAR;
    const int length = cut_rows ? m : n, part = part_length((int64_t)m * n * k, length);
    const ptrdiff_t a_row = a_order == TRANSPOSED ? 1 : k, a_k = a_order == TRANSPOSED ? m : 1;
    const ptrdiff_t b_column = b_order == TRANSPOSED ? k : 1, b_k = b_order == TRANSPOSED ? 1 : n;
#pragma omp parallel for schedule(static) if (part < length)
    for (int first = 0; first < length; first += part) {
        const int count = smaller(part, length - first);
        const int rows = cut_rows ? count : m, columns = cut_rows ? n : count;
        const ptrdiff_t row = cut_rows ? first : 0, column = cut_rows ? 0 : first;
        const real *a_part = a + row * a_row, *b_part = b + column * b_column;
        real *c_part = c + row * n + column;
        if (in_place)
            tiles_product(tiles_width(rows, columns, smaller(k, TILES_DEPTH)), rows, columns, k,
                          a_part, a_row, a_k, b_part, n, add, c_part, n);
        else
            tiles_packed_product(rows, columns, k, a_part, a_row, a_k, b_part, b_k, b_column, add,
                                 c_part, n);
    }
}

static void multiply_by_blas(Transpose a_order, Transpose b_order, int m, int n, int k,
                             const real *a, const real *b, bool add, real *c) {
    const int a_stride = a_order == TRANSPOSED ? m : k, b_stride = b_order == TRANSPOSED ? k : n;
    const enum CBLAS_TRANSPOSE a_flag = a_order == TRANSPOSED ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE b_flag = b_order == TRANSPOSED ? CblasTrans : CblasNoTrans;
    const real beta = add ? 1 : 0;
#ifdef KNOBS_DOUBLE
    cblas_dgemm(CblasRowMajor, a_flag, b_flag, m, n, k, 1, a, a_stride, b, b_stride, beta, c, n);
#else
    cblas_sgemm(CblasRowMajor, a_flag, b_flag, m, n, k, 1, a, a_stride, b, b_stride, beta, c, n);
#endif
}

void kernel_gemm(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                 const real *b, bool add, real *c) {
    const int64_t multiply_adds = (int64_t)m * n * k;
    if (m == 0 || n == 0)
        return;
    if (multiply_adds < TILES_MULTIPLY_ADDS)
        multiply_by_blas(a_order, b_order, m, n, k, a, b, add, c);
    else
        multiply_by_tiles(a_order, b_order, m, n, k, a, b, add, c);
}
