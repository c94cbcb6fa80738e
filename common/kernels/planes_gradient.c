// dweight of planes.c: for each tap and each channel of y the sum, over the places of the kernel, of what the
// tap sees there times dy.
#include <omp.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

// The batch is cut into pieces, fewer where the weights are large.
enum { MOST_PIECES = 8, PARTIAL_SUMS = 1 << 21 };
enum { FEW_CHANNELS = 4, DEPTH = 256 };

// A strip of dy beside the planes, the sums, and a table of the places or of the taps.
void planes_set_gradient(Planes *p) {
    const ConvolutionSizes *s = p->sizes;
    const int places = p->rows * p->wide;
    p->along = group_out(s) <= FEW_CHANNELS;
    p->width_of_sums = p->along ? group_out(s) : odd_lines(group_out(s));
    p->work = p->planes + (size_t)(p->along ? p->pitch : places * p->width_of_sums);
    p->sums = multiple_of_16((size_t)(s->groups * p->taps) * (size_t)p->width_of_sums);
    p->pieces = smaller((int)(PARTIAL_SUMS / p->sums), smaller(s->batch, MOST_PIECES));
    p->pieces = larger(p->pieces, smaller(larger(s->batch, 1), 2));
    if (!p->along)
        p->vectors = tiles_vectors(larger(p->channels, divide_up(s->kernel_width, s->stride)),
                                   p->results, smaller(DEPTH, places));
    p->first =
        multiple_of_16((size_t)(p->along ? p->taps : 2 * places)) + (size_t)p->pieces * p->sums;
}

// Sums along the lines: dy is laid out as the planes are, with zeros between its rows.
static void add_along(const Planes *p, int row, int rows, const real *dy, const int *taps_at,
                      real *work, real *sums) {
    real *line = work + p->planes;
    for (int o = 0; o < p->results; o++, dy += positions_of(p->sizes)) {
        memset(line, 0, (size_t)p->pitch * sizeof(real));
        loops()->copy_rows(rows, p->wide, dy + row * p->wide, p->wide, 1, 0, line, p->columns);
        for (int tap = 0; tap < p->taps; tap++)
            sums[tap * p->results + o] +=
                loops()->dot((rows - 1) * p->columns + p->wide, work + taps_at[tap], line);
    }
}

// The taps that a tile has for its rows: all channels at one place of the kernel or, where there are fewer, the
// neighbours in a row of the kernel that a phase of one channel sees.
typedef struct Rows {
    int count, taps_apart;
    ptrdiff_t apart; // in the planes
} Rows;

static Rows rows_of(const Planes *p, int column, bool by_channel) {
    const ConvolutionSizes *s = p->sizes;
    if (by_channel)
        return (Rows){p->channels, kernel_size(s), (ptrdiff_t)phases_of(p) * p->pitch};
    return (Rows){divide_up(s->kernel_width - column, s->stride), s->stride, 1};
}

// Products of the lines with dy [places][channels of y], some places at a time.
static void add_across(const Planes *p, int row, int rows, const real *dy, const int *place_at,
                       const int *dy_at, real *work, real *sums) {
    const ConvolutionSizes *s = p->sizes;
    const int count = rows * p->wide, width = p->width_of_sums, kernel_width = s->kernel_width;
    const bool by_channel = p->channels >= divide_up(kernel_width, s->stride);
    const int channels = by_channel ? 1 : p->channels;
    const int columns = by_channel ? kernel_width : p->phase_columns;
    real *strip = work + p->planes;
    loops()->transpose(p->results, count, dy + row * p->wide, positions_of(s), NULL, strip, width);
    for (int first = 0; first < count; first += DEPTH)
        for (int i = 0; i < channels * s->kernel_height * columns; i++) {
            const int channel = i / columns / s->kernel_height, v = i % columns;
            const int u = i / columns % s->kernel_height;
            const Rows r = rows_of(p, v, by_channel);
            const int tap = channel * kernel_size(s) + u * kernel_width + v;
            tiles_multiply(p->vectors, r.count, p->results, smaller(DEPTH, count - first), strip,
                           dy_at + first, work + planes_tap(p, channel, u, v), place_at + first,
                           r.apart, true, sums + (ptrdiff_t)tap * width,
                           (ptrdiff_t)r.taps_apart * width);
        }
}

static void add_weights(const Planes *p, const real *x, const real *dy, const int *tables,
                        real *work, real *sums) {
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        planes_load(p, row, rows, x, work);
        if (p->along)
            add_along(p, row, rows, dy, tables, work, sums);
        else
            add_across(p, row, rows, dy, tables, tables + p->rows * p->wide, work, sums);
    }
}

// All pieces of a group's sums [taps][channels of y], to dweight [channels of y][taps].
static void place_weights(const Planes *p, size_t size, real *sums, bool add, real *dweight) {
    for (int piece = 1; piece < p->pieces; piece++)
        for (size_t i = 0; i < size; i++)
            sums[i] += sums[(size_t)piece * p->sums + i];
    transposed_place(p->taps, p->results, sums, p->width_of_sums, NULL, add, dweight, p->taps);
}

// What the sums read by: the places in the planes and in dy or, along the lines, the places of the taps.
static void list_table(const Planes *p, int *table) {
    const ConvolutionSizes *s = p->sizes;
    const int places = p->rows * p->wide;
    for (int i = 0; !p->along && i < places; i++) {
        table[i] = i / p->wide * p->columns + i % p->wide;
        table[places + i] = i * p->width_of_sums;
    }
    for (int tap = 0; p->along && tap < p->taps; tap++)
        table[tap] = planes_tap(p, tap / kernel_size(s), tap % kernel_size(s) / s->kernel_width,
                                tap % s->kernel_width);
}

void planes_gradient(const Planes *p, const real *x, const real *dy, real *scratch, bool add,
                     real *dweight) {
    const ConvolutionSizes *s = p->sizes;
    const int groups = s->groups, x_size = p->channels * s->height * s->width;
    const int dy_size = p->results * positions_of(s);
    const size_t size = (size_t)p->taps * (size_t)p->width_of_sums;
    real *works = scratch + p->first, *partials = works - (size_t)p->pieces * p->sums;
    int *tables = (int *)(void *)scratch; // a real holds an int
    list_table(p, tables);
#pragma omp parallel if (is_parallel(s))
    {
#pragma omp for schedule(dynamic)
        for (int piece = 0; piece < p->pieces; piece++) {
            real *sums = partials + (size_t)piece * p->sums;
            const int first = (int)((int64_t)s->batch * piece / p->pieces) * groups;
            const int end = (int)((int64_t)s->batch * (piece + 1) / p->pieces) * groups;
            memset(sums, 0, p->sums * sizeof(real));
            for (int i = first; i < end; i++)
                add_weights(p, x + (ptrdiff_t)i * x_size, dy + (ptrdiff_t)i * dy_size, tables,
                            works + (size_t)omp_get_thread_num() * p->work,
                            sums + (size_t)(i % groups) * size);
        }
#pragma omp for schedule(static) nowait
        for (int group = 0; group < groups; group++)
            place_weights(p, size, partials + (size_t)group * size, add,
                          dweight + (ptrdiff_t)group * p->results * p->taps);
    }
}
