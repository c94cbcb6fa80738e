// The forward and the transposed pass of planes.c.
#include <omp.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

// Where the results lie: all of y, or x, of which each phase has every stride-th row and column.
typedef struct Results {
    int height, width, step, top, left;
    int phase_rows, phase_columns;   // that have results, some from no tap
    int weights;                     // from those of one channel to the next, where they lie
    const int *plane_at, *weight_at; // where the taps read, of all phases one after the other
} Results;

// The weights are read where they lie or, where the lanes hold channels, from [taps][width].
static void list_taps(const Planes *p, const Results *r, int *plane_at, int *weight_at) {
    const ConvolutionSizes *s = p->sizes;
    const int size = kernel_size(s), channel_weights = p->transposed ? group_in(s) * size : size;
    const int width = p->vectors * loops()->lanes;
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++)
        for (int channel = 0; channel < p->channels; channel++)
            for (int u = phase / r->phase_columns; u < s->kernel_height; u += r->step)
                for (int v = phase % r->phase_columns; v < s->kernel_width; v += r->step) {
                    const int tap = u * s->kernel_width + v;
                    *plane_at++ = p->transposed ? channel * p->pitch +
                                                      (p->more_rows - u / r->step) * p->columns +
                                                      p->more_columns - v / r->step
                                                : planes_tap(p, channel, u, v);
                    *weight_at++ =
                        p->along ? channel * channel_weights + tap : (channel * size + tap) * width;
                }
}

// Of all groups, as [columns of a tile][taps][width]. Lanes without a channel are 0: with numbers near 0 that an
// earlier use left there, denormal ones, each product would take a hundred times as long.
static void pack_weights(const Planes *p, const real *weight, real *packed) {
    const ConvolutionSizes *s = p->sizes;
    const int taps = p->channels * kernel_size(s), width = p->vectors * loops()->lanes;
    const int parts = p->transposed ? p->channels : 1, part = taps / parts;
    for (int group = 0; group < s->groups; group++)
        for (int first = 0; first < p->results; first += width, packed += taps * width) {
            const int results = smaller(width, p->results - first);
            if (results < width)
                memset(packed, 0, (size_t)(taps * width) * sizeof(real));
            for (int i = 0; i < parts; i++)
                loops()->transpose(results, part,
                                   weight +
                                       (ptrdiff_t)((group * parts + i) * p->results + first) * part,
                                   part, NULL, packed + (ptrdiff_t)i * part * width, width);
        }
}

// From the sums of a phase, for some rows of places, to where they belong.
static void place(const Planes *p, const Results *r, int row, int column, int rows,
                  const real *sums, const real *bias, bool add, real *to) {
    const Span y = span_of(row - r->top, r->step, r->height, rows);
    const Span x = span_of(column - r->left, r->step, r->width, p->wide);
    for (int channel = 0; channel < p->results; channel++, sums += p->pitch) {
        const real start = bias ? bias[channel] : 0;
        const real *from = sums + y.first * p->columns + x.first;
        real *line = to + ((ptrdiff_t)channel * r->height + y.at) * r->width + x.at;
        if (r->step == 1 && !add)
            loops()->copy_rows(y.count, x.count, from, p->columns, 1, start, line, r->width);
        else
            for (int i = 0; i < y.count; i++, from += p->columns, line += r->step * r->width)
                for (int j = 0; j < x.count; j++)
                    line[j * r->step] = (add ? line[j * r->step] : 0) + (start + from[j]);
    }
}

// The taps of a phase.
typedef struct Taps {
    int row, column; // of the phase
    int count;
    const int *plane_at, *weight_at;
} Taps;

static Taps taps_of(const Planes *p, const Results *r, int phase, int before) {
    const ConvolutionSizes *s = p->sizes;
    const int row = phase / r->phase_columns, column = phase % r->phase_columns;
    return (Taps){.row = row,
                  .column = column,
                  .count = p->channels * divide_up(s->kernel_height - row, r->step) *
                           divide_up(s->kernel_width - column, r->step),
                  .plane_at = r->plane_at + before,
                  .weight_at = r->weight_at + before};
}

// Along the lines.
static void convolve_along(const Planes *p, const Results *r, const real *image, const real *weight,
                           const real *bias, real *work, bool add, real *to) {
    real *sums = work + p->planes;
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        planes_load(p, row, rows, image, work);
        for (int phase = 0, before = 0; phase < r->phase_rows * r->phase_columns; phase++) {
            const Taps taps = taps_of(p, r, phase, before);
            before += taps.count;
            tiles_multiply(p->vectors, p->results, (rows - 1) * p->columns + p->wide, taps.count,
                           work, taps.plane_at, weight, taps.weight_at, r->weights, false, sums,
                           p->pitch);
            place(p, r, row * r->step + taps.row, taps.column, rows, sums, bias, add, to);
        }
    }
}

// The sums of a phase, for some rows of places: some taps at a time, whose weights for the columns of a tile stay in
// the nearest cache.
static void sum_rows(const Planes *p, const Taps *taps, int rows, const real *planes,
                     const real *weight, real *sums) {
    const int width = p->vectors * loops()->lanes, next = p->spread * p->lanes;
    const ptrdiff_t panel = (ptrdiff_t)p->channels * kernel_size(p->sizes) * width;
    for (int first = 0; first == 0 || first < taps->count; first += TILES_DEPTH)
        for (int i = 0; i < divide_up(p->results, width) * rows; i++) {
            const int row = i % rows, column = i / rows * width;
            tiles_multiply(p->vectors, p->wide, smaller(width, p->results - column),
                           smaller(TILES_DEPTH, taps->count - first), weight + i / rows * panel,
                           taps->weight_at + first, planes + (ptrdiff_t)row * p->apart * p->columns,
                           taps->plane_at + first, p->apart, first > 0,
                           sums + (ptrdiff_t)row * p->wide * p->spread * next + column, next);
        }
}

// With channels in the lanes. The phases' sums lie as the results do, [rows][columns][lanes].
static void convolve_across(const Planes *p, const Results *r, const real *image,
                            const real *weight, const real *bias, real *work, bool add, real *to) {
    const int line = p->wide * p->spread;
    real *sums = work + p->planes;
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        const int skipped = row == 0 ? r->top : 0; // before the first result
        const Window window = {.height = r->height,
                               .width = r->width,
                               .row = row * p->spread - r->top + skipped,
                               .rows = rows * p->spread - skipped,
                               .columns = line};
        planes_load(p, row, rows, image, work);
        for (int phase = 0, before = 0; phase < r->phase_rows * r->phase_columns; phase++) {
            const Taps taps = taps_of(p, r, phase, before);
            before += taps.count;
            sum_rows(p, &taps, rows, work, weight,
                     sums + (taps.row * line + taps.column) * p->lanes);
        }
        window_place(&window, p->results, sums + (skipped * line + r->left) * p->lanes, p->lanes,
                     bias, add, to);
    }
}

static Results results_of(const Planes *p, int *tables) {
    const ConvolutionSizes *s = p->sizes;
    int *weight_at = tables + p->channels * kernel_size(s);
    Results r = {.height = s->out_height,
                 .width = s->out_width,
                 .step = 1,
                 .weights = p->taps,
                 .phase_rows = 1,
                 .phase_columns = 1};
    if (p->transposed)
        r = (Results){.height = s->height,
                      .width = s->width,
                      .step = s->stride,
                      .top = s->padding_top % s->stride,
                      .left = s->padding_left % s->stride,
                      .phase_rows = smaller(s->stride, s->height + s->padding_top % s->stride),
                      .phase_columns = smaller(s->stride, s->width + s->padding_left % s->stride),
                      .weights = kernel_size(s)};
    r.plane_at = tables;
    r.weight_at = weight_at;
    list_taps(p, &r, tables, weight_at);
    return r;
}

void planes_results(const Planes *p, const real *from, const real *weight, const real *bias,
                    real *scratch, bool add, real *to) {
    const ConvolutionSizes *s = p->sizes;
    const Results r = results_of(p, (int *)(void *)scratch); // a real holds an int
    const ptrdiff_t from_size = (ptrdiff_t)p->channels * p->height * p->width;
    const ptrdiff_t to_size = (ptrdiff_t)p->results * r.height * r.width;
    const size_t weights =
        p->along ? (size_t)(p->results * p->channels * kernel_size(s)) : planes_packed(p);
    real *works = scratch + p->first, *packed = scratch + p->tables;
    if (!p->along)
        pack_weights(p, weight, packed);
#pragma omp parallel for schedule(dynamic, s->groups) if (is_parallel(s))
    for (int i = 0; i < s->batch * s->groups; i++) {
        const int group = i % s->groups;
        (p->along ? convolve_along : convolve_across)(
            p, &r, from + i * from_size, (p->along ? weight : packed) + (size_t)group * weights,
            bias ? bias + group * p->results : NULL, works + (size_t)omp_get_thread_num() * p->work,
            add, to + i * to_size);
    }
}
