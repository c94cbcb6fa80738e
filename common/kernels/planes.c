// Convolutions that winograd.c doesn't take, as products of matrices that aren't written: each tap of the kernel
// reads the numbers where they lie.
//
// Some rows of one image's planes are copied to where they have room for the padding. What a tap sees at all
// places of the kernel is then one long line of numbers, from its own place on: with a kernel of 3×3, tap (0, 0)
// sees the whole plane, tap (1, 1) from a on.
//
//     . . . . . . . .       y = Σ_taps weight[tap] · line[tap]      tiles of channels of y × places
//     . a b c d e f .       dweight[tap] = Σ_places line[tap] · dy  tiles of taps × channels of y
//     . o p q r s t .
//     . . . . . . . .       In the columns that only the padding needs there are sums too, of which nothing is made.
//
// At stride s the planes are taken apart: the even and odd rows and columns for s = 2, s² phases for each channel,
// so that neighbours lie side by side again; fewer where the kernel is smaller than the stride.
//
// The transposed pass is a convolution of y at stride 1 for each phase of x: x[s q + a − padding] is seen by the
// taps a, a + s, … of the kernel, from y[q], y[q − 1], …
//
// Where a group has few channels of y (depthwise), dweight's sums run along the line, in the lanes of a vector.
#include <omp.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

enum { PLANES_NUMBERS = 1 << 15 }; // under way at once, so that they stay in the cache

static void read_x(Planes *p, const ConvolutionSizes *s) {
    p->channels = group_in(s);
    p->height = s->height;
    p->width = s->width;
    p->step = s->stride;
    p->phase_rows = smaller(s->stride, s->kernel_height);
    p->phase_columns = smaller(s->stride, s->kernel_width);
    p->top = s->padding_top;
    p->left = s->padding_left;
    p->all_rows = s->out_height;
    p->wide = s->out_width;
    p->results = group_out(s);
}

static void read_y(Planes *p, const ConvolutionSizes *s) {
    p->channels = group_out(s);
    p->height = s->out_height;
    p->width = s->out_width;
    p->step = p->phase_rows = p->phase_columns = 1;
    p->top = (s->kernel_height - 1) / s->stride - s->padding_top / s->stride;
    p->left = (s->kernel_width - 1) / s->stride - s->padding_left / s->stride;
    p->all_rows = (s->height - 1 + s->padding_top % s->stride) / s->stride + 1;
    p->wide = (s->width - 1 + s->padding_left % s->stride) / s->stride + 1;
    p->results = group_in(s);
}

Planes planes_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    Planes p = {.sizes = s, .taps = group_in(s) * kernel_size(s)};
    if (pass == CONVOLUTION_TRANSPOSED)
        read_y(&p, s);
    else
        read_x(&p, s);
    const int lines = p.channels * phases_of(&p);
    p.more_rows = (s->kernel_height - 1) / s->stride;
    p.columns = p.wide + (s->kernel_width - 1) / s->stride;
    p.rows = evenly(p.all_rows, PLANES_NUMBERS / (larger(lines, p.results) * p.columns));
    p.pitch = odd_lines((p.rows + p.more_rows) * p.columns);
    p.planes = (size_t)lines * (size_t)p.pitch;
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        planes_set_gradient(&p);
    } else {
        const int taps = p.channels * kernel_size(s);
        const int depth =
            pass == CONVOLUTION_FORWARD ? taps : divide_up(taps, s->stride * s->stride);
        p.vectors = tiles_vectors(p.results, p.rows * p.columns, depth);
        p.work = p.planes + (size_t)p.results * (size_t)p.pitch;
        p.first = multiple_of_16(2 * (size_t)taps);
    }
    return p;
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

void planes_load(const Planes *p, int row, int rows, const real *image, real *planes) {
    const int phases = phases_of(p), all = rows + p->more_rows;
    for (int phase = 0; phase < phases; phase++) {
        const Span y =
            span_of(row * p->step + phase / p->phase_columns - p->top, p->step, p->height, all);
        const Span x = span_of(phase % p->phase_columns - p->left, p->step, p->width, p->columns);
        for (int channel = 0; channel < p->channels; channel++) {
            const real *seen = image + ((ptrdiff_t)channel * p->height + y.at) * p->width + x.at;
            real *plane = planes + (ptrdiff_t)(channel * phases + phase) * p->pitch;
            memset(plane, 0, (size_t)p->pitch * sizeof(real));
            if (y.count > 0 && x.count > 0)
                loops()->copy_rows(y.count, x.count, seen, (ptrdiff_t)p->step * p->width, p->step,
                                   0, plane + y.first * p->columns + x.first, p->columns);
        }
    }
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
    int weights;                     // from those of one channel to the next
    const int *plane_at, *weight_at; // where the taps read, of all phases one after the other
} Results;

static int taps_of_phase(const Planes *p, int step, int row, int column) {
    const ConvolutionSizes *s = p->sizes;
    return p->channels * divide_up(s->kernel_height - row, step) *
           divide_up(s->kernel_width - column, step);
}

static void list_taps(const Planes *p, bool transposed, const Results *r, int *plane_at,
                      int *weight_at) {
    const ConvolutionSizes *s = p->sizes;
    const int size = kernel_size(s), apart = transposed ? group_in(s) * size : size;
    for (int phase = 0; phase < r->phase_rows * r->phase_columns; phase++)
        for (int channel = 0; channel < p->channels; channel++)
            for (int u = phase / r->phase_columns; u < s->kernel_height; u += r->step)
                for (int v = phase % r->phase_columns; v < s->kernel_width; v += r->step) {
                    *plane_at++ = transposed ? channel * p->pitch +
                                                   (p->more_rows - u / r->step) * p->columns +
                                                   p->columns - p->wide - v / r->step
                                             : planes_tap(p, channel, u, v);
                    *weight_at++ = channel * apart + u * s->kernel_width + v;
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

// What no tap sees: bias, or 0.
static void fill(int channels, int plane, const real *bias, bool add, real *to) {
    for (int i = 0; i < channels * plane; i++)
        to[i] = (add ? to[i] : 0) + (bias ? bias[i / plane] : 0);
}

static void convolve(const Planes *p, const Results *r, const real *image, const real *weight,
                     const real *bias, real *work, bool add, real *to) {
    const bool gaps = r->phase_rows < r->step || r->phase_columns < r->step;
    real *sums = work + p->planes;
    if (gaps)
        fill(p->results, r->height * r->width, bias, add, to);
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row);
        const int *plane_at = r->plane_at, *weight_at = r->weight_at;
        planes_load(p, row, rows, image, work);
        for (int y = 0; y < r->phase_rows; y++)
            for (int x = 0; x < r->phase_columns; x++) {
                const int taps = taps_of_phase(p, r->step, y, x);
                tiles_multiply(p->vectors, p->results, (rows - 1) * p->columns + p->wide, taps,
                               work, plane_at, weight, weight_at, r->weights, false, sums,
                               p->pitch);
                place(p, r, row * r->step + y, x, rows, sums, gaps ? NULL : bias, add || gaps, to);
                plane_at += taps;
                weight_at += taps;
            }
    }
}

static Results results_of(const Planes *p, bool transposed, int *tables) {
    const ConvolutionSizes *s = p->sizes;
    int *weight_at = tables + p->channels * kernel_size(s);
    Results r = {.height = s->out_height,
                 .width = s->out_width,
                 .step = 1,
                 .weights = p->taps,
                 .phase_rows = 1,
                 .phase_columns = 1};
    if (transposed)
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
    list_taps(p, transposed, &r, tables, weight_at);
    return r;
}

void planes(const ConvolutionSizes *s, ConvolutionPass pass, const real *from, const real *with,
            const real *bias, real *scratch, bool add, real *to) {
    const Planes p = planes_of(s, pass);
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        planes_gradient(&p, from, with, scratch, add, to);
        return;
    }
    const Results r = results_of(&p, pass == CONVOLUTION_TRANSPOSED, (int *)(void *)scratch);
    const ptrdiff_t from_size = (ptrdiff_t)p.channels * p.height * p.width;
    const ptrdiff_t to_size = (ptrdiff_t)p.results * r.height * r.width;
    const ptrdiff_t weights = (ptrdiff_t)group_out(s) * p.taps;
#pragma omp parallel for schedule(dynamic, s->groups) if (is_parallel(s))
    for (int i = 0; i < s->batch * s->groups; i++) {
        const int group = i % s->groups;
        convolve(&p, &r, from + i * from_size, with + group * weights,
                 bias ? bias + group * p.results : NULL,
                 scratch + p.first + (size_t)omp_get_thread_num() * p.work, add, to + i * to_size);
    }
}
