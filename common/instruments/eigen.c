#include "instruments/eigen.h"

#include <stdlib.h>

#include "base/error.h"

// LAPACK: eigenvalues, ascending, and with jobz "V" the eigenvectors in the rows of a.
extern void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *info);

void symmetric_eigen(double *matrix, int n, int stride, bool vectors, double *values) {
    const int room = 64 * n;
    double *work = memory_alloc((size_t)room * sizeof *work);
    int info = 0;
    dsyev_(vectors ? "V" : "N", "U", &n, matrix, &stride, values, work, &room, &info);
    free(work);
    if (info != 0)
        fatal("symmetric_eigen: LAPACK's dsyev failed: info %d", info);
}
