// Matrix products, by OpenBLAS (cblas_sgemm, or cblas_dgemm in the double build).
#ifndef KNOBS_KERNELS_GEMM_H
#define KNOBS_KERNELS_GEMM_H

#include <stdbool.h>

#include "base/real.h"

typedef enum Transpose { PLAIN, TRANSPOSED } Transpose;

// c = op(a) op(b), or c += op(a) op(b) if add; op(a) is [m, k], op(b) is [k, n], c is [m, n], all
// dense and row-major. The product is cut into blocks of c by its size alone, so that the bits don't
// depend on the number of threads.
void kernel_gemm(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                 const real *b, bool add, real *c);

#endif
