// Depthwise convolutions: each channel of x has a kernel of its own. A number meets few weights here, so what counts is
// how often it is read and written on the way, and that no lane of a vector is idle at the ends of rows, which are short.
//
// So the lanes hold channels, which all do the same. As many as a vector has are taken at once, a band of rows at a
// time: laid side by side with the zeros around them, multiplied tap by tap with vectors of weights, and laid back.
//
//     x [channels][rows][columns]  →  window [rows][columns][lanes]  →  sums [rows][columns][lanes]  →  y
//
// For dweight dy is laid so too, and each tap has a vector of sums. The transposed pass at stride s has s² phases of
// results, of which each sees some of the taps, as in planes.c.
#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

// Under way at once, so that they stay in the nearest caches.
enum { NUMBERS = 1 << 14 };
// A row of a band, which isn't cut, has no more.
enum { MOST_NUMBERS = 1 << 26 };

typedef struct Depthwise {
    const ConvolutionSizes *sizes;
    bool transposed;
    int lanes, blocks;  // channels at once, and how often
    int height, width;  // of what is read, x or, for the transposed pass, y
    int all_rows, wide; // of the results; for dweight, of dy
    int step, phases;   // from what a result sees to what the next one sees; phases along an axis
    int rows, columns;  // of a band; of its window
    // Numbers of scratch: weights [blocks][taps][lanes] or, for dweight, where the taps read; of a thread the
    // window, and all with the sums, or dy and dweight's sums.
    size_t shared, window, work;
} Depthwise;

// The first row, or column, of what is read that a row of the results sees. It may lie before all.
static int first_seen(const Depthwise *d, int result, int padding, int kernel) {
    const int stride = d->sizes->stride;
    return d->transposed ? (result + padding) / stride - (kernel - 1) / stride
                         : result * stride - padding;
}

// What `count` rows of results from one on see.
static Window window_of(const Depthwise *d, int row, int count) {
    const ConvolutionSizes *s = d->sizes;
    const int high = s->kernel_height, wide = s->kernel_width;
    const int apart = d->transposed ? s->stride : 1; // taps that see neighbours
    const int top = first_seen(d, row, s->padding_top, high);
    const int left = first_seen(d, 0, s->padding_left, wide);
    return (Window){
        .height = d->height,
        .width = d->width,
        .row = top,
        .column = left,
        .rows = first_seen(d, row + count - 1, s->padding_top, high) - top + 1 + (high - 1) / apart,
        .columns =
            first_seen(d, d->wide - 1, s->padding_left, wide) - left + 1 + (wide - 1) / apart};
}

static Depthwise depthwise_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    const bool is_gradient = pass == CONVOLUTION_WEIGHT_GRADIENT;
    Depthwise d = {.sizes = s,
                   .transposed = transposed,
                   .lanes = loops()->lanes,
                   .blocks = divide_up(s->groups, loops()->lanes),
                   .height = transposed ? s->out_height : s->height,
                   .width = transposed ? s->out_width : s->width,
                   .all_rows = transposed ? s->height : s->out_height,
                   .wide = transposed ? s->width : s->out_width,
                   .step = transposed ? 1 : s->stride,
                   .phases = transposed ? s->stride : 1};
    d.columns = window_of(&d, 0, 1).columns;
    d.rows = evenly(d.all_rows, NUMBERS / (d.lanes * (d.step * d.columns + d.wide)));
    const int taps = kernel_size(s), rows = d.rows * d.step + s->kernel_height;
    d.shared = multiple_of_16((size_t)(is_gradient ? taps : d.blocks * taps * d.lanes));
    d.window = (size_t)(rows * d.columns * d.lanes);
    d.work = multiple_of_16(d.window + (size_t)(d.rows * d.wide * d.lanes) +
                            (is_gradient ? (size_t)(taps * d.lanes) : 0));
    return d;
}

// Not with more than a fifth of the lanes idle.
bool depthwise_fits(const ConvolutionSizes *s) {
    const int lanes = loops()->lanes;
    const double row = (double)lanes * (s->kernel_height + s->stride) *
                       ((double)s->stride * s->out_width + s->width + s->kernel_width);
    return group_in(s) == 1 && group_out(s) == 1 &&
           5 * s->groups >= 4 * divide_up(s->groups, lanes) * lanes && row <= MOST_NUMBERS;
}

size_t depthwise_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    const Depthwise d = depthwise_of(s, pass);
    return d.shared + (size_t)worker_count(s) * d.work;
}

static void pack_weights(const Depthwise *d, const real *weight, real *packed) {
    const int size = kernel_size(d->sizes);
    memset(packed, 0, d->shared * sizeof(real));
    for (int channel = 0; channel < d->sizes->groups;
         channel += d->lanes, packed += size * d->lanes)
        loops()->transpose(smaller(d->lanes, d->sizes->groups - channel), size,
                           weight + (ptrdiff_t)channel * size, size, NULL, packed, d->lanes);
}

// Of a row of results those of a phase. Their taps run along what is read: for the transposed pass from the last one back.
static void convolve_phase(const Depthwise *d, int phase_row, int phase, const real *seen,
                           const real *weights, real *sums) {
    const ConvolutionSizes *s = d->sizes;
    const int wide = s->kernel_width, phases = d->phases, lanes = d->lanes;
    const int first = (phase + phases - s->padding_left % phases) % phases; // such a result
    LaneTaps taps = {.rows = divide_up(s->kernel_height - phase_row, phases),
                     .columns = divide_up(wide - phase, phases),
                     .next_row = (ptrdiff_t)d->columns * lanes,
                     .weight_row = (ptrdiff_t)phases * wide * lanes,
                     .weight_column = lanes};
    seen +=
        (first_seen(d, first, s->padding_left, wide) - first_seen(d, 0, s->padding_left, wide)) *
        lanes;
    weights += (ptrdiff_t)(phase_row * wide + phase) * lanes;
    if (d->transposed) {
        const int last_row = (s->kernel_height - 1) / phases, last = taps.columns - 1;
        seen += last_row * taps.next_row + ((wide - 1) / phases - last) * lanes;
        weights += (ptrdiff_t)last * phases * lanes;
        taps.next_row = -taps.next_row;
        taps.weight_column = -(ptrdiff_t)phases * lanes;
    }
    loops()->lane_sums(taps, divide_up(d->wide - first, phases), seen, (ptrdiff_t)d->step * lanes,
                       weights, sums + first * lanes, (ptrdiff_t)phases * lanes);
}

// So much of a block of planes for each of so many rows.
static void fetch_part(const real *planes, ptrdiff_t size, int row, int rows) {
    const ptrdiff_t first = size * row / rows;
    fetch(planes + first, (size_t)(size * (row + 1) / rows - first));
}

// All results of a block of channels in one image. Another block follows.
static void convolve(const Depthwise *d, int channels, const real *from, const real *weights,
                     const real *bias, real *work, bool add, real *to) {
    const ConvolutionSizes *s = d->sizes;
    const ptrdiff_t seen_size = (ptrdiff_t)channels * d->height * d->width;
    const ptrdiff_t size = (ptrdiff_t)channels * d->all_rows * d->wide;
    real *sums = work + d->window;
    for (int row = 0; row < d->all_rows; row += d->rows) {
        const int rows = smaller(d->rows, d->all_rows - row);
        const Window window = window_of(d, row, rows);
        window_interleave(&window, channels, from, d->lanes, work);
        for (int i = row; i < row + rows; i++) {
            const int seen = first_seen(d, i, s->padding_top, s->kernel_height) - window.row;
            fetch_part(from + seen_size, seen_size, i, d->all_rows);
            fetch_part(to, size, i, d->all_rows);
            for (int phase = 0; phase < d->phases; phase++)
                convolve_phase(d, (i + s->padding_top) % d->phases, phase,
                               work + (ptrdiff_t)seen * d->columns * d->lanes, weights,
                               sums + (ptrdiff_t)(i - row) * d->wide * d->lanes);
        }
        const Window place = {d->all_rows, d->wide, row, 0, rows, d->wide};
        window_place(&place, channels, sums, d->lanes, bias, add, to);
    }
}

static void results(const Depthwise *d, const real *from, const real *weight, const real *bias,
                    real *packed, bool add, real *to) {
    const ConvolutionSizes *s = d->sizes;
    real *works = packed + d->shared;
    pack_weights(d, weight, packed);
#pragma omp parallel if (is_parallel(s))
    {
        real *work = works + (size_t)omp_get_thread_num() * d->work;
        memset(work, 0, d->window * sizeof(real));
#pragma omp for schedule(static)
        for (int i = 0; i < s->batch * d->blocks; i++) {
            const int block = i % d->blocks, channel = block * d->lanes;
            const ptrdiff_t plane = (ptrdiff_t)i / d->blocks * s->groups + channel;
            convolve(d, smaller(d->lanes, s->groups - channel), from + plane * d->height * d->width,
                     packed + (ptrdiff_t)block * kernel_size(s) * d->lanes,
                     bias ? bias + channel : NULL, work, add, to + plane * d->all_rows * d->wide);
        }
    }
}

// To the sums of a block of channels what an image gives. Another image follows.
static void add_image(const Depthwise *d, const int *at, int channels, const real *x,
                      const real *dy, real *work, real *sums) {
    const ConvolutionSizes *s = d->sizes;
    const ptrdiff_t plane = (ptrdiff_t)s->height * s->width, dy_plane = positions_of(s);
    real *band = work + d->window;
    for (int row = 0; row < d->all_rows; row += d->rows) {
        const int rows = smaller(d->rows, d->all_rows - row), step = d->step * d->lanes;
        const Window seen = window_of(d, row, rows);
        const Window place = {d->all_rows, d->wide, row, 0, rows, d->wide};
        window_interleave(&seen, channels, x, d->lanes, work);
        window_interleave(&place, channels, dy, d->lanes, band);
        for (int i = 0; i < rows; i++) {
            fetch_part(x + s->groups * plane, channels * plane, row + i, d->all_rows);
            fetch_part(dy + s->groups * dy_plane, channels * dy_plane, row + i, d->all_rows);
            loops()->lane_dots(kernel_size(s), at, d->wide, work + (ptrdiff_t)i * step * d->columns,
                               step, band + (ptrdiff_t)i * d->wide * d->lanes, sums);
        }
    }
}

static void gradient(const Depthwise *d, const real *x, const real *dy, real *scratch, bool add,
                     real *dweight) {
    const ConvolutionSizes *s = d->sizes;
    const int size = kernel_size(s);
    int *at = (int *)(void *)scratch; // a real holds an int
    for (int tap = 0; tap < size; tap++)
        at[tap] = (tap / s->kernel_width * d->columns + tap % s->kernel_width) * d->lanes;
#pragma omp parallel if (is_parallel(s))
    {
        real *work = scratch + d->shared + (size_t)omp_get_thread_num() * d->work;
        real *sums = work + d->window + (ptrdiff_t)d->rows * d->wide * d->lanes;
        memset(work, 0, d->work * sizeof(real));
#pragma omp for schedule(static)
        for (int channel = 0; channel < s->groups; channel += d->lanes) {
            const int channels = smaller(d->lanes, s->groups - channel);
            memset(sums, 0, (size_t)(size * d->lanes) * sizeof(real));
            for (int i = 0; i < s->batch; i++) {
                const ptrdiff_t plane = (ptrdiff_t)i * s->groups + channel;
                add_image(d, at, channels, x + plane * s->height * s->width,
                          dy + plane * positions_of(s), work, sums);
            }
            transposed_place(size, channels, sums, d->lanes, NULL, add,
                             dweight + (ptrdiff_t)channel * size, size);
        }
    }
}

void depthwise(const ConvolutionSizes *s, ConvolutionPass pass, const real *from, const real *with,
               const real *bias, real *scratch, bool add, real *to) {
    const Depthwise d = depthwise_of(s, pass);
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        gradient(&d, from, with, scratch, add, to);
    else
        results(&d, from, with, bias, scratch, add, to);
}
