#include "kernels/elementwise.h"

#include <math.h>
#include <string.h>

#include "kernels/loops.h"

// From so many elements on, the threads share a loop; below it, waking them costs more.
enum { PARALLEL_FROM = 1 << 15, SUMMED_COLUMNS = 64 };

// dst[i] = value, or += value; n and add are the function's own. `parallel :` because a bare if clause would turn
// off simd too.
// clang-format off
#define STORE_OR_ADD(dst, value)                                                                   \
    _Pragma("omp parallel for simd schedule(static) if (parallel : n >= PARALLEL_FROM)")           \
    for (size_t i = 0; i < n; i++)                                                                 \
        (dst)[i] = add ? (dst)[i] + (value) : (value)
// clang-format on

void kernel_combine(size_t n, real a, const real *x, real b, const real *z, bool add, real *y) {
    if (z)
        STORE_OR_ADD(y, a * x[i] + b * z[i]);
    else
        STORE_OR_ADD(y, a * x[i]);
}

void kernel_multiply(size_t n, const real *x, const real *z, bool add, real *y) {
    STORE_OR_ADD(y, x[i] * z[i]);
}

void kernel_fill(size_t n, real value, bool add, real *y) {
    STORE_OR_ADD(y, value);
}

double kernel_sum(size_t n, const real *x) {
    return loops()->sum(n, x);
}

void kernel_rectify(size_t n, const real *x, real ceiling, real *y) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i += BLOCK)
        loops()->rectify(block_size(n, i), x + i, ceiling, y + i);
}

void kernel_rectify_gradient(size_t n, const real *y, real ceiling, const real *dy, bool add,
                             real *dx) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i += BLOCK)
        loops()->rectify_gradient(block_size(n, i), y + i, ceiling, dy + i, add, dx + i);
}

void kernel_leak(size_t n, const real *x, real slope, real *y) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i += BLOCK)
        loops()->leak(block_size(n, i), x + i, slope, y + i);
}

void kernel_leak_gradient(size_t n, const real *y, real slope, const real *dy, bool add, real *dx) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i += BLOCK)
        loops()->leak_gradient(block_size(n, i), y + i, slope, dy + i, add, dx + i);
}

void kernel_tanh(size_t n, const real *x, real *y) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i++)
        y[i] = (real)tanh((double)x[i]);
}

void kernel_tanh_gradient(size_t n, const real *y, const real *dy, bool add, real *dx) {
    STORE_OR_ADD(dx, dy[i] * (1 - y[i] * y[i]));
}

void kernel_sigmoid(size_t n, const real *x, real *y) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
    for (size_t i = 0; i < n; i++)
        y[i] = (real)(1 / (1 + exp(-(double)x[i])));
}

void kernel_sigmoid_gradient(size_t n, const real *y, const real *dy, bool add, real *dx) {
    STORE_OR_ADD(dx, dy[i] * y[i] * (1 - y[i]));
}

void kernel_broadcast_rows(size_t rows, size_t columns, const real *bias, real *y) {
    for (size_t r = 0; r < rows; r++)
        memcpy(y + r * columns, bias, columns * sizeof(real));
}

// In double, and rounded before it is added: gradients of two batches that cancel leave nothing.
static void sum_columns(size_t rows, size_t count, size_t columns, const real *dy, bool add,
                        real *db) {
    double sums[SUMMED_COLUMNS] = {0};
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < count; c++)
            sums[c] += (double)dy[r * columns + c];
    for (size_t c = 0; c < count; c++)
        db[c] = (add ? db[c] : 0) + (real)sums[c];
}

void kernel_sum_rows(size_t rows, size_t columns, const real *dy, bool add, real *db) {
    for (size_t c = 0; c < columns; c += SUMMED_COLUMNS) {
        const size_t count = columns - c < SUMMED_COLUMNS ? columns - c : SUMMED_COLUMNS;
        sum_columns(rows, count, columns, dy + c, add, db + c);
    }
}
