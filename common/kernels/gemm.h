// Matrix products: by the tiles of tiles.h, which take 0.5 to 1.05 of OpenBLAS's time, and very small ones by OpenBLAS.
#ifndef KNOBS_KERNELS_GEMM_H
#define KNOBS_KERNELS_GEMM_H

#include <stdbool.h>

#include "base/real.h"

typedef enum Transpose { PLAIN, TRANSPOSED } Transpose;

// c = op(a) op(b), or c += op(a) op(b) if add; op(a) is [m, k], op(b) is [k, n], c is [m, n], all
// dense and row-major. The order of each sum doesn't depend on the number of threads.
void kernel_gemm(Transpose a_order, Transpose b_order, int m, int n, int k, const real *a,
                 const real *b, bool add, real *c);

#endif
