// By matrix products. With `taps` = in_channels / groups · kernel_height · kernel_width and
// `positions` = out_height · out_width, an image is unfolded into columns [groups · taps, positions],
// one column an output position (Chellapilla, Puri, Simard 2006), and then, for each group,
//
//     y = weight · columns       dcolumns = weightᵀ · dy       dweight = Σ_images dy · columnsᵀ
//
// A 1×1 kernel at stride 1 without padding needs no unfolding: the image is its columns.
#include "kernels/convolution.h"

#include <string.h>

#include "kernels/gemm.h"

enum { MOST_PIECES = 8 };
// From so many multiply-adds on, the threads share the pieces.
static const uint64_t PARALLEL_MULTIPLY_ADDS = 1 << 17;
// From so many numbers on, they share the channels of a sum.
static const size_t PARALLEL_SUMS = 1 << 15;

// Of one group.
static int taps_of(const ConvolutionSizes *s) {
    return s->in_channels / s->groups * s->kernel_height * s->kernel_width;
}

static int positions_of(const ConvolutionSizes *s) {
    return s->out_height * s->out_width;
}

static size_t input_size(const ConvolutionSizes *s) {
    return (size_t)s->in_channels * (size_t)s->height * (size_t)s->width;
}

static size_t output_size(const ConvolutionSizes *s) {
    return (size_t)s->out_channels * (size_t)positions_of(s);
}

static size_t weight_size(const ConvolutionSizes *s) {
    return (size_t)s->out_channels * (size_t)taps_of(s);
}

static bool needs_columns(const ConvolutionSizes *s) {
    return s->kernel_height != 1 || s->kernel_width != 1 || s->stride != 1 || s->padding_top ||
           s->padding_left || s->out_height != s->height || s->out_width != s->width;
}

static size_t columns_size(const ConvolutionSizes *s) {
    return needs_columns(s) ? (size_t)s->groups * taps_of(s) * (size_t)positions_of(s) : 0;
}

// Piece i of `pieces` holds the images from piece_first(i) up to piece_first(i + 1).
static int piece_count(const ConvolutionSizes *s) {
    return s->batch < MOST_PIECES ? s->batch : MOST_PIECES;
}

static int piece_first(const ConvolutionSizes *s, int piece) {
    return (int)((int64_t)s->batch * piece / piece_count(s));
}

uint64_t kernel_convolution_multiply_adds(const ConvolutionSizes *s) {
    return (uint64_t)s->batch * weight_size(s) * (uint64_t)positions_of(s);
}

static bool is_parallel(const ConvolutionSizes *s) {
    return piece_count(s) > 1 && kernel_convolution_multiply_adds(s) >= PARALLEL_MULTIPLY_ADDS;
}

size_t kernel_convolution_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    size_t partial = pass == CONVOLUTION_WEIGHT_GRADIENT ? weight_size(s) : 0;
    return (size_t)piece_count(s) * (columns_size(s) + partial);
}

// --- columns -------------------------------------------------------------------------------------

// The outputs first … end − 1 of one axis whose input, output · stride + offset, lies in the image.
typedef struct Range {
    int first, end;
} Range;

static Range range_inside(int outputs, int inputs, int stride, int offset) {
    int first = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
    int end = offset >= inputs ? 0 : (inputs - 1 - offset) / stride + 1;
    if (end > outputs)
        end = outputs;
    return (Range){first < end ? first : end, end};
}

static void zero(real *memory, int count) {
    memset(memory, 0, (size_t)count * sizeof(real));
}

// One row of the columns: what one tap (ky, kx) of the kernel sees of one channel of the image.
static void unfold_tap(const ConvolutionSizes *s, const real *channel, int ky, int kx, real *row) {
    const int width = s->out_width, left = kx - s->padding_left;
    const Range ys = range_inside(s->out_height, s->height, s->stride, ky - s->padding_top);
    const Range xs = range_inside(width, s->width, s->stride, left);
    zero(row, ys.first * width);
    for (int y = ys.first; y < ys.end; y++) {
        const real *from =
            channel + (ptrdiff_t)(y * s->stride + ky - s->padding_top) * s->width + left;
        real *to = row + (ptrdiff_t)y * width;
        zero(to, xs.first);
        if (s->stride == 1)
            memcpy(to + xs.first, from + xs.first, (size_t)(xs.end - xs.first) * sizeof(real));
        else
            for (int x = xs.first; x < xs.end; x++)
                to[x] = from[(ptrdiff_t)x * s->stride];
        zero(to + xs.end, width - xs.end);
    }
    zero(row + (ptrdiff_t)ys.end * width, (s->out_height - ys.end) * width);
}

// The transpose of unfold_tap: each number is added to where it came from.
static void fold_tap(const ConvolutionSizes *s, const real *row, int ky, int kx, real *channel) {
    const int left = kx - s->padding_left;
    const Range ys = range_inside(s->out_height, s->height, s->stride, ky - s->padding_top);
    const Range xs = range_inside(s->out_width, s->width, s->stride, left);
    for (int y = ys.first; y < ys.end; y++) {
        real *to = channel + (ptrdiff_t)(y * s->stride + ky - s->padding_top) * s->width + left;
        const real *from = row + (ptrdiff_t)y * s->out_width;
        if (s->stride == 1)
            for (int x = xs.first; x < xs.end; x++)
                to[x] += from[x];
        else
            for (int x = xs.first; x < xs.end; x++)
                to[(ptrdiff_t)x * s->stride] += from[x];
    }
}

// The columns of an image, in `scratch` where they differ from the image itself.
static const real *unfold(const ConvolutionSizes *s, const real *image, real *scratch) {
    if (!needs_columns(s))
        return image;
    real *row = scratch;
    for (int c = 0; c < s->in_channels; c++, image += (ptrdiff_t)s->height * s->width)
        for (int ky = 0; ky < s->kernel_height; ky++)
            for (int kx = 0; kx < s->kernel_width; kx++, row += positions_of(s))
                unfold_tap(s, image, ky, kx, row);
    return scratch;
}

static void fold(const ConvolutionSizes *s, const real *columns, real *image) {
    for (int c = 0; c < s->in_channels; c++, image += (ptrdiff_t)s->height * s->width)
        for (int ky = 0; ky < s->kernel_height; ky++)
            for (int kx = 0; kx < s->kernel_width; kx++, columns += positions_of(s))
                fold_tap(s, columns, ky, kx, image);
}

// --- the passes ----------------------------------------------------------------------------------

// image [channels, plane] = bias, or 0 where it is NULL; or the same added.
static void start_with_bias(int channels, size_t plane, const real *bias, bool add, real *image) {
    for (int c = 0; c < channels; c++, image += plane)
        for (size_t p = 0; p < plane; p++)
            image[p] = (add ? image[p] : 0) + (bias ? bias[c] : 0);
}

void kernel_convolution(const ConvolutionSizes *s, const real *x, const real *weight,
                        const real *bias, real *scratch, bool add, real *y) {
    const int pieces = piece_count(s), taps = taps_of(s), positions = positions_of(s);
    const int outs = s->out_channels / s->groups;
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++)
        for (int i = piece_first(s, piece); i < piece_first(s, piece + 1); i++) {
            real *y_image = y + (size_t)i * output_size(s);
            const real *columns =
                unfold(s, x + (size_t)i * input_size(s), scratch + (size_t)piece * columns_size(s));
            if (bias)
                start_with_bias(s->out_channels, (size_t)positions, bias, add, y_image);
            for (ptrdiff_t g = 0; g < s->groups; g++)
                kernel_gemm_one(PLAIN, PLAIN, outs, positions, taps, weight + g * outs * taps, taps,
                                columns + g * taps * positions, positions, add || bias,
                                y_image + g * outs * positions, positions);
        }
}

void kernel_convolution_transposed(const ConvolutionSizes *s, const real *y, const real *weight,
                                   const real *bias, real *scratch, bool add, real *x) {
    const int pieces = piece_count(s), taps = taps_of(s), positions = positions_of(s);
    const int outs = s->out_channels / s->groups;
    const size_t plane = (size_t)s->height * (size_t)s->width;
    const bool folds = needs_columns(s);
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++)
        for (int i = piece_first(s, piece); i < piece_first(s, piece + 1); i++) {
            real *x_image = x + (size_t)i * input_size(s);
            const real *y_image = y + (size_t)i * output_size(s);
            real *columns = folds ? scratch + (size_t)piece * columns_size(s) : x_image;
            if (bias || !add)
                start_with_bias(s->in_channels, plane, bias, add, x_image);
            for (ptrdiff_t g = 0; g < s->groups; g++)
                kernel_gemm_one(TRANSPOSED, PLAIN, taps, positions, outs, weight + g * outs * taps,
                                taps, y_image + g * outs * positions, positions, !folds,
                                columns + g * taps * positions, positions);
            if (folds)
                fold(s, columns, x_image);
        }
}

void kernel_convolution_weight_gradient(const ConvolutionSizes *s, const real *x, const real *dy,
                                        real *scratch, bool add, real *dweight) {
    const int pieces = piece_count(s), taps = taps_of(s), positions = positions_of(s);
    const int outs = s->out_channels / s->groups;
    const size_t size = weight_size(s);
    real *partials = scratch + (size_t)pieces * columns_size(s); // [pieces, size]
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++) {
        const int first = piece_first(s, piece);
        for (int i = first; i < piece_first(s, piece + 1); i++) {
            const real *dy_image = dy + (size_t)i * output_size(s);
            const real *columns =
                unfold(s, x + (size_t)i * input_size(s), scratch + (size_t)piece * columns_size(s));
            for (ptrdiff_t g = 0; g < s->groups; g++)
                kernel_gemm_one(PLAIN, TRANSPOSED, outs, taps, positions,
                                dy_image + g * outs * positions, positions,
                                columns + g * taps * positions, positions, i > first,
                                partials + (size_t)piece * size + g * outs * taps, taps);
        }
    }
    if (!add)
        memset(dweight, 0, size * sizeof(real));
    for (int piece = 0; piece < pieces; piece++)
        for (size_t j = 0; j < size; j++)
            dweight[j] += partials[(size_t)piece * size + j];
}

void kernel_channel_sums(size_t batch, size_t channels, size_t plane, const real *dy, bool add,
                         real *sums) {
#pragma omp parallel for schedule(static) if (batch * channels * plane >= PARALLEL_SUMS)
    for (size_t c = 0; c < channels; c++) {
        double total = 0;
        for (size_t i = 0; i < batch; i++) {
            const real *numbers = dy + (i * channels + c) * plane;
            double part = 0;
#pragma omp simd reduction(+ : part)
            for (size_t p = 0; p < plane; p++)
                part += (double)numbers[p];
            total += part;
        }
        sums[c] = (real)(add ? (double)sums[c] + total : total);
    }
}
