// Element by element loops. n is the number of elements; a gradient is stored, or added if `add`. y may be x, and dx may
// be dy or, if it is stored, y.
#ifndef KNOBS_KERNELS_ELEMENTWISE_H
#define KNOBS_KERNELS_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

// y = a·x + b·z, where z may be NULL (then y = a·x); a gradient of a sum or a scaled tensor is one
// too.
void kernel_combine(size_t n, real a, const real *x, real b, const real *z, bool add, real *y);
void kernel_multiply(size_t n, const real *x, const real *z, bool add, real *y); // y = x·z
void kernel_fill(size_t n, real value, bool add, real *y);
// 512 numbers at a time in `real`, and these sums in double; the order depends on n and on the vectors' width alone.
double kernel_sum(size_t n, const real *x);

// y = max(x, 0), and no more than ceiling (NAN: there is none). The gradient is taken at y: 0 where
// y ≤ 0 and at the ceiling, else dy; a NaN passes it.
void kernel_rectify(size_t n, const real *x, real ceiling, real *y);
void kernel_rectify_gradient(size_t n, const real *y, real ceiling, const real *dy, bool add,
                             real *dx);
// y = x where x > 0, slope·x elsewhere: for a NaN too, and 0 · −∞ is one. The gradient is taken at y,
// since y > 0 exactly where x > 0 for every slope ≥ 0.
void kernel_leak(size_t n, const real *x, real slope, real *y);
void kernel_leak_gradient(size_t n, const real *y, real slope, const real *dy, bool add, real *dx);
void kernel_tanh(size_t n, const real *x, real *y);
void kernel_tanh_gradient(size_t n, const real *y, const real *dy, bool add, real *dx);
void kernel_sigmoid(size_t n, const real *x, real *y);
void kernel_sigmoid_gradient(size_t n, const real *y, const real *dy, bool add, real *dx);

// y [rows, columns]: each row becomes bias, and the gradient: the sum of dy's rows.
void kernel_broadcast_rows(size_t rows, size_t columns, const real *bias, real *y);
void kernel_sum_rows(size_t rows, size_t columns, const real *dy, bool add, real *db);

#endif
