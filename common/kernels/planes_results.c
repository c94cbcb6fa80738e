// The forward and the transposed pass of planes.c.
#include <omp.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

// Fewer taps than this aren't left out of a tile: its other instructions cost as much.
enum { LEAST_SPARED = 6 };

// Where the results lie: all of y, or x, of which each phase has every stride-th row and column.
typedef struct Results {
    int height, width, step, top, left;
    int phase_rows, phase_columns; // that have results, some from no tap
    // Where the taps read: in the planes, of all phases one after the other; and in the weights from a tap on.
    const int *plane_at, *weight_at;
} Results;

// The taps of a phase, of some channels at a time: [channels / at_once][rows][columns][at_once]. So those of some rows of
// the kernel are neighbours, and so are those of some columns in a row.
typedef struct Taps {
    int row, column; // of the phase
    int before;      // those of the phases before it
    int rows, columns, count;
    int at_once; // channels
} Taps;

// Of the kernel's rows or columns those of the phases before one, though an image narrower than the step has places of the
// first phases only.
static int taps_before(int kernel, int step, int phase) {
    return kernel / step * phase + smaller(kernel % step, phase);
}

static Taps taps_of(const Planes *p, const Results *r, int phase) {
    const ConvolutionSizes *s = p->sizes;
    const int high = s->kernel_height, wide = s->kernel_width;
    const int row = phase / r->phase_columns, column = phase % r->phase_columns;
    const int rows = divide_up(high - row, r->step), columns = divide_up(wide - column, r->step);
    return (Taps){.row = row,
                  .column = column,
                  .before = p->channels * (taps_before(high, r->step, row) * wide +
                                           rows * taps_before(wide, r->step, column)),
                  .rows = rows,
                  .columns = columns,
                  .count = rows * columns * p->channels,
                  .at_once = evenly(p->channels, TILES_DEPTH / larger(rows * columns, 1))};
}

static void list_taps(const Planes *p, const Results *r, int *plane_at, int *weight_at) {
    const ConvolutionSizes *s = p->sizes;
    for (int k = 0; k < p->channels * kernel_size(s); k++)
        weight_at[k] = k * planes_width(p);
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++) {
        const Taps taps = taps_of(p, r, phase);
        int *at = plane_at + taps.before;
        for (int first = 0; first < p->channels; first += taps.at_once)
            for (int u = taps.row; u < s->kernel_height; u += r->step)
                for (int v = taps.column; v < s->kernel_width; v += r->step)
                    for (int channel = first; channel < smaller(first + taps.at_once, p->channels);
                         channel++)
                        *at++ = p->transposed ? channel * p->pitch +
                                                    (p->more_rows - u / r->step) * p->columns +
                                                    p->more_columns - v / r->step
                                              : planes_tap(p, channel, u, v);
    }
}

// The weights of some channels of the image, [channels][kernel][width], to the taps of each phase.
static void order_weights(const Planes *p, const Results *r, int start, int end, const real *part,
                          real *packed) {
    const ConvolutionSizes *s = p->sizes;
    const ptrdiff_t width = planes_width(p), kernel = kernel_size(s) * width;
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++) {
        const Taps taps = taps_of(p, r, phase);
        for (int channel = start; channel < end; channel++) {
            const int first = channel / taps.at_once * taps.at_once;
            const int some = smaller(taps.at_once, p->channels - first);
            const int k = taps.before + first * taps.rows * taps.columns + channel - first;
            const real *from = part + (channel - start) * kernel;
            real *to = packed + k * width;
            for (int u = taps.row; u < s->kernel_height; u += r->step)
                for (int v = taps.column; v < s->kernel_width; v += r->step, to += some * width)
                    memcpy(to, from + (u * s->kernel_width + v) * width,
                           (size_t)width * sizeof(real));
        }
    }
}

// Of all groups, as [tiles][phases][taps][width], in the order in which the products read them. Lanes without a channel
// are 0: with numbers near 0 that an earlier use left there, denormal ones, each product would take a hundred times as long.
static void pack_weights(const Planes *p, const Results *r, const real *weight, real *packed) {
    const ConvolutionSizes *s = p->sizes;
    const int size = kernel_size(s), taps = p->channels * size, width = planes_width(p);
    const int some = larger(TILES_DEPTH / size, 1), kernels = p->transposed ? 1 : some;
    const ptrdiff_t next_result = p->transposed ? size : taps;
    const ptrdiff_t next_channel = p->transposed ? p->results * size : size;
    real *part = packed + (size_t)s->groups * planes_packed(p);
    memset(part, 0, (size_t)(planes_part(p) * width) * sizeof(real));
    for (int group = 0; group < s->groups; group++, weight += (ptrdiff_t)p->results * taps)
        for (int first = 0; first < p->results; first += width, packed += taps * width)
            for (int start = 0; start < p->channels; start += some) {
                const int end = smaller(start + some, p->channels);
                for (int i = start; i < end; i += kernels) // that lie side by side
                    loops()->transpose(smaller(width, p->results - first),
                                       smaller(kernels, end - i) * size,
                                       weight + i * next_channel + first * next_result, next_result,
                                       NULL, part + (ptrdiff_t)(i - start) * size * width, width);
                order_weights(p, r, start, end, part, packed);
            }
}

// From the sums of a phase, for some rows of places, to where they belong.
static void place(const Planes *p, const Results *r, int results, int row, int column, int rows,
                  const real *sums, const real *bias, bool add, real *to) {
    const Span y = span_of(row - r->top, r->step, r->height, rows);
    const Span x = span_of(column - r->left, r->step, r->width, p->wide);
    for (int channel = 0; channel < results; channel++, sums += p->pitch) {
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

// Along the lines, by tiles that see no more than a row, so that they can store the results where they belong. The last of
// a row holds some places of the one before again.
static void convolve_rows(const Planes *p, const Results *r, int row, int rows, int results,
                          const real *planes, const real *weight, const real *bias, real *to) {
    const int lanes = loops()->lanes, high = planes_width(p);
    const int taps = p->channels * kernel_size(p->sizes), size = r->height * r->width;
    for (int first = 0; first < results; first += high)
        for (int y = 0; y < rows; y++) {
            real *line = to + (ptrdiff_t)first * size + (row + y) * p->wide;
            for (int x = 0, vectors; x < p->wide; x += vectors * lanes) {
                vectors = smaller(p->vectors, divide_up(p->wide - x, lanes));
                const int column = smaller(x, p->wide - vectors * lanes);
                loops()->tile[smaller(high, results - first)][vectors](
                    taps, planes + y * p->columns + column, r->plane_at, weight + first * taps,
                    r->weight_at, 1, bias ? bias + first : NULL, false, 0, line + column, size);
            }
        }
}

// Along the lines.
static void convolve_along(const Planes *p, const Results *r, int row, int rows, int results,
                           const real *planes, const real *weight, const real *bias, real *sums,
                           bool add, real *to) {
    const int high = planes_width(p), all = p->channels * kernel_size(p->sizes);
    if (p->in_rows && !add) {
        convolve_rows(p, r, row, rows, results, planes, weight, bias, to);
        return;
    }
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++) {
        const Taps taps = taps_of(p, r, phase);
        tiles_multiply(high, p->vectors, results, (rows - 1) * p->columns + p->wide, taps.count,
                       planes, r->plane_at + taps.before, weight + taps.before * high, r->weight_at,
                       1, all, false, sums, p->pitch);
        place(p, r, results, row * r->step + taps.row, taps.column, rows, sums, bias, add, to);
    }
}

// The columns of the kernel that some places see: all, unless enough can be left out.
static Span seen_columns(const Planes *p, const Taps *taps, int first, int last) {
    const Span seen =
        planes_seen(p, first, last, taps->columns, p->left, p->more_columns, p->width);
    const bool all = (taps->columns - seen.count) * taps->at_once < LEAST_SPARED;
    return all ? (Span){.count = taps->columns} : seen;
}

static bool sees_all(const Planes *p, const Taps *taps, int first, int last) {
    return seen_columns(p, taps, first, last).count == taps->columns;
}

// The sums of a phase for some neighbouring places, of some channels: row of the kernel by row where columns are left out.
static void sum_places(const Planes *p, const Results *r, const Taps *taps, Span rows, Span columns,
                       int channel, int places, int results, const real *planes, const real *weight,
                       real *sums) {
    const int some = smaller(taps->at_once, p->channels - channel);
    const bool none = rows.count == 0 || columns.count == 0; // the sums are 0
    const int at_once = columns.count == taps->columns || none ? larger(rows.count, 1) : 1;
    const int first = taps->before + channel * taps->rows * taps->columns;
    int done = 0;
    do {
        const int tap = (rows.first + done) * taps->columns + columns.first;
        const int k = none ? 0 : first + tap * some;
        tiles_multiply(tiles_height(p->vectors, places), p->vectors, places, results,
                       none ? 0 : at_once * columns.count * some,
                       weight + (ptrdiff_t)k * planes_width(p), r->weight_at, planes,
                       r->plane_at + k, p->apart, p->apart, channel > 0 || done > 0, sums,
                       p->spread * p->lanes);
        done += at_once;
    } while (done < rows.count);
}

// The sums of a phase, for some rows of places: some channels at a time, whose weights for the columns of a tile stay in
// the nearest cache. Taps that see only zeros around the image are left out, for all places of a tile together. Tiles side
// by side that see all columns of the kernel are taken at once.
static void sum_rows(const Planes *p, const Results *r, const Taps *taps, int row, int rows,
                     int results, const real *planes, const real *weight, real *sums) {
    const int high = tiles_height(p->vectors, p->wide);
    int inner = 0, outer; // the first of those tiles, and the first behind them
    while (inner < p->wide && !sees_all(p, taps, inner, inner + high - 1))
        inner += high;
    for (outer = inner; outer < p->wide && sees_all(p, taps, outer, outer + high - 1);)
        outer += high;
    for (int channel = 0; channel < p->channels; channel += taps->at_once)
        for (int y = 0; y < rows; y++) {
            const Span seen_rows =
                planes_seen(p, row + y, row + y, taps->rows, p->top, p->more_rows, p->height);
            for (int x = 0, end; x < p->wide; x = end) {
                const bool is_inner = x == inner && inner < outer;
                end = smaller(is_inner ? outer : x + high, p->wide);
                const Span columns =
                    is_inner ? (Span){.count = taps->columns} : seen_columns(p, taps, x, end - 1);
                sum_places(p, r, taps, seen_rows, columns, channel, end - x, results,
                           planes + (ptrdiff_t)(y * p->columns + x) * p->apart, weight,
                           sums + (ptrdiff_t)(y * p->wide * p->spread + x) * p->spread * p->lanes);
            }
        }
}

// With channels in the lanes. The phases' sums lie as the results do, [rows][columns][lanes].
static void convolve_across(const Planes *p, const Results *r, int row, int rows, int results,
                            const real *planes, const real *weight, const real *bias, real *sums,
                            bool add, real *to) {
    const int line = p->wide * p->spread;
    const int skipped = row == 0 ? r->top : 0; // before the first result
    const Window window = {.height = r->height,
                           .width = r->width,
                           .row = row * p->spread - r->top + skipped,
                           .rows = rows * p->spread - skipped,
                           .columns = line};
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++) {
        const Taps taps = taps_of(p, r, phase);
        sum_rows(p, r, &taps, row, rows, results, planes, weight,
                 sums + (taps.row * line + taps.column) * p->lanes);
    }
    window_place(&window, results, sums + (skipped * line + r->left) * p->lanes, p->lanes, bias,
                 add, to);
}

// Some rows of places at a time and, of those, some channels, so that their sums are still near when they are placed.
static void convolve(const Planes *p, const Results *r, const real *image, const real *weight,
                     const real *bias, real *work, bool add, real *to) {
    const int taps = p->channels * kernel_size(p->sizes), size = r->height * r->width;
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        planes_load(p, row, rows, image, work);
        for (int first = 0; first < p->results; first += p->at_once)
            (p->along ? convolve_along : convolve_across)(
                p, r, row, rows, smaller(p->at_once, p->results - first), work,
                weight + (ptrdiff_t)first * taps, bias ? bias + first : NULL, work + p->planes, add,
                to + (ptrdiff_t)first * size);
    }
}

static Results results_of(const Planes *p, int *tables) {
    const ConvolutionSizes *s = p->sizes;
    int *weight_at = tables + p->channels * kernel_size(s);
    Results r = {.height = s->out_height,
                 .width = s->out_width,
                 .step = 1,
                 .phase_rows = 1,
                 .phase_columns = 1};
    if (p->transposed)
        r = (Results){.height = s->height,
                      .width = s->width,
                      .step = s->stride,
                      .top = s->padding_top % s->stride,
                      .left = s->padding_left % s->stride,
                      .phase_rows = smaller(s->stride, s->height + s->padding_top % s->stride),
                      .phase_columns = smaller(s->stride, s->width + s->padding_left % s->stride)};
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
    const size_t weights = planes_packed(p);
    real *works = scratch + p->first, *packed = scratch + p->tables;
    pack_weights(p, &r, weight, packed);
#pragma omp parallel for schedule(dynamic, s->groups) if (is_parallel(s))
    for (int i = 0; i < s->batch * s->groups; i++) {
        const int group = i % s->groups;
        convolve(p, &r, from + i * from_size, packed + (size_t)group * weights,
                 bias ? bias + group * p->results : NULL,
                 works + (size_t)omp_get_thread_num() * p->work, add, to + i * to_size);
    }
}
