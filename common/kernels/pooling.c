#include "kernels/pooling.h"

#include <math.h>
#include <string.h>

#include "kernels/loops.h"

// From so many outputs on, the threads share the planes.
enum { PARALLEL_FROM = 1 << 13 };

static size_t input_size(const PoolSizes *s) {
    return (size_t)s->height * (size_t)s->width;
}

static size_t output_size(const PoolSizes *s) {
    return (size_t)s->out_height * (size_t)s->out_width;
}

static bool is_parallel(const PoolSizes *s) {
    return s->planes * output_size(s) >= PARALLEL_FROM;
}

// What of a window lies on the plane: rows top … bottom − 1, columns left … right − 1.
typedef struct PoolWindow {
    int top, bottom, left, right;
} PoolWindow;

static PoolWindow window_at(const PoolSizes *s, int row, int column) {
    const int top = row * s->stride - s->padding, left = column * s->stride - s->padding;
    const int bottom = top + s->kernel, right = left + s->kernel;
    return (PoolWindow){.top = top > 0 ? top : 0,
                        .bottom = bottom < s->height ? bottom : s->height,
                        .left = left > 0 ? left : 0,
                        .right = right < s->width ? right : s->width};
}

static int32_t window_argmax(const real *plane, int width, PoolWindow window) {
    int32_t best = window.top * width + window.left;
    for (int row = window.top; row < window.bottom; row++)
        for (int at = row * width + window.left; at < row * width + window.right; at++)
            if (plane[at] > plane[best] || isnan(plane[at]))
                best = at;
    return best;
}

static void max_pool_row(const PoolSizes *s, const real *plane, int row, int32_t *argmax, real *y) {
    if (s->kernel == 2 && s->stride == 2 && s->padding == 0 && s->out_width >= 4) { // the commonest
        const int at = 2 * row * s->width;
        loops()->max_pool_pairs(s->out_width, plane + at, plane + at + s->width, at, s->width,
                                argmax, y);
        return;
    }
    for (int x = 0; x < s->out_width; x++) {
        argmax[x] = window_argmax(plane, s->width, window_at(s, row, x));
        y[x] = plane[argmax[x]];
    }
}

void kernel_max_pool(const PoolSizes *s, const real *x, int32_t *argmax, real *y) {
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t i = 0; i < s->planes; i++)
        for (int row = 0; row < s->out_height; row++) {
            const size_t out = i * output_size(s) + (size_t)row * (size_t)s->out_width;
            max_pool_row(s, x + i * input_size(s), row, argmax + out, y + out);
        }
}

void kernel_max_pool_gradient(const PoolSizes *s, const int32_t *argmax, const real *dy, bool add,
                              real *dx) {
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t i = 0; i < s->planes; i++) {
        real *plane = dx + i * input_size(s);
        if (!add)
            memset(plane, 0, input_size(s) * sizeof(real));
        for (size_t out = i * output_size(s); out < (i + 1) * output_size(s); out++)
            plane[argmax[out]] += dy[out];
    }
}

static real window_sum(const real *plane, int width, PoolWindow window) {
    real total = 0;
    for (int row = window.top; row < window.bottom; row++)
        for (int column = window.left; column < window.right; column++)
            total += plane[(ptrdiff_t)row * width + column];
    return total;
}

void kernel_avg_pool(const PoolSizes *s, const real *x, real *y) {
    const real count = (real)s->kernel * (real)s->kernel;
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t i = 0; i < s->planes; i++) {
        size_t out = i * output_size(s);
        for (int row = 0; row < s->out_height; row++)
            for (int column = 0; column < s->out_width; column++, out++)
                y[out] =
                    window_sum(x + i * input_size(s), s->width, window_at(s, row, column)) / count;
    }
}

static void window_add(real *plane, int width, PoolWindow window, real amount) {
    for (int row = window.top; row < window.bottom; row++)
        for (int column = window.left; column < window.right; column++)
            plane[(ptrdiff_t)row * width + column] += amount;
}

void kernel_avg_pool_gradient(const PoolSizes *s, const real *dy, bool add, real *dx) {
    const real count = (real)s->kernel * (real)s->kernel;
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t i = 0; i < s->planes; i++) {
        real *plane = dx + i * input_size(s);
        if (!add)
            memset(plane, 0, input_size(s) * sizeof(real));
        size_t out = i * output_size(s);
        for (int row = 0; row < s->out_height; row++)
            for (int column = 0; column < s->out_width; column++, out++)
                window_add(plane, s->width, window_at(s, row, column), dy[out] / count);
    }
}
