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

// Where the columns that lie on the planes begin, and end.
static int first_column(const Window *w) {
    return larger(-w->column, 0);
}

static int end_column(const Window *w) {
    return smaller(w->columns, w->width - w->column);
}

static void set_zero(real *from, const real *end) {
    memset(from, 0, (size_t)(end - from) * sizeof(real));
}

void window_frame(const Window *w, int planes, int lanes, real *to) {
    const int first = planes < lanes ? w->columns : smaller(first_column(w), w->columns);
    for (int y = 0; y < w->rows; y++, to += (ptrdiff_t)w->columns * lanes) {
        set_zero(to, to + first * lanes);
        set_zero(to + larger(end_column(w), first) * lanes, to + w->columns * lanes);
    }
}

void window_interleave(const Window *w, int planes, const real *from, int lanes, real *to) {
    const int first = first_column(w), end = end_column(w);
    const int top = larger(-w->row, 0), bottom = smaller(w->rows, w->height - w->row);
    const bool in_line = first == 0 && end == w->columns && w->columns == w->width;
    const ptrdiff_t line = (ptrdiff_t)w->columns * lanes;
    if (top >= bottom || first >= end) {
        set_zero(to, to + w->rows * line);
        return;
    }
    set_zero(to, to + top * line);
    from += (ptrdiff_t)(w->row + top) * w->width + w->column + first;
    for (int y = top; y < bottom; y += in_line ? bottom - top : 1, from += w->width)
        loops()->transpose(planes, in_line ? (bottom - top) * w->width : end - first, from,
                           (ptrdiff_t)w->height * w->width, NULL, to + y * line + first * lanes,
                           lanes);
    set_zero(to + bottom * line, to + w->rows * line);
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

// At stride 2 both phases at once, as far as they go together.
void split_columns(int rows, int width, int left, int step, int phases, int columns,
                   const real *from, ptrdiff_t from_pitch, real *to, ptrdiff_t to_pitch,
                   ptrdiff_t next_phase) {
    int together = 0;
    if (step == 2 && phases == 2) {
        const int first = left % 2; // the phase of number 0
        const Span even = span_of(first - left, 2, width, columns),
                   odd = span_of(1 - first - left, 2, width, columns);
        together = smaller(even.count, odd.count);
        loops()->split_rows(rows, together, from, from_pitch, to + first * next_phase + even.first,
                            to + (1 - first) * next_phase + odd.first, to_pitch);
    }
    for (int phase = 0; phase < phases; phase++) {
        const Span x = span_of(phase - left, step, width, columns);
        if (x.count > together)
            loops()->copy_rows(rows, x.count - together, from + x.at + step * together, from_pitch,
                               step, 0, to + phase * next_phase + x.first + together, to_pitch);
    }
}
