// Convolutions that winograd.c doesn't take, as products of matrices that aren't written: each tap of the kernel
// reads the numbers where they lie.
//
// Some rows of one image's planes are copied to where they have room for the padding; where there is none, they
// are read in place. With a kernel of 3×3, tap (0, 0) sees the plane from its corner on, tap (1, 1) from a on.
//
//     . . . . . . . .       y = Σ_taps weight[tap] · what it sees         tiles of places × channels of y
//     . a b c d e f .       dweight[tap] = Σ_places what it sees · dy     tiles of taps × channels of y
//     . o p q r s t .
//     . . . . . . . .
//
// So the lanes of a vector hold channels of the results, and a number of the image is multiplied with all of them
// at once. For y, rows of the kernel that see only padding are left out.
//
// Where a group has few channels of y (depthwise, say), the lanes hold neighbouring places instead: all that a
// tap sees is one long line. In the columns that only the padding needs there are sums too, of which nothing is
// made. At stride s the planes are then taken apart: the even and odd rows and columns for s = 2, s² phases for
// each channel, so that neighbours lie side by side; fewer where the kernel is smaller than the stride.
//
// The transposed pass is a convolution of y at stride 1 for each phase of x: x[s q + a − padding] is seen by the
// taps a, a + s, … of the kernel, from y[q], y[q − 1], …
#include <omp.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

enum { PLANES_NUMBERS = 1 << 15 }; // under way at once, so that they stay in the cache
enum { MOST_SPREAD = 4 };          // larger strides leave more gaps than results
enum { DEPTH = 256 };              // taps at once, so that their weights stay in the nearest

static void read_x(Planes *p, const ConvolutionSizes *s) {
    p->channels = group_in(s);
    p->height = s->height;
    p->width = s->width;
    p->step = p->along ? s->stride : 1;
    p->apart = p->along ? 1 : s->stride;
    p->phase_rows = smaller(p->step, s->kernel_height);
    p->phase_columns = smaller(p->step, s->kernel_width);
    p->top = s->padding_top;
    p->left = s->padding_left;
    p->all_rows = s->out_height;
    p->wide = s->out_width;
    p->more_rows = (s->kernel_height - 1) / p->step;
    p->more_columns = (s->kernel_width - 1) / p->step;
    p->results = group_out(s);
}

static void read_y(Planes *p, const ConvolutionSizes *s) {
    p->channels = group_out(s);
    p->height = s->out_height;
    p->width = s->out_width;
    p->step = p->apart = p->phase_rows = p->phase_columns = 1;
    p->more_rows = (s->kernel_height - 1) / s->stride;
    p->more_columns = (s->kernel_width - 1) / s->stride;
    p->top = p->more_rows - s->padding_top / s->stride;
    p->left = p->more_columns - s->padding_left / s->stride;
    p->all_rows = (s->height - 1 + s->padding_top % s->stride) / s->stride + 1;
    p->wide = (s->width - 1 + s->padding_left % s->stride) / s->stride + 1;
    p->results = group_in(s);
}

// Rows or columns of a plane that so many places see.
static int seen_by(const Planes *p, int places, int more) {
    return (places - 1) * p->apart + 1 + more;
}

// No tap sees beyond the image.
static bool is_inside(const Planes *p) {
    return p->top == 0 && p->left == 0 && seen_by(p, p->all_rows, p->more_rows) <= p->height &&
           seen_by(p, p->wide, p->more_columns) <= p->width;
}

static Planes planes_laid(const ConvolutionSizes *s, ConvolutionPass pass, bool along) {
    Planes p = {.sizes = s,
                .transposed = pass == CONVOLUTION_TRANSPOSED,
                .along = along,
                .images = 1,
                .taps = group_in(s) * kernel_size(s)};
    if (p.transposed)
        read_y(&p, s);
    else
        read_x(&p, s);
    const int lines = p.channels * phases_of(&p);
    // Planes a power of 2 apart would drive each other out of the cache where all channels are read in turn.
    const bool far_apart = p.height * p.width % 64 == 0 && pass != CONVOLUTION_WEIGHT_GRADIENT;
    p.in_place = !along && !far_apart && is_inside(&p);
    p.lanes = odd_lines(p.results);
    p.columns = p.in_place ? p.width : seen_by(&p, p.wide, p.more_columns);
    p.spread = p.transposed && !along ? s->stride : 1;
    const int row = larger(lines * p.apart * p.columns,
                           p.results * p.spread * p.spread * (along ? p.columns : p.wide));
    p.rows = evenly(p.all_rows, PLANES_NUMBERS / row);
    p.pitch =
        p.in_place ? p.height * p.width : odd_lines(seen_by(&p, p.rows, p.more_rows) * p.columns);
    p.planes = p.in_place ? 0 : (size_t)lines * (size_t)p.pitch;
    return p;
}

// The weights of a group, for the columns of a tile at a time.
static size_t packed_size(const Planes *p) {
    const int width = p->vectors * loops()->lanes;
    return (size_t)(p->channels * kernel_size(p->sizes)) *
           (size_t)(divide_up(p->results, width) * width);
}

// Sets how the results are computed, and returns what a row of a phase costs, in products of vectors: to load the image, the sums, and to
// bring them to their places.
static double set_products(Planes *p) {
    const ConvolutionSizes *s = p->sizes;
    const int taps = p->channels * kernel_size(s), size = p->transposed ? s->stride * s->stride : 1;
    const int depth = smaller(divide_up(taps, size), DEPTH);
    p->tables = multiple_of_16(2 * (size_t)taps);
    const double load = p->in_place ? 0 : 0.5 * (double)p->planes / p->rows / size;
    if (p->along) {
        p->first = p->tables;
        p->work = p->planes + (size_t)p->results * (size_t)p->pitch;
        const double products = tiles_cost(p->results, p->rows * p->columns, depth, &p->vectors);
        return load + products / p->rows + (s->stride == 1 ? 0.5 : 2) * p->wide * p->results;
    }
    const double products = tiles_cost(p->wide, p->results, depth, &p->vectors);
    p->first = p->tables + multiple_of_16((size_t)s->groups * packed_size(p));
    p->work = p->planes + (size_t)(p->rows * p->wide * p->spread * p->spread * p->lanes);
    return load + products + p->wide * p->results;
}

Planes planes_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        Planes p = planes_laid(s, pass, group_out(s) <= 4);
        planes_set_gradient(&p);
        return p;
    }
    Planes along = planes_laid(s, pass, true);
    const double along_cost = set_products(&along);
    if (s->stride > MOST_SPREAD)
        return along;
    Planes across = planes_laid(s, pass, false);
    return along_cost < set_products(&across) ? along : across;
}

size_t planes_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    const Planes p = planes_of(s, pass);
    return p.first + (size_t)worker_count(s) * p.work;
}

// Those of `count` places, `step` apart from `start` on, that lie within 0 … size − 1.
typedef struct Span {
    int first, count, at;
} Span;

static Span span_of(int start, int step, int size, int count) {
    const int first = divide_up(larger(-start, 0), step);
    const int end = smaller(count, divide_up(larger(size - start, 0), step));
    return (Span){.first = first, .count = larger(end - first, 0), .at = start + first * step};
}

const real *planes_load(const Planes *p, int row, int rows, const real *image, real *room) {
    const int phases = phases_of(p), all = seen_by(p, rows, p->more_rows);
    const int start = row * p->step * p->apart;
    if (p->in_place)
        return image + (ptrdiff_t)start * p->width;
    for (int phase = 0; phase < phases; phase++) {
        const Span y = span_of(start + phase / p->phase_columns - p->top, p->step, p->height, all);
        const Span x = span_of(phase % p->phase_columns - p->left, p->step, p->width, p->columns);
        for (int channel = 0; channel < p->channels; channel++) {
            const real *seen = image + ((ptrdiff_t)channel * p->height + y.at) * p->width + x.at;
            real *plane = room + (ptrdiff_t)(channel * phases + phase) * p->pitch;
            memset(plane, 0, (size_t)p->pitch * sizeof(real));
            if (y.count > 0 && x.count > 0)
                loops()->copy_rows(y.count, x.count, seen, (ptrdiff_t)p->step * p->width, p->step,
                                   0, plane + y.first * p->columns + x.first, p->columns);
        }
    }
    return room;
}

int planes_tap(const Planes *p, int channel, int u, int v) {
    const int phase = u % p->step * p->phase_columns + v % p->step;
    return (channel * phases_of(p) + phase) * p->pitch + u / p->step * p->columns + v / p->step;
}

// --- forward and transposed ----------------------------------------------------------------------

// Where the results lie: all of y, or x, of which each phase has every stride-th row and column.
typedef struct Results {
    int height, width, step, top, left;
    int phase_rows, phase_columns;   // that have taps
    int weights;                     // from those of one channel to the next, where they lie
    const int *plane_at, *weight_at; // where the taps read, of all phases one after the other
} Results;

// The weights are read where they lie or, where the lanes hold channels, from [taps][width].
static void list_taps(const Planes *p, const Results *r, int *plane_at, int *weight_at) {
    const ConvolutionSizes *s = p->sizes;
    const int size = kernel_size(s), channel_weights = p->transposed ? group_in(s) * size : size;
    const int width = p->vectors * loops()->lanes;
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++)
        for (int u = phase / r->phase_columns; u < s->kernel_height; u += r->step)
            for (int channel = 0; channel < p->channels; channel++)
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

// Of all groups, as [columns of a tile][taps][width].
static void pack_weights(const Planes *p, const real *weight, real *packed) {
    const ConvolutionSizes *s = p->sizes;
    const int taps = p->channels * kernel_size(s), width = p->vectors * loops()->lanes;
    const int parts = p->transposed ? p->channels : 1, part = taps / parts;
    for (int group = 0; group < s->groups; group++)
        for (int first = 0; first < p->results; first += width, packed += taps * width)
            for (int i = 0; i < parts; i++)
                loops()->transpose(smaller(width, p->results - first), part,
                                   weight +
                                       (ptrdiff_t)((group * parts + i) * p->results + first) * part,
                                   part, NULL, packed + (ptrdiff_t)i * part * width, width);
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

// What no tap sees: bias, or 0.
static void fill(int channels, int plane, const real *bias, bool add, real *to) {
    for (int i = 0; i < channels * plane; i++)
        to[i] = (add ? to[i] : 0) + (bias ? bias[i / plane] : 0);
}

// The taps of a phase, sorted by rows of the kernel.
typedef struct Taps {
    int row, column; // of the phase
    int rows, in_row;
    const int *plane_at, *weight_at;
} Taps;

static Taps taps_of(const Planes *p, const Results *r, int phase, int before) {
    const ConvolutionSizes *s = p->sizes;
    const int row = phase / r->phase_columns, column = phase % r->phase_columns;
    return (Taps){.row = row,
                  .column = column,
                  .rows = divide_up(s->kernel_height - row, r->step),
                  .in_row = p->channels * divide_up(s->kernel_width - column, r->step),
                  .plane_at = r->plane_at + before,
                  .weight_at = r->weight_at + before};
}

// Along the lines.
static void convolve_along(const Planes *p, const Results *r, const real *image, const real *weight,
                           const real *bias, real *work, bool add, real *to) {
    const bool gaps = r->phase_rows < r->step || r->phase_columns < r->step;
    real *sums = work + p->planes;
    if (gaps)
        fill(p->results, r->height * r->width, bias, add, to);
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        planes_load(p, row, rows, image, work);
        for (int phase = 0, before = 0; phase < r->phase_rows * r->phase_columns; phase++) {
            const Taps taps = taps_of(p, r, phase, before);
            before += taps.rows * taps.in_row;
            tiles_multiply(p->vectors, p->results, (rows - 1) * p->columns + p->wide,
                           taps.rows * taps.in_row, work, taps.plane_at, weight, taps.weight_at,
                           r->weights, false, sums, p->pitch);
            place(p, r, row * r->step + taps.row, taps.column, rows, sums, gaps ? NULL : bias,
                  add || gaps, to);
        }
    }
}

// Those rows of the kernel, from `first` to `end`, that see the image and not only padding from a row of places.
static Span seen_rows(const Planes *p, int row, int first, int end) {
    const int start = row * p->apart - p->top + (p->transposed ? p->more_rows : 0);
    first = larger(first, p->transposed ? start - p->height + 1 : -start);
    end = smaller(end, p->transposed ? start + 1 : p->height - start);
    return (Span){.first = first, .count = larger(end - first, 0)};
}

// The sums of a phase, for some rows of places: some taps at a time, whose weights for the columns of a tile stay in
// the nearest cache.
static void sum_rows(const Planes *p, const Taps *taps, int row, int rows, const real *planes,
                     const real *weight, real *sums) {
    const int width = p->vectors * loops()->lanes, next = p->spread * p->lanes;
    const ptrdiff_t panel = (ptrdiff_t)p->channels * kernel_size(p->sizes) * width;
    const int at_once = larger(DEPTH / taps->in_row, 1), parts = divide_up(taps->in_row, DEPTH);
    for (int first = 0; first < taps->rows; first += at_once)
        for (int i = 0; i < parts * divide_up(p->results, width) * rows; i++) {
            const int part = i / rows % parts * DEPTH, column = i / rows / parts * width;
            const Span seen =
                seen_rows(p, row + i % rows, first, smaller(first + at_once, taps->rows));
            const int count = parts > 1 ? smaller(DEPTH, taps->in_row - part) : taps->in_row;
            const int tap = seen.first * taps->in_row + part;
            const bool add = first > 0 || part > 0;
            if (seen.count > 0 || !add)
                tiles_multiply(
                    p->vectors, p->wide, smaller(width, p->results - column), seen.count * count,
                    weight + column / width * panel, taps->weight_at + tap,
                    planes + (ptrdiff_t)(i % rows) * p->apart * p->columns, taps->plane_at + tap,
                    p->apart, add,
                    sums + (ptrdiff_t)(i % rows) * p->wide * p->spread * next + column, next);
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
        const real *planes = planes_load(p, row, rows, image, work);
        if (r->phase_rows < p->spread || r->phase_columns < p->spread)
            memset(sums, 0, (size_t)(rows * p->spread * line * p->lanes) * sizeof(real));
        for (int phase = 0, before = 0; phase < r->phase_rows * r->phase_columns; phase++) {
            const Taps taps = taps_of(p, r, phase, before);
            before += taps.rows * taps.in_row;
            sum_rows(p, &taps, row, rows, planes, weight,
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
                      .phase_rows = smaller(s->stride, s->kernel_height),
                      .phase_columns = smaller(s->stride, s->kernel_width),
                      .weights = kernel_size(s)};
    r.plane_at = tables;
    r.weight_at = weight_at;
    list_taps(p, &r, tables, weight_at);
    return r;
}

void planes(const ConvolutionSizes *s, ConvolutionPass pass, const real *from, const real *with,
            const real *bias, real *scratch, bool add, real *to) {
    const Planes p = planes_of(s, pass);
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        planes_gradient(&p, from, with, scratch, add, to);
        return;
    }
    const Results r = results_of(&p, (int *)(void *)scratch); // a real holds an int
    const ptrdiff_t from_size = (ptrdiff_t)p.channels * p.height * p.width;
    const ptrdiff_t to_size = (ptrdiff_t)p.results * r.height * r.width;
    const size_t weights =
        p.along ? (size_t)(p.results * p.channels * kernel_size(s)) : packed_size(&p);
    real *works = scratch + p.first, *packed = scratch + p.tables;
    if (!p.along)
        pack_weights(&p, with, packed);
#pragma omp parallel for schedule(dynamic, s->groups) if (is_parallel(s))
    for (int i = 0; i < s->batch * s->groups; i++) {
        const int group = i % s->groups;
        (p.along ? convolve_along : convolve_across)(
            &p, &r, from + i * from_size, (p.along ? with : packed) + (size_t)group * weights,
            bias ? bias + group * p.results : NULL, works + (size_t)omp_get_thread_num() * p.work,
            add, to + i * to_size);
    }
}
