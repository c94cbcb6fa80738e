#include "kernels/convolution_parts.h"

#include <string.h>

#include "kernels/loops.h"

void transposed_place(int rows, int columns, real *from, ptrdiff_t from_stride, const real *bias,
                      bool add, real *to, ptrdiff_t to_stride) {
    for (int row = 0; add && row < rows; row++)
        for (int column = 0; column < columns; column++)
            from[row * from_stride + column] += to[column * to_stride + row];
    loops()->transpose(rows, columns, from, from_stride, bias, to, to_stride);
}

static void set_zero(real *from, const real *end) {
    memset(from, 0, (size_t)(end - from) * sizeof(real));
}

void window_interleave(const Window *w, int planes, const real *from, int lanes, real *to) {
    const int first = larger(-w->column, 0), end = smaller(w->columns, w->width - w->column);
    const int last = smaller(w->rows, w->height - w->row);
    const ptrdiff_t line = (ptrdiff_t)w->columns * lanes;
    if (planes < lanes)
        set_zero(to, to + w->rows * line);
    for (int y = 0; y < w->rows; y++, to += line) {
        if (y < -w->row || y >= last || first >= end) {
            set_zero(to, to + line);
            continue;
        }
        set_zero(to, to + first * lanes);
        loops()->transpose(planes, end - first,
                           from + (ptrdiff_t)(w->row + y) * w->width + w->column + first,
                           (ptrdiff_t)w->height * w->width, NULL, to + first * lanes, lanes);
        set_zero(to + end * lanes, to + line);
    }
}

void window_place(const Window *w, int planes, real *from, int lanes, const real *bias, bool add,
                  real *to) {
    const ptrdiff_t plane = (ptrdiff_t)w->height * w->width;
    const bool in_line = w->columns == w->width; // the rows of both are one
    const int rows = smaller(w->rows, w->height - w->row), columns = smaller(w->columns, w->width);
    to += (ptrdiff_t)w->row * w->width;
    for (int y = 0; y < (in_line ? 1 : rows); y++, to += w->width)
        transposed_place(in_line ? rows * columns : columns, planes,
                         from + (ptrdiff_t)y * w->columns * lanes, lanes, bias, add, to, plane);
}
