// Eigenvalues of small symmetric matrices, by LAPACK.
#ifndef KNOBS_INSTRUMENTS_EIGEN_H
#define KNOBS_INSTRUMENTS_EIGEN_H

#include <stdbool.h>

// Of the symmetric matrix [n, n] whose rows lie `stride` numbers apart: values[n], ascending. The
// matrix becomes its eigenvectors, a row each, where they are wanted, else rubbish. Fatal: LAPACK finds
// none.
void symmetric_eigen(double *matrix, int n, int stride, bool vectors, double *values);

#endif
