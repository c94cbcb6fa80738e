// Matrix products, by OpenBLAS (cblas_sgemm, or cblas_dgemm in the double build).
#ifndef KNOBS_KERNELS_GEMM_H
#define KNOBS_KERNELS_GEMM_H

#include <stdbool.h>

#include "base/real.h"

typedef enum Transpose { PLAIN, TRANSPOSED } Transpose;

// c = op(a) op(b), or c += op(a) op(b) if add; op(a) is [m, k], op(b) is [k, n], c is [m, n], all
// row-major; a_stride, b_stride, c_stride are the distances between two rows as they lie in memory.
// On the calling thread alone.
void kernel_gemm_one(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                     int a_stride, const real *b, int b_stride, bool add, real *c, int c_stride);

// The same with dense rows, by all threads. The product is cut into blocks of c by its size alone,
// so that the bits don't depend on the number of threads.
void kernel_gemm(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                 const real *b, bool add, real *c);

#endif
