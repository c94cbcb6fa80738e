// Pooling: each window of a plane becomes one number. `planes` = batch · channels lie one behind
// the other. Planes are independent, so the threads share them and the bits are always the same.
#ifndef KNOBS_KERNELS_POOLING_H
#define KNOBS_KERNELS_POOLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

// out = (in + 2 padding − kernel) / stride + 1, rounded down; padding ≤ kernel / 2, so that each
// window holds at least one number of the plane, which has at most INT32_MAX.
typedef struct PoolSizes {
    size_t planes;
    int height, width;
    int kernel, stride, padding;
    int out_height, out_width;
} PoolSizes;

// y = the largest of each window; the first of equals, and a NaN wins. argmax gets for each output
// the place of the winner in its plane.
void kernel_max_pool(const PoolSizes *sizes, const real *x, int32_t *argmax, real *y);
// dx at argmax gets dy, windows may overlap; stored, or added to what is there if `add`.
void kernel_max_pool_gradient(const PoolSizes *sizes, const int32_t *argmax, const real *dy,
                              bool add, real *dx);

// y = the sum of each window / kernel²: the padding counts as zeros.
void kernel_avg_pool(const PoolSizes *sizes, const real *x, real *y);
void kernel_avg_pool_gradient(const PoolSizes *sizes, const real *dy, bool add, real *dx);

#endif
