// Eigenvalues of small symmetric matrices, by LAPACK.
#ifndef KNOBS_INSTRUMENTS_EIGEN_H
#define KNOBS_INSTRUMENTS_EIGEN_H

#include <stdbool.h>

// Writes to values [n] the eigenvalues, ascending, of the symmetric matrix [n, n] whose rows lie
// `stride` numbers apart. The matrix is overwritten: by its eigenvectors, a row each, if `vectors`.
// Fatal: LAPACK doesn't converge.
void symmetric_eigen(double *matrix, int n, int stride, bool vectors, double *values);

#endif
