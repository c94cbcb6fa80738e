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
//
// Where rows are long and the stride is 1 the lanes hold neighbouring places instead, which saves laying them side by side: a
// channel's rows are copied to where there are zeros around them, some at a time, multiplied as one long line, and
// the sums copied to the rows of the results.
#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

// Under way at once, so that they stay in the nearest caches.
enum { NUMBERS = 1 << 14 };
// A row of a band, which isn't cut, has no more.
enum { MOST_NUMBERS = 1 << 26 };
// A long line has about so many, and its last vector sees so many beyond; its plane has no more.
enum { LINE = 512, BEYOND = 16, MOST_PLANE = 1 << 18 };

typedef struct Depthwise {
    const ConvolutionSizes *sizes;
    bool transposed;
    bool along;         // the lanes hold neighbouring places
    int lanes, blocks;  // channels at once, and how often
    int height, width;  // of what is read, x or, for the transposed pass, y
    int all_rows, wide; // of the results; for dweight, of dy
    int step, phases;   // from what a result sees to what the next one sees; phases along an axis
    int rows, columns;  // of a band; of its window
    // Numbers of scratch: weights [blocks][taps][lanes] or, along the lines and for dweight, where the taps read; of a
    // thread the window, and all with the sums, or dy and dweight's sums.
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

// The sums between two long rows, of which nothing is made, are few. A window holds a whole plane then.
static bool is_along(const ConvolutionSizes *s, ConvolutionPass pass) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    const int wide = transposed ? s->width : s->out_width;
    const int high = transposed ? s->height : s->out_height;
    return pass != CONVOLUTION_WEIGHT_GRADIENT && s->stride == 1 && wide > 4 * s->kernel_width &&
           ((double)high + s->kernel_height) * ((double)wide + s->kernel_width) <= MOST_PLANE;
}

static Depthwise depthwise_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED, along = is_along(s, pass);
    const bool is_gradient = pass == CONVOLUTION_WEIGHT_GRADIENT;
    const int lanes = along ? 1 : loops()->lanes, taps = kernel_size(s);
    Depthwise d = {.sizes = s,
                   .transposed = transposed,
                   .along = along,
                   .lanes = lanes,
                   .blocks = divide_up(s->groups, lanes),
                   .height = transposed ? s->out_height : s->height,
                   .width = transposed ? s->out_width : s->width,
                   .all_rows = transposed ? s->height : s->out_height,
                   .wide = transposed ? s->width : s->out_width,
                   .step = transposed ? 1 : s->stride,
                   .phases = transposed ? s->stride : 1};
    const Window all = window_of(&d, 0, d.all_rows);
    d.columns = all.columns;
    d.rows = evenly(d.all_rows, along ? LINE / (2 * d.columns)
                                      : NUMBERS / (lanes * (d.step * d.columns + d.wide)));
    const int rows = along ? all.rows : d.rows * d.step + s->kernel_height;
    const int weights = is_gradient || along ? 2 * taps : d.blocks * taps * lanes;
    const int sums = d.rows * (along ? d.columns : d.wide) * lanes;
    d.shared = multiple_of_16((size_t)weights);
    d.window = (size_t)(rows * d.columns * lanes + BEYOND);
    d.work = multiple_of_16(d.window + (size_t)(sums + BEYOND) +
                            (is_gradient ? (size_t)(taps * lanes) : 0));
    return d;
}

// Not with more than a fifth of the lanes idle.
bool depthwise_fits(const ConvolutionSizes *s, ConvolutionPass pass) {
    const int lanes = loops()->lanes;
    const double row = (double)lanes * (s->kernel_height + s->stride) *
                       ((double)s->stride * s->out_width + s->width + s->kernel_width);
    return group_in(s) == 1 && group_out(s) == 1 && row <= MOST_NUMBERS &&
           (is_along(s, pass) || 5 * s->groups >= 4 * divide_up(s->groups, lanes) * lanes);
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

// What some of `all` rows take of so much.
static void fetch_part(const real *planes, ptrdiff_t size, int row, int rows, int all) {
    const ptrdiff_t first = size * row / all;
    fetch(planes + first, (size_t)(size * (row + rows) / all - first));
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
            fetch_part(from + seen_size, seen_size, i, 1, d->all_rows);
            fetch_part(to, size, i, 1, d->all_rows);
            for (int phase = 0; phase < d->phases; phase++)
                convolve_phase(d, (i + s->padding_top) % d->phases, phase,
                               work + (ptrdiff_t)seen * d->columns * d->lanes, weights,
                               sums + (ptrdiff_t)(i - row) * d->wide * d->lanes);
        }
        const Window place = {d->all_rows, d->wide, row, 0, rows, d->wide};
        window_place(&place, channels, sums, d->lanes, bias, add, to);
    }
}

// What the taps see, and their weights: for the transposed pass from the last one back.
static void list_taps(const Depthwise *d, int *seen_at, int *weight_at) {
    const int wide = d->sizes->kernel_width, size = kernel_size(d->sizes);
    for (int tap = 0; tap < size; tap++) {
        seen_at[tap] = (tap / wide * d->columns + tap % wide) * d->lanes;
        weight_at[tap] = d->transposed ? size - 1 - tap : tap;
    }
}

// All results of a channel in one image, whose rows are copied to a window with zeros around them. Another channel follows.
static void convolve_along(const Depthwise *d, const int *tables, const real *from,
                           const real *weight, real bias, real *work, bool add, real *to) {
    const int taps = kernel_size(d->sizes), columns = d->columns, wide = d->wide;
    const Window all = window_of(d, 0, d->all_rows);
    const int left = larger(-all.column, 0), first = larger(all.column, 0);
    const int count = smaller(columns - left, d->width - first);
    const ptrdiff_t seen_size = (ptrdiff_t)d->height * d->width;
    const ptrdiff_t size = (ptrdiff_t)d->all_rows * wide;
    real *sums = work + d->window;
    for (int row = 0, copied = larger(all.row, 0); row < d->all_rows; row += d->rows) {
        const int rows = smaller(d->rows, d->all_rows - row);
        const Window seen = window_of(d, row, rows);
        const int end = larger(copied, smaller(seen.row + seen.rows, d->height));
        loops()->copy_rows(end - copied, count, from + (ptrdiff_t)copied * d->width + first,
                           d->width, 1, 0, work + (copied - all.row) * columns + left, columns);
        copied = end;
        fetch_part(from + seen_size, seen_size, row, rows, d->all_rows);
        fetch_part(to + size, size, row, rows, d->all_rows);
        tiles_multiply(TILE_VECTORS, 1, (rows - 1) * columns + wide, taps, work + row * columns,
                       tables, weight, tables + taps, 0, false, sums, 0);
        for (int i = 0; add && i < rows; i++)
            for (int j = 0; j < wide; j++)
                sums[i * columns + j] += to[(ptrdiff_t)(row + i) * wide + j];
        loops()->copy_rows(rows, wide, sums, columns, 1, bias, to + (ptrdiff_t)row * wide, wide);
    }
}

static void results(const Depthwise *d, const real *from, const real *weight, const real *bias,
                    real *shared, bool add, real *to) {
    const ConvolutionSizes *s = d->sizes;
    const int size = kernel_size(s);
    int *tables = (int *)(void *)shared; // a real holds an int
    real *works = shared + d->shared;
    if (d->along)
        list_taps(d, tables, tables + size);
    else
        pack_weights(d, weight, shared);
#pragma omp parallel if (is_parallel(s))
    {
        real *work = works + (size_t)omp_get_thread_num() * d->work;
        memset(work, 0, d->window * sizeof(real));
#pragma omp for schedule(static)
        for (int i = 0; i < s->batch * d->blocks; i++) {
            const int block = i % d->blocks, channel = block * d->lanes;
            const ptrdiff_t plane = (ptrdiff_t)i / d->blocks * s->groups + channel;
            const real *seen = from + plane * d->height * d->width;
            real *result = to + plane * d->all_rows * d->wide;
            if (d->along)
                convolve_along(d, tables, seen, weight + channel * size, bias ? bias[channel] : 0,
                               work, add, result);
            else
                convolve(d, smaller(d->lanes, s->groups - channel), seen,
                         shared + (ptrdiff_t)block * size * d->lanes, bias ? bias + channel : NULL,
                         work, add, result);
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
            fetch_part(x + s->groups * plane, channels * plane, row + i, 1, d->all_rows);
            fetch_part(dy + s->groups * dy_plane, channels * dy_plane, row + i, 1, d->all_rows);
            loops()->lane_dots(kernel_size(s), at, d->wide, work + (ptrdiff_t)i * step * d->columns,
                               step, band + (ptrdiff_t)i * d->wide * d->lanes, sums);
        }
    }
}

static void gradient(const Depthwise *d, const real *x, const real *dy, real *scratch, bool add,
                     real *dweight) {
    const ConvolutionSizes *s = d->sizes;
    const int size = kernel_size(s);
    int *at = (int *)(void *)scratch;
    list_taps(d, at, at + size);
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
