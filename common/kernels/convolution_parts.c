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

// The rows of one phase, `lines` of them, split · width apart; `row` is the first one's place.
static void fill_lines(const Planes *p, int lines, const real *from, real *row) {
    const int split = p->split, columns = smaller(p->width, p->pitch * split - p->left);
    const ptrdiff_t pitch = p->pitch, far = (ptrdiff_t)split * p->width, phase = p->rows * pitch;
    if (split == 1) {
        loops()->add_amount(lines, columns, from, far, 0, row + p->left, pitch);
        return;
    }
    const int pairs = split == 2 ? columns / 2 : 0;
    if (pairs > 0)
        loops()->split_pairs(lines, pairs, from, far, row + p->left % 2 * phase + p->left / 2,
                             row + (p->left + 1) % 2 * phase + (p->left + 1) / 2, pitch);
    for (int line = 0; line < lines; line++)
        for (int x = 2 * pairs, to = x + p->left; x < columns; x++, to++)
            row[to % split * phase + line * pitch + to / split] = from[line * far + x];
}

void planes_fill(const Planes *p, const real *image, real *to) {
    const int split = p->split, rows = smaller(p->height, p->rows * split - p->top);
    for (int c = 0; c < p->channels; c++)
        for (int first = 0; first < smaller(split, rows); first++)
            fill_lines(p, divide_up(rows - first, split),
                       image + ((ptrdiff_t)c * p->height + first) * p->width,
                       to + planes_at(p, c, p->top + first, 0));
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
            loops()->add_amount(rows, columns, from, sums.pitch, start, to, r->width);
        else
            place_plane(r, from, sums.pixel, sums.pitch, start, add, to);
    }
}

Tiles tiles_for(int rows, int columns, int depth, double store, bool near) {
    Tiles best = {0};
    for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
        const int at_once = tile_rows(vectors, rows), products = at_once * vectors;
        const double reads = (near ? 1 : 2) * vectors + 0.5 * at_once + 1.5;
        const double tile = depth * (products > reads ? products : reads) + 20 + store * products;
        const double cost =
            tile * divide_up(rows, at_once) * divide_up(columns, vectors * loops()->lanes);
        if (vectors == 1 || cost < best.cost)
            best = (Tiles){.rows = at_once, .vectors = vectors, .cost = cost};
    }
    return best;
}

int tile_rows(int vectors, int count) {
    const int most = smaller(loops()->accumulators / vectors, TILE_ROWS);
    return divide_up(count, divide_up(count, most));
}
