#include "kernels/convolution_parts.h"

#include <string.h>

#include "kernels/loops.h"

// `row`: the place of the first number if split is 1 or 2, else of the row; `odds`: of the second.
static void fill_row(const Planes *p, const real *from, real *row, real *odds) {
    const int split = p->split, columns = smaller(p->width, p->pitch * split - p->left);
    if (split == 1) {
        loops()->add_amount(columns, from, 0, row);
    } else if (split == 2) {
        loops()->split_pairs(columns / 2, from, row, odds);
        if (columns % 2)
            row[columns / 2] = from[columns - 1];
    } else {
        for (int x = 0; x < columns; x++)
            row[(ptrdiff_t)((x + p->left) % split) * p->rows * p->pitch + (x + p->left) / split] =
                from[x];
    }
}

void planes_fill(const Planes *p, const real *image, real *to) {
    const int split = p->split, rows = smaller(p->height, p->rows * split - p->top);
    for (int c = 0; c < p->channels; c++)
        for (int first = 0; first < smaller(split, rows); first++) { // all rows of a phase
            const real *from = image + ((ptrdiff_t)c * p->height + first) * p->width;
            const int y = p->top + first;
            real *row = to + planes_at(p, c, y, split < 3 ? p->left : 0);
            real *odds = to + planes_at(p, c, y, p->left + 1);
            for (int i = first; i < rows; i += split, from += split * p->width) {
                fill_row(p, from, row, odds);
                row += p->pitch;
                odds += p->pitch;
            }
        }
}

void planes_interleave(const Planes *p, const real *image, int width, real *to) {
    const int rows = smaller(p->height, p->rows - p->top);
    const int columns = smaller(p->width, p->pitch - p->left);
    for (int y = 0; y < rows && columns > 0; y++)
        loops()->transpose(p->channels, columns, image + (ptrdiff_t)y * p->width,
                           (ptrdiff_t)p->height * p->width, NULL,
                           to + ((ptrdiff_t)(y + p->top) * p->pitch + p->left) * width, width);
}

void region_place(const Region *r, int channels, const real *sums, ptrdiff_t stride, int pitch,
                  const real *bias, bool add, real *planes) {
    const int step = r->step;
    const bool whole = step == 1 && r->columns == r->width && pitch == r->columns;
    const int rows = whole ? 1 : r->rows, length = whole ? r->rows * pitch : r->columns;
    for (int channel = 0; channel < channels; channel++) {
        const real start = bias ? bias[channel] : 0;
        real *plane = planes + (ptrdiff_t)channel * r->height * r->width;
        for (int row = 0; row < rows; row++) {
            const real *from = sums + channel * stride + row * pitch;
            real *to = plane + (ptrdiff_t)(r->row + row * step) * r->width + r->column;
            if (step == 1 && !add)
                loops()->add_amount(length, from, start, to);
            else
                for (int i = 0; i < length; i++)
                    to[i * step] = (add ? to[i * step] : 0) + start + from[i];
        }
    }
}

double tile_cost(int rows, int vectors, bool near) {
    const double products = rows * vectors;
    const double reads = (near ? 1 : 2) * vectors + 0.5 * rows + 1.5;
    return products > reads ? products : reads;
}

int tile_rows(int vectors, int count) {
    const int most = smaller(loops()->accumulators / vectors, TILE_ROWS);
    return divide_up(count, divide_up(count, most));
}
