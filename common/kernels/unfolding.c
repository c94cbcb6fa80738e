// Convolutions that winograd.c doesn't take, by a matrix [taps][positions]: at a position of y a tap, (channel,
// u, v), sees a number of x, or a zero beside it. Some rows of one image's y are under way at a time, so that
// their part of the matrix stays in the cache.
//
//     dweight = matrix · dyᵀ               unfolded first
//     matrix = weightᵀ · y                 and folded into x: each number is added where its tap sees it
//     y = weight · matrix                  which isn't written: see below
//
// Forward, the image is only copied to planes with room for the padding; at stride s, to s² planes for each
// channel, the phases (even and odd rows and columns for s = 2), so that neighbours lie side by side again;
// to fewer where the kernel is smaller than the stride.
//
//     . . . . . . . .       What a tap sees is then one long line of numbers, from its own place on: tap (0, 0)
//     . a b c d e f .       the whole plane, tap (1, 1) from a on. The tiles read it there, by a table. In the
//     . o p q r s t .       columns that only the padding needs there are sums too, of which nothing is made.
//     . . . . . . . .
//
// To copy the planes is to unfold by a kernel of at most s × s taps, with more rows and columns of positions.
#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

// For dweight the batch is cut into pieces, fewer where the weights are large.
enum { MATRIX_NUMBERS = 1 << 15, MOST_PIECES = 8, PARTIAL_SUMS = 1 << 21 };

typedef struct Unfolding {
    const ConvolutionSizes *sizes;
    int taps, out;                   // of a group
    int kernel_height, kernel_width; // of the unfolding
    int rows, more_rows;             // of y under way at once; that the planes have beyond
    int columns;                     // of y or of the planes
    int pitch;                       // room for a line of the matrix, or for a plane
    int vectors;                     // of a forward tile
    int width, pieces;               // of dweight's sums [pieces][groups][taps][width]
    size_t matrix, work; // numbers of work memory of a thread: the matrix, and also a strip of y
    size_t first, sums;  // and of all: the tables of the forward pass, or the sums; a piece of them
} Unfolding;

static Unfolding unfolding_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    const int in = group_in(s), taps = in * kernel_size(s), out = group_out(s);
    Unfolding u = {.sizes = s,
                   .taps = taps,
                   .out = out,
                   .kernel_height = s->kernel_height,
                   .kernel_width = s->kernel_width,
                   .columns = s->out_width};
    if (pass == CONVOLUTION_FORWARD) {
        u.kernel_height = smaller(s->stride, s->kernel_height);
        u.kernel_width = smaller(s->stride, s->kernel_width);
        u.more_rows = (s->kernel_height - 1) / s->stride;
        u.columns += (s->kernel_width - 1) / s->stride;
    }
    const int lines = in * u.kernel_height * u.kernel_width;
    u.rows = evenly(s->out_height, MATRIX_NUMBERS / (larger(lines, out) * u.columns));
    u.pitch = odd_lines((u.rows + u.more_rows) * u.columns);
    u.vectors = tiles_vectors(out, u.rows * u.columns, taps);
    u.width = odd_lines(out);
    u.matrix = (size_t)lines * (size_t)u.pitch;
    u.work = u.matrix + (size_t)larger(out * u.pitch, u.rows * u.columns * u.width);
    u.sums = (size_t)(s->groups * taps) * (size_t)u.width;
    u.pieces = smaller((int)(PARTIAL_SUMS / u.sums), smaller(s->batch, MOST_PIECES));
    u.pieces = larger(u.pieces, smaller(larger(s->batch, 1), 2));
    u.first = pass == CONVOLUTION_WEIGHT_GRADIENT ? (size_t)u.pieces * u.sums
                                                  : multiple_of_16(2 * (size_t)taps);
    return u;
}

size_t unfolded_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    const Unfolding u = unfolding_of(s, pass);
    return u.first + (size_t)worker_count(s) * u.work;
}

// Those of `count` places, `stride` apart from `start` on, that lie within 0 … size − 1.
typedef struct Span {
    int first, count, at;
} Span;

static Span span_of(int start, int stride, int size, int count) {
    const int first = divide_up(larger(-start, 0), stride);
    const int end = smaller(count, divide_up(larger(size - start, 0), stride));
    return (Span){.first = first, .count = end - first, .at = start + first * stride};
}

// From an image, which is only read, to the matrix of some rows of y; back, it is added to the image.
static void unfold(const Unfolding *u, bool back, int row, int rows, real *image, real *matrix) {
    const ConvolutionSizes *s = u->sizes;
    const int size = u->kernel_height * u->kernel_width, all = rows + u->more_rows;
    const ptrdiff_t below = (ptrdiff_t)s->stride * s->width;
    for (int at = 0; at < size; at++) {
        const Span y = span_of(row * s->stride + at / u->kernel_width - s->padding_top, s->stride,
                               s->height, all);
        const Span x =
            span_of(at % u->kernel_width - s->padding_left, s->stride, s->width, u->columns);
        for (int channel = 0; channel < group_in(s); channel++) {
            real *seen = image + ((ptrdiff_t)channel * s->height + y.at) * s->width + x.at;
            real *line = matrix + (ptrdiff_t)(channel * size + at) * u->pitch;
            real *to = line + y.first * u->columns + x.first;
            if (!back) {
                if (y.count < all || x.count < u->columns)
                    memset(line, 0, (size_t)(all * u->columns) * sizeof(real));
                loops()->copy_rows(y.count, x.count, seen, below, s->stride, 0, to, u->columns);
            } else {
                for (int i = 0; i < y.count; i++, seen += below, to += u->columns)
                    for (int j = 0; j < x.count; j++)
                        seen[j * s->stride] += to[j];
            }
        }
    }
}

// to = from + start, or added to what is there.
static void place(int rows, int n, const real *from, int pitch, real start, bool add, real *to) {
    if (!add)
        loops()->copy_rows(rows, n, from, pitch, 1, start, to, n);
    else
        for (int row = 0; row < rows; row++)
            for (int i = 0; i < n; i++)
                to[row * n + i] += start + from[row * pitch + i];
}

// Where each tap begins in the matrix, and in the weights.
static void list_taps(const Unfolding *u, int *matrix_at, int *weight_at) {
    const ConvolutionSizes *s = u->sizes;
    for (int tap = 0; tap < u->taps; tap++) {
        const int stride = s->stride, channel = tap / kernel_size(s);
        const int y = tap % kernel_size(s) / s->kernel_width, x = tap % s->kernel_width;
        const int line = (channel * u->kernel_height + y % stride) * u->kernel_width + x % stride;
        matrix_at[tap] = line * u->pitch + y / stride * u->columns + x / stride;
        weight_at[tap] = tap;
    }
}

static void forward(const Unfolding *u, const real *x, const real *weight, const real *bias,
                    const int *tables, real *matrix, bool add, real *y) {
    const ConvolutionSizes *s = u->sizes;
    real *sums = matrix + u->matrix;
    for (int row = 0; row < s->out_height; row += u->rows, y += u->rows * s->out_width) {
        const int rows = smaller(u->rows, s->out_height - row);
        unfold(u, false, row, rows, (real *)x, matrix);
        tiles_multiply(u->vectors, u->out, (rows - 1) * u->columns + s->out_width, u->taps, matrix,
                       tables, weight, tables + u->taps, u->taps, false, sums, u->pitch);
        for (int o = 0; o < u->out; o++)
            place(rows, s->out_width, sums + (ptrdiff_t)o * u->pitch, u->columns,
                  bias ? bias[o] : 0, add, y + (ptrdiff_t)o * positions_of(s));
    }
}

static void transposed(const Unfolding *u, const real *y, const real *weight, const real *bias,
                       real *matrix, bool add, real *x) {
    const ConvolutionSizes *s = u->sizes;
    const int plane = s->height * s->width;
    real *strip = matrix + u->matrix;
    if (!add)
        memset(x, 0, (size_t)(group_in(s) * plane) * sizeof(real));
    for (int i = 0; bias && i < group_in(s) * plane; i++)
        x[i] += bias[i / plane];
    for (int row = 0; row < s->out_height; row += u->rows) {
        const int rows = smaller(u->rows, s->out_height - row), count = rows * s->out_width;
        loops()->copy_rows(u->out, count, y + row * s->out_width, positions_of(s), 1, 0, strip,
                           u->pitch);
        tiles_product(u->taps, count, u->out, weight, 1, u->taps, strip, u->pitch, false, matrix,
                      u->pitch);
        unfold(u, true, row, rows, x, matrix);
    }
}

static void add_weights(const Unfolding *u, const real *x, const real *dy, real *matrix,
                        real *sums) {
    const ConvolutionSizes *s = u->sizes;
    real *strip = matrix + u->matrix;
    for (int row = 0; row < s->out_height; row += u->rows) {
        const int rows = smaller(u->rows, s->out_height - row), count = rows * s->out_width;
        unfold(u, false, row, rows, (real *)x, matrix);
        loops()->transpose(u->out, count, dy + row * s->out_width, positions_of(s), NULL, strip,
                           u->width);
        tiles_product(u->taps, u->out, count, matrix, u->pitch, 1, strip, u->width, true, sums,
                      u->width);
    }
}

static void gradient(const Unfolding *u, const real *x, const real *dy, real *works, real *partials,
                     bool add, real *dweight) {
    const ConvolutionSizes *s = u->sizes;
    const int groups = s->groups, x_size = group_in(s) * s->height * s->width;
    const size_t size = (size_t)u->taps * (size_t)u->width;
#pragma omp parallel if (is_parallel(s))
    {
#pragma omp for schedule(dynamic)
        for (int piece = 0; piece < u->pieces; piece++) {
            real *sums = partials + (size_t)piece * u->sums;
            const int first = (int)((int64_t)s->batch * piece / u->pieces) * groups;
            const int end = (int)((int64_t)s->batch * (piece + 1) / u->pieces) * groups;
            memset(sums, 0, u->sums * sizeof(real));
            for (int i = first; i < end; i++)
                add_weights(u, x + (ptrdiff_t)i * x_size,
                            dy + (ptrdiff_t)i * u->out * positions_of(s),
                            works + (size_t)omp_get_thread_num() * u->work,
                            sums + (size_t)(i % groups) * size);
        }
#pragma omp for schedule(static) nowait
        for (int group = 0; group < groups; group++) {
            real *sums = partials + (size_t)group * size;
            for (int piece = 1; piece < u->pieces; piece++)
                place(1, (int)size, sums + (size_t)piece * u->sums, 0, 0, true, sums);
            transposed_place(u->taps, u->out, sums, u->width, NULL, add,
                             dweight + (ptrdiff_t)group * u->out * u->taps, u->taps);
        }
    }
}

void unfolded(const ConvolutionSizes *s, ConvolutionPass pass, const real *from, const real *with,
              const real *bias, real *scratch, bool add, real *to) {
    const Unfolding u = unfolding_of(s, pass);
    real *works = scratch + u.first;
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        gradient(&u, from, with, works, scratch, add, to);
        return;
    }
    const int in = group_in(s), x_size = in * s->height * s->width,
              y_size = u.out * positions_of(s);
    int *tables = (int *)(void *)scratch; // a real holds an int
    list_taps(&u, tables, tables + u.taps);
#pragma omp parallel for schedule(dynamic, s->groups) if (is_parallel(s))
    for (int i = 0; i < s->batch * s->groups; i++) {
        const ptrdiff_t group = i % s->groups, at_x = (ptrdiff_t)i * x_size,
                        at_y = (ptrdiff_t)i * y_size;
        const real *weight = with + group * u.out * u.taps;
        real *work = works + (size_t)omp_get_thread_num() * u.work;
        if (pass == CONVOLUTION_FORWARD)
            forward(&u, from + at_x, weight, bias ? bias + group * u.out : NULL, tables, work, add,
                    to + at_y);
        else
            transposed(&u, from + at_y, weight, bias ? bias + group * in : NULL, work, add,
                       to + at_x);
    }
}
