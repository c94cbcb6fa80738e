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

static bool is_inside(const Planes *p) {
    return !p->along && p->top == 0 && p->left == 0 &&
           seen_by(p, p->all_rows, p->more_rows) <= p->height &&
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
    p.in_place = is_inside(&p);
    p.lanes = odd_lines(p.results);
    p.columns = p.in_place ? p.width : seen_by(&p, p.wide, p.more_columns);
    p.rows = evenly(p.all_rows, PLANES_NUMBERS / (larger(lines * p.apart, p.results) * p.columns));
    p.pitch =
        p.in_place ? p.height * p.width : odd_lines(seen_by(&p, p.rows, p.more_rows) * p.columns);
    p.planes = p.in_place ? 0 : (size_t)lines * (size_t)p.pitch;
    return p;
}

// Places of `rows` rows; along the lines, with the columns between them.
static int places_of(const Planes *p, int rows) {
    return p->along ? (rows - 1) * p->columns + p->wide : rows * p->wide;
}

static int room_of(const Planes *p) {
    return odd_lines(p->along ? seen_by(p, p->rows, p->more_rows) * p->columns
                              : places_of(p, p->rows));
}

// Sets how the results are computed, and returns what it costs.
static double set_products(Planes *p) {
    const ConvolutionSizes *s = p->sizes;
    const int taps = p->channels * kernel_size(s),
              phases = p->transposed ? s->stride * s->stride : 1;
    const int depth = smaller(divide_up(taps, phases), DEPTH), places = places_of(p, p->rows);
    const size_t lines = (size_t)p->results * (size_t)room_of(p);
    const size_t tables = multiple_of_16(2 * (size_t)taps);
    p->first = tables;
    p->work = p->planes + lines;
    if (p->along)
        return tiles_cost(p->results, places, depth, &p->vectors);
    p->first += (size_t)(s->groups * taps) * (size_t)p->lanes; // a multiple of 16, as lanes are
    p->work = p->planes + (size_t)(places * p->lanes) + (phases > 1 ? lines : 0);
    const double transposition = (double)places * p->results * depth / divide_up(taps, phases);
    return p->rows * tiles_cost(p->wide, p->results, depth, &p->vectors) + transposition;
}

Planes planes_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        Planes p = planes_laid(s, pass, group_out(s) <= 4);
        planes_set_gradient(&p);
        return p;
    }
    Planes along = planes_laid(s, pass, true), across = planes_laid(s, pass, false);
    const double along_cost = set_products(&along) / along.rows;
    const double across_cost = set_products(&across) / across.rows;
    return along_cost < across_cost ? along : across;
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

// The weights are read where they lie or, where the lanes hold channels, from [taps][lanes].
static void list_taps(const Planes *p, const Results *r, int *plane_at, int *weight_at) {
    const ConvolutionSizes *s = p->sizes;
    const int size = kernel_size(s), channel_weights = p->transposed ? group_in(s) * size : size;
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++)
        for (int u = phase / r->phase_columns; u < s->kernel_height; u += r->step)
            for (int channel = 0; channel < p->channels; channel++)
                for (int v = phase % r->phase_columns; v < s->kernel_width; v += r->step) {
                    const int tap = u * s->kernel_width + v;
                    *plane_at++ = p->transposed ? channel * p->pitch +
                                                      (p->more_rows - u / r->step) * p->columns +
                                                      p->more_columns - v / r->step
                                                : planes_tap(p, channel, u, v);
                    *weight_at++ = p->along ? channel * channel_weights + tap
                                            : (channel * size + tap) * p->lanes;
                }
}

// Of all groups, as [taps][lanes].
static void pack_weights(const Planes *p, const real *weight, real *packed) {
    const ConvolutionSizes *s = p->sizes;
    const int taps = p->channels * kernel_size(s);
    const int parts = p->transposed ? p->channels : 1, part = taps / parts;
    for (int i = 0; i < s->groups * parts; i++)
        loops()->transpose(p->results, part, weight + (ptrdiff_t)i * p->results * part, part, NULL,
                           packed + (ptrdiff_t)i * part * p->lanes, p->lanes);
}

// From the sums [channels][room] of a phase, for some rows of places, to where they belong.
static void place(const Planes *p, const Results *r, int row, int column, int rows,
                  const real *sums, const real *bias, bool add, real *to) {
    const int line_sums = p->along ? p->columns : p->wide, room = room_of(p);
    const Span y = span_of(row - r->top, r->step, r->height, rows);
    const Span x = span_of(column - r->left, r->step, r->width, p->wide);
    for (int channel = 0; channel < p->results; channel++, sums += room) {
        const real start = bias ? bias[channel] : 0;
        const real *from = sums + y.first * line_sums + x.first;
        real *line = to + ((ptrdiff_t)channel * r->height + y.at) * r->width + x.at;
        if (r->step == 1 && !add)
            loops()->copy_rows(y.count, x.count, from, line_sums, 1, start, line, r->width);
        else
            for (int i = 0; i < y.count; i++, from += line_sums, line += r->step * r->width)
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

// The sums [places][lanes] of some rows, without the rows of the kernel that see only padding.
static void sum_rows(const Planes *p, const Taps *taps, int row, int rows, const real *planes,
                     const real *weight, real *sums) {
    for (int i = 0; i < rows; i++, sums += (ptrdiff_t)p->wide * p->lanes) {
        // The row of the image that the kernel's first one sees; the next ones see those below or above.
        const int start = (row + i) * p->apart - p->top + (p->transposed ? p->more_rows : 0);
        const int first = p->transposed ? larger(start - p->height + 1, 0) : larger(-start, 0);
        const int end = smaller(taps->rows, p->transposed ? start + 1 : p->height - start);
        const int *plane_at = taps->plane_at + first * taps->in_row;
        const int *weight_at = taps->weight_at + first * taps->in_row;
        const int count = larger(end - first, 0) * taps->in_row;
        for (int k = 0; k == 0 || k < count; k += DEPTH)
            tiles_multiply(p->vectors, p->wide, p->results, smaller(DEPTH, count - k), weight,
                           weight_at + k, planes + (ptrdiff_t)i * p->apart * p->columns,
                           plane_at + k, p->apart, k > 0, sums, p->lanes);
    }
}

// The results of a phase, for some rows of places.
static void convolve_rows(const Planes *p, const Results *r, const Taps *taps, int row, int rows,
                          const real *planes, const real *weight, const real *bias, real *sums,
                          bool add, real *to) {
    const int room = room_of(p), count = places_of(p, rows);
    real *lines = sums;
    if (p->along) {
        tiles_multiply(p->vectors, p->results, count, taps->rows * taps->in_row, planes,
                       taps->plane_at, weight, taps->weight_at, r->weights, false, lines, room);
    } else {
        sum_rows(p, taps, row, rows, planes, weight, sums);
        if (r->step == 1) {
            transposed_place(count, p->results, sums, p->lanes, bias, add, to + row * p->wide,
                             r->height * r->width);
            return;
        }
        lines += places_of(p, p->rows) * p->lanes;
        loops()->transpose(count, p->results, sums, p->lanes, NULL, lines, room);
    }
    place(p, r, row * r->step + taps->row, taps->column, rows, lines, bias, add, to);
}

static void convolve(const Planes *p, const Results *r, const real *image, const real *weight,
                     const real *bias, real *work, bool add, real *to) {
    const bool gaps = r->phase_rows < r->step || r->phase_columns < r->step;
    if (gaps)
        fill(p->results, r->height * r->width, bias, add, to);
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        const real *planes = planes_load(p, row, rows, image, work);
        int before = 0;
        for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++) {
            const Taps taps = taps_of(p, r, phase, before);
            convolve_rows(p, r, &taps, row, rows, planes, weight, gaps ? NULL : bias,
                          work + p->planes, add || gaps, to);
            before += taps.rows * taps.in_row;
        }
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
    const int taps = p.channels * kernel_size(s);
    const ptrdiff_t weights = (ptrdiff_t)taps * (p.along ? p.results : p.lanes);
    real *works = scratch + p.first, *packed = works - s->groups * weights;
    if (!p.along)
        pack_weights(&p, with, packed);
#pragma omp parallel for schedule(dynamic, s->groups) if (is_parallel(s))
    for (int i = 0; i < s->batch * s->groups; i++) {
        const int group = i % s->groups;
        convolve(&p, &r, from + i * from_size, (p.along ? with : packed) + group * weights,
                 bias ? bias + group * p.results : NULL,
                 works + (size_t)omp_get_thread_num() * p.work, add, to + i * to_size);
    }
}
