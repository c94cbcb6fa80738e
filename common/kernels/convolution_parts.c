#include "kernels/convolution_parts.h"

#include <string.h>

#include "kernels/loops.h"

Planes planes_of_input(const ConvolutionSizes *s, int split) {
    const int step = s->stride / split; // from one output to the next, in rows of a phase
    return (Planes){.channels = group_in(s),
                    .height = s->height,
                    .width = s->width,
                    .top = s->padding_top,
                    .left = s->padding_left,
                    .split = split,
                    .rows = (s->out_height - 1) * step + (s->kernel_height - 1) / split + 1,
                    .pitch = (s->out_width - 1) * step + (s->kernel_width - 1) / split + 1};
}

void planes_fill(const Planes *p, const real *image, real *to) {
    const int split = p->split, rows = smaller(p->height, p->rows * split - p->top);
    const int columns = smaller(p->width, p->pitch * split - p->left);
    for (int c = 0; c < p->channels; c++)
        for (int y = 0; y < split; y++)
            for (int x = 0; x < split; x++)
                loops()->copy_rows(divide_up(rows - y, split), divide_up(columns - x, split),
                                   image + ((ptrdiff_t)c * p->height + y) * p->width + x,
                                   (ptrdiff_t)split * p->width, split, 0,
                                   to + planes_at(p, c, p->top + y, p->left + x), p->pitch);
}

void planes_interleave(const Planes *p, const real *image, real *to) {
    const int rows = smaller(p->height, p->rows - p->top);
    const int columns = smaller(p->width, p->pitch - p->left);
    for (int y = 0; y < rows && columns > 0; y++)
        loops()->transpose(
            p->channels, columns, image + (ptrdiff_t)y * p->width, (ptrdiff_t)p->height * p->width,
            NULL, to + ((ptrdiff_t)(y + p->top) * p->pitch + p->left) * p->channels, p->channels);
}

static void place_plane(const Region *r, const real *from, ptrdiff_t pixel, int pitch, real start,
                        bool add, real *to) {
    for (int row = 0; row < r->rows; row++)
        for (int i = 0; i < r->columns; i++) {
            real *place = to + (ptrdiff_t)(row * r->width + i) * r->step;
            *place = (add ? *place : 0) + start + from[(row * pitch + i) * pixel];
        }
}

void region_place(const Region *r, int channels, Sums sums, const real *bias, bool add,
                  real *planes) {
    const ptrdiff_t plane = (ptrdiff_t)r->height * r->width;
    // Rows that follow each other in both are one long row.
    const bool in_line = r->columns == r->width && sums.pitch == r->width;
    const int rows = in_line ? 1 : r->rows, columns = in_line ? r->rows * r->width : r->columns;
    real *to = planes + (ptrdiff_t)r->row * r->width + r->column;
    if (r->step == 1 && !add && sums.channel == 1) {
        for (int row = 0; row < rows; row++)
            loops()->transpose(columns, channels, sums.data + row * sums.pitch * sums.pixel,
                               sums.pixel, bias, to + (ptrdiff_t)row * r->width, plane);
        return;
    }
    for (int channel = 0; channel < channels; channel++, to += plane) {
        const real start = bias ? bias[channel] : 0, *from = sums.data + channel * sums.channel;
        if (r->step == 1 && !add)
            loops()->copy_rows(rows, columns, from, sums.pitch, 1, start, to, r->width);
        else
            place_plane(r, from, sums.pixel, sums.pitch, start, add, to);
    }
}
