#include "kernels/convolution_parts.h"

#include "kernels/loops.h"

void transposed_place(int rows, int columns, real *from, ptrdiff_t from_stride, const real *bias,
                      bool add, real *to, ptrdiff_t to_stride) {
    for (int row = 0; add && row < rows; row++)
        for (int column = 0; column < columns; column++)
            from[row * from_stride + column] += to[column * to_stride + row];
    loops()->transpose(rows, columns, from, from_stride, bias, to, to_stride);
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
