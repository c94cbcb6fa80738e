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
// Where rows are long and a kernel is small the lanes hold neighbouring places instead, which saves laying channels side by
// side: a channel's rows are copied to where there are zeros around them, some at a time, at stride 2 every other
// number to a row of its own; a vector that is read there meets the weights of up to four rows of results.
#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

// Under way at once, so that they stay in the nearest caches.
enum { NUMBERS = 1 << 14 };
// A row of a band, which isn't cut, has no more.
enum { MOST_NUMBERS = 1 << 26 };
// Along rows so long at least, or half as long for a kernel of 3×3 or less at stride 1; numbers under way; and a plane's most.
enum { LEAST_WIDE = 16, BAND = 1 << 11, MOST_PLANE = 1 << 18 };

typedef struct Depthwise {
    const ConvolutionSizes *sizes;
    bool transposed;
    bool along;         // the lanes hold neighbouring places
    int lanes, blocks;  // channels at once, and how often
    int height, width;  // of what is read, x or, for the transposed pass, y
    int all_rows, wide; // of the results; for dweight, of dy
    int step, phases;   // from what a result sees to what the next one sees; phases along an axis
    int rows, columns;  // of a band; of its window, or of a phase of it
    // Numbers of scratch: weights [blocks][taps][lanes] or, for dweight, where the taps read; of a thread the window, and
    // all with the sums, or dy and dweight's sums.
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

// A window holds a whole plane then.
static bool is_along(const ConvolutionSizes *s, ConvolutionPass pass) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    const int wide = transposed ? s->width : s->out_width;
    const int high = transposed ? s->height : s->out_height;
    const int least = s->kernel_width <= 3 && s->stride == 1 ? LEAST_WIDE / 2 : LEAST_WIDE;
    return pass != CONVOLUTION_WEIGHT_GRADIENT && s->stride <= (transposed ? 1 : 2) &&
           s->kernel_height == s->kernel_width && s->kernel_width <= PLANE_SIDE &&
           high >= PLANE_ROWS && wide >= larger(least, loops()->lanes) &&
           ((double)s->stride * high + s->kernel_height) *
                   ((double)s->stride * (wide + 1) + s->kernel_width) <=
               MOST_PLANE;
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
    d.columns = along ? divide_up(all.columns, d.step) : all.columns;
    d.rows = along ? larger(BAND / (d.step * d.columns) / PLANE_ROWS, 1) * PLANE_ROWS
                   : evenly(d.all_rows, NUMBERS / (lanes * (d.step * d.columns + d.wide)));
    const int rows = along ? all.rows * d.step : d.rows * d.step + s->kernel_height;
    const int weights = is_gradient ? taps : d.blocks * taps * lanes;
    const int sums = (along ? d.rows + PLANE_ROWS : d.rows) * d.wide * lanes;
    d.shared = multiple_of_16((size_t)weights);
    d.window = (size_t)(rows * d.columns * lanes);
    d.work = multiple_of_16(d.window + (size_t)sums + (is_gradient ? (size_t)(taps * lanes) : 0));
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
    if (d->along) { // as they are or, for the transposed pass, from the last one back
        for (int channel = 0; channel < d->sizes->groups; channel++)
            for (int tap = 0; tap < size; tap++)
                *packed++ = weight[channel * size + (d->transposed ? size - 1 - tap : tap)];
        return;
    }
    memset(packed, 0, d->shared * sizeof(real));
    for (int channel = 0; channel < d->sizes->groups;
         channel += d->lanes, packed += size * d->lanes)
        loops()->transpose(smaller(d->lanes, d->sizes->groups - channel), size,
                           weight + (ptrdiff_t)channel * size, size, NULL, packed, d->lanes);
}

// Of some rows of results those of a phase of the columns. Their taps run along what is read: for the transposed pass
// from the last one back. Rows of them that see zeros above and below the image are left out.
static void convolve_phase(const Depthwise *d, const Window *window, int row, int rows, int phase,
                           const real *seen, const real *weights, real *sums) {
    const ConvolutionSizes *s = d->sizes;
    const int wide = s->kernel_width, phases = d->phases, lanes = d->lanes;
    const int first = (phase + phases - s->padding_left % phases) % phases; // such a result
    const int results = divide_up(d->wide - first, phases);
    const int last_row = d->transposed ? (s->kernel_height - 1) / phases : 0;
    const ptrdiff_t line = (ptrdiff_t)d->columns * lanes;
    LaneTaps taps = {.columns = divide_up(wide - phase, phases),
                     .next_row = d->transposed ? -line : line,
                     .weight_row = (ptrdiff_t)phases * wide * lanes,
                     .weight_column = d->transposed ? -(ptrdiff_t)phases * lanes : lanes};
    seen +=
        (first_seen(d, first, s->padding_left, wide) - first_seen(d, 0, s->padding_left, wide)) *
        lanes;
    weights += (ptrdiff_t)phase * lanes;
    if (d->transposed) {
        const int last = taps.columns - 1;
        seen += last_row * line + ((wide - 1) / phases - last) * lanes;
        weights += (ptrdiff_t)last * phases * lanes;
    }
    for (int i = row; i < row + rows; i++, sums += (ptrdiff_t)d->wide * lanes) {
        const int top = first_seen(d, i, s->padding_top, s->kernel_height);
        const int phase_row = (i + s->padding_top) % phases;
        const Span in = span_of(d->transposed ? d->height - 1 - top - last_row : top, 1, d->height,
                                divide_up(s->kernel_height - phase_row, phases));
        taps.rows = in.count;
        loops()->lane_sums(
            taps, results, seen + (top - window->row) * line + in.first * taps.next_row,
            (ptrdiff_t)d->step * lanes,
            weights + (ptrdiff_t)phase_row * wide * lanes + in.first * taps.weight_row,
            sums + first * lanes, (ptrdiff_t)phases * lanes);
    }
}

// All results of a block of channels in one image.
static void convolve(const Depthwise *d, int channels, const real *from, const real *weights,
                     const real *bias, real *work, bool add, real *to) {
    real *sums = work + d->window;
    for (int row = 0; row < d->all_rows; row += d->rows) {
        const int rows = smaller(d->rows, d->all_rows - row);
        const Window window = window_of(d, row, rows);
        const Window place = {d->all_rows, d->wide, row, 0, rows, d->wide};
        window_interleave(&window, channels, from, d->lanes, work);
        for (int phase = 0; phase < d->phases; phase++)
            convolve_phase(d, &window, row, rows, phase, work, weights, sums);
        window_place(&place, channels, sums, d->lanes, bias, add, to);
    }
}

// Rows first … end − 1 of a plane to the window, its phases side by side.
static void copy_to_window(const Depthwise *d, const Window *all, int first, int end,
                           const real *from, real *window) {
    const ptrdiff_t pitch = (ptrdiff_t)d->step * d->columns;
    split_columns(end - first, d->width, -all->column, d->step, d->step, d->columns,
                  from + (ptrdiff_t)first * d->width, d->width, window + (first - all->row) * pitch,
                  pitch, d->columns);
}

// All results of a channel in one image, whose planes are seen as a window of them all: where they need no zeros around
// them and aren't taken apart, that is the plane itself.
static void convolve_along(const Depthwise *d, const Window *all, const real *from,
                           const real *weight, real bias, real *work, bool add, real *to) {
    const int wide = d->wide, side = d->sizes->kernel_width, pitch = d->step * d->columns;
    const bool in_place = d->step == 1 && all->rows == d->height && all->columns == d->width;
    const real *window = in_place ? from : work;
    real *sums = work + d->window;
    for (int row = 0, rows, copied = larger(all->row, 0); row < d->all_rows; row += rows) {
        const int left = d->all_rows - row;
        rows = left < d->rows + PLANE_ROWS ? left : d->rows; // so that not too few are left
        const int seen = all->row + (row + rows - 1) * d->step + side;
        const int end = larger(copied, smaller(seen, d->height));
        real *result = to + (ptrdiff_t)row * wide;
        if (!in_place)
            copy_to_window(d, all, copied, end, from, work);
        copied = end;
        loops()->plane_sums(side, d->step, rows, wide, window + (ptrdiff_t)row * d->step * pitch,
                            pitch, d->columns, weight, bias, add ? sums : result, wide);
        for (int i = 0; add && i < rows * wide; i++)
            result[i] += sums[i];
    }
}

static void results(const Depthwise *d, const real *from, const real *weight, const real *bias,
                    real *shared, bool add, real ceiling, real *to) {
    const ConvolutionSizes *s = d->sizes;
    const int size = kernel_size(s);
    const Window all = window_of(d, 0, d->all_rows);
    real *works = shared + d->shared;
    pack_weights(d, weight, shared);
#pragma omp parallel if (is_parallel(s))
    {
        real *work = works + (size_t)omp_get_thread_num() * d->work;
        memset(work, 0, d->window * sizeof(real));
#pragma omp for schedule(static)
        for (int i = 0; i < s->batch * d->blocks; i++) {
            const int block = i % d->blocks, channel = block * d->lanes;
            const int channels = smaller(d->lanes, s->groups - channel);
            const ptrdiff_t plane = (ptrdiff_t)i / d->blocks * s->groups + channel;
            const ptrdiff_t result_size = (ptrdiff_t)d->all_rows * d->wide;
            const real *seen = from + plane * d->height * d->width;
            real *result = to + plane * result_size;
            if (d->along)
                convolve_along(d, &all, seen, shared + (ptrdiff_t)channel * size,
                               bias ? bias[channel] : 0, work, add, result);
            else
                convolve(d, channels, seen, shared + (ptrdiff_t)block * size * d->lanes,
                         bias ? bias + channel : NULL, work, add, result);
            if (ceiling != 0)
                loops()->rectify((size_t)(channels * result_size), result, ceiling, result);
        }
    }
}

// To the sums of a block of channels what an image gives.
static void add_image(const Depthwise *d, const int *at, int channels, const real *x,
                      const real *dy, real *work, real *sums) {
    const ConvolutionSizes *s = d->sizes;
    real *band = work + d->window;
    for (int row = 0; row < d->all_rows; row += d->rows) {
        const int rows = smaller(d->rows, d->all_rows - row), step = d->step * d->lanes;
        const Window seen = window_of(d, row, rows);
        const Window place = {d->all_rows, d->wide, row, 0, rows, d->wide};
        window_interleave(&seen, channels, x, d->lanes, work);
        window_interleave(&place, channels, dy, d->lanes, band);
        for (int i = 0; i < rows; i++)
            loops()->lane_dots(kernel_size(s), at, d->wide, work + (ptrdiff_t)i * step * d->columns,
                               step, band + (ptrdiff_t)i * d->wide * d->lanes, sums);
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
               const real *bias, real *scratch, bool add, real ceiling, real *to) {
    const Depthwise d = depthwise_of(s, pass);
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        gradient(&d, from, with, scratch, add, to);
    else
        results(&d, from, with, bias, scratch, add, ceiling, to);
}
