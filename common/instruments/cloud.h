// A cloud of points, taken as a Gaussian of mean m and covariance C; and the Fréchet distance of two
// (Fréchet 1957; Dowson and Landau 1982; Heusel et al. 2017 for the images of GANs, whose points are
// features of a network):
//
//     d² = |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½)
#ifndef KNOBS_INSTRUMENTS_CLOUD_H
#define KNOBS_INSTRUMENTS_CLOUD_H

#include "base/real.h"

enum { CLOUD_MAX = 64 };

typedef double Matrix[CLOUD_MAX][CLOUD_MAX];

// Begins as {.size = numbers of a point}, at most CLOUD_MAX.
typedef struct Cloud {
    int size;
    long count; // points
    double sums[CLOUD_MAX];
    Matrix products; // sums of each number of a point times each
} Cloud;

// Adds n points [n, size].
void cloud_add(Cloud *cloud, const real *points, int n);

// d² of two clouds of one size (else fatal); NaN where a number isn't finite, or a cloud has fewer than
// two points.
double cloud_distance(const Cloud *a, const Cloud *b);

#endif
