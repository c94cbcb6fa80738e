// Winograd's convolution F(m×m, r×r) (Lavin and Gray, "Fast algorithms for convolutional neural networks",
// 2016). Along an axis m neighbouring numbers of y are sums over r taps and see n = m + r − 1 numbers of x:
//
//     y = Vᵀ [(V w) ⊙ (B x)]
//
// V takes r or m numbers for the coefficients of a polynomial and evaluates it at n − 1 points, and at infinity
// (its last number); B, n×n, is the transposed interpolation from there (Toom and Cook's product of polynomials,
// transposed). It takes n products instead of m r. For two axes
//
//     y = Vᵀ [Σ_channels W ⊙ X] V     X = B x Bᵀ, W = V w Vᵀ        dw = Vᵀ [Σ_tiles X ⊙ Y] V     Y = V dy Vᵀ
//
// so each of the n² numbers of a tile is a matrix product of its own. The transposed convolution is one with the
// weights turned round.
//
// A kernel of up to r · stride numbers falls into stride² phases of r × r taps, some of them 0 (5×5 at stride 2 is
// 3×3 of them). Those of x are summed over as its channels are; those of a transposed result are computed one by one.
//
//     n   points             products for each y, of plain r²               rounds, beside plain sums
//     3   ±1                 r = 2: 2.25                                    up to twice as much
//     4   0, ±1              r = 2: 1.8, r = 3: 4                           the same
//     6   0, ±3/4, ±3/2      r = 2: 1.4, r = 3: 2.25, r = 4: 4, r = 5: 9    2 to 6 times, see below
//
// Points far from 1 make large powers, and near each other large differences: with ±1, ±2 (as usual) or ±1, ±1/2 six
// points round twice as much. Measured against sums in double, normal numbers, 16 / 64 / 256 channels, by the norm of the
// results: 3×3 5e-7 / 8e-7 / 1.5e-6 root mean square and 4e-6 / 5e-6 / 1.1e-5 at most, plain sums 2e-7 to 3e-7 and
// 1.0e-6 to 1.5e-6; 5×5 about the same.
#include "kernels/winograd.h"

#include <omp.h>
#include <string.h>

#include "kernels/elementwise.h"
#include "kernels/loops.h"

// From a window to its tiles, phase by phase, or back.
static void transform(const Winograd *w, const Side *side, WinogradLoop *loop, bool back,
                      real *window, real *tiles) {
    const ConvolutionSizes *s = w->sizes;
    const int columns = side->window.columns;
    const ptrdiff_t next = (ptrdiff_t)side->step * side->lanes, line = next * columns;
    const Grid in_window = {w->outputs * line, w->outputs * next, line, next};
    const Grid in_tiles = {(ptrdiff_t)w->tile_columns * side->tile, side->tile,
                           (ptrdiff_t)w->side * side->matrix, side->matrix};
    for (int phase = 0; phase < side->phases; phase++, tiles += side->lanes) {
        const int row = winograd_phase_start(w, side, phase / s->stride, s->padding_top);
        const int column = winograd_phase_start(w, side, phase % s->stride, s->padding_left);
        real *at = window + (row * columns + column) * side->lanes;
        if (back)
            loop(w->tile_rows, w->tile_columns, side->lanes, tiles, in_tiles, at, in_window);
        else
            loop(w->tile_rows, w->tile_columns, side->lanes, at, in_window, tiles, in_tiles);
    }
}

// The part of the planes that a band of the batch has to do with.
static Window window_of(const Winograd *w, const Side *side, int band) {
    Window window = side->window;
    window.row += side->step * w->outputs * w->tile_rows * (band % w->bands);
    return window;
}

static ptrdiff_t image_of(const Winograd *w, const Side *side, int band) {
    return (ptrdiff_t)(band / w->bands) * side->channels * side->window.height * side->window.width;
}

static void read_band(const Winograd *w, const Side *side, WinogradLoop *loop, int band,
                      const real *images, real *window, real *tiles) {
    const Window place = window_of(w, side, band);
    window_frame(&place, side->channels, side->lanes, window);
    window_interleave(&place, side->channels, images + image_of(w, side, band), side->lanes,
                      window);
    transform(w, side, loop, false, window, tiles);
}

static void write_band(const Winograd *w, int band, real *tiles, const real *bias, real *window,
                       bool add, real *images) {
    const Side *side = &w->to;
    const Window place = window_of(w, side, band);
    transform(w, side, loops()->winograd_back[w->side][w->outputs], true, window, tiles);
    window_place(&place, side->channels, window, side->lanes, bias, add,
                 images + image_of(w, side, band));
}

// Between the taps [frame][frame][lanes] of one of from's channels and their place in the weights
// [n²][phases][from's lanes][to's lanes].
static void transform_weights(const Winograd *w, bool back, int channel, real *taps,
                              real *weights) {
    const ConvolutionSizes *s = w->sizes;
    const int stride = s->stride, lanes = w->to.lanes, last = (w->taps - 1) * stride;
    const ptrdiff_t phase_size = (ptrdiff_t)w->from.lanes * lanes, matrix = w->phases * phase_size;
    const ptrdiff_t next = (ptrdiff_t)(w->transposed ? -stride : stride) * lanes;
    const Grid in_taps = {.row = next * w->frame, .column = next};
    const Grid in_weights = {.row = w->side * matrix, .column = matrix};
    for (int phase = 0; phase < w->phases; phase++) {
        int row = phase / stride, column = phase % stride;
        if (w->transposed) { // turned round
            row = last + (row + s->padding_top) % stride;
            column = last + (column + s->padding_left) % stride;
        }
        real *at = taps + (row * w->frame + column) * lanes;
        real *to = weights + phase * phase_size + (ptrdiff_t)channel * lanes;
        if (back)
            loops()->winograd_back[w->side][w->taps](1, 1, lanes, to, in_weights, at, in_taps);
        else
            loops()->winograd_points[w->side][w->taps](1, 1, lanes, at, in_taps, to, in_weights);
    }
}

// Numbers of the kernel that lie in its frame one after the other: all, or a row.
static int run_of(const Winograd *w) {
    return w->frame == w->sizes->kernel_width ? kernel_size(w->sizes) : w->sizes->kernel_width;
}

static void read_weights(const Winograd *w, int channel, const real *weight, real *taps,
                         real *weights) {
    const int size = kernel_size(w->sizes), to = w->to.channels, from = w->from.channels;
    const int run = run_of(w);
    memset(taps, 0, (size_t)(w->frame * w->frame * w->to.lanes) * sizeof(real));
    weight += (ptrdiff_t)channel * size * (w->transposed ? to : 1);
    for (int i = 0; i < size / run && channel < from; i++)
        loops()->transpose(to, run, weight + i * run, size * (w->transposed ? 1 : from), NULL,
                           taps + i * w->frame * w->to.lanes, w->to.lanes);
    transform_weights(w, false, channel, taps, weights);
}

static void write_weights(const Winograd *w, int channel, real *weights, real *taps, bool add,
                          real *dweight) {
    const int size = kernel_size(w->sizes), run = run_of(w);
    transform_weights(w, true, channel, taps, weights);
    for (int i = 0; i < size / run; i++)
        transposed_place(run, w->to.channels, taps + i * w->frame * w->to.lanes, w->to.lanes, NULL,
                         add, dweight + (ptrdiff_t)channel * size + i * run,
                         w->from.channels * size);
}

// One of the n² matrices; of a transposed result, one phase of it.
static void multiply(const Winograd *w, int slice, int tiles, real *weights, real *from, real *to,
                     bool add) {
    const int parts = w->transposed ? w->phases : 1, i = slice / parts, phase = slice % parts;
    const int lanes = w->phases / parts * w->from.lanes, to_lanes = w->to.lanes;
    weights += (ptrdiff_t)slice * lanes * to_lanes;
    from += (ptrdiff_t)i * w->from.matrix + phase * lanes;
    to += (ptrdiff_t)i * w->to.matrix + phase * to_lanes;
    if (w->gradient)
        tiles_product(w->vectors, lanes, to_lanes, tiles, from, 1, w->from.tile, to, w->to.tile,
                      add, weights, to_lanes);
    else
        tiles_product(w->vectors, tiles, to_lanes, lanes, from, w->from.tile, 1, weights, to_lanes,
                      false, to, w->to.tile);
}

static void convolve(const Winograd *w, const real *from, const real *weight, const real *bias,
                     real *weights, real *works, bool add, real *to) {
    const int bands = w->sizes->batch * w->bands, tiles = w->tile_rows * w->tile_columns;
#pragma omp parallel if (is_parallel(w->sizes))
    {
        real *window = works + (size_t)omp_get_thread_num() * w->work;
        real *from_tiles = window + w->windows, *to_tiles = from_tiles + w->from_tiles;
#pragma omp for schedule(static)
        for (int channel = 0; channel < w->from.lanes; channel++)
            read_weights(w, channel, weight, window, weights);
#pragma omp for schedule(dynamic) nowait
        for (int first = 0; first < bands; first += w->at_once) {
            const int count = smaller(w->at_once, bands - first);
            for (int i = 0; i < count; i++)
                read_band(w, &w->from, loops()->winograd_x[w->side], first + i, from, window,
                          from_tiles + i * tiles * w->from.tile);
            for (int i = 0; i < w->slices; i++)
                multiply(w, i, count * tiles, weights, from_tiles, to_tiles, false);
            for (int i = 0; i < count; i++)
                write_band(w, first + i, to_tiles + i * tiles * w->to.tile, bias, window, add, to);
        }
    }
}

static void add_piece(const Winograd *w, int piece, const real *x, const real *dy, real *weights,
                      real *window) {
    const int bands = w->sizes->batch * w->bands, tiles = w->tile_rows * w->tile_columns;
    const int64_t groups = divide_up(bands, w->at_once);
    const int begin = (int)(groups * piece / w->pieces) * w->at_once;
    const int end = smaller((int)(groups * (piece + 1) / w->pieces) * w->at_once, bands);
    real *x_tiles = window + w->windows, *dy_tiles = x_tiles + w->from_tiles;
    for (int first = begin; first == begin || first < end; first += w->at_once) {
        const int count = smaller(w->at_once, end - first);
        for (int i = 0; i < count; i++) {
            read_band(w, &w->from, loops()->winograd_x[w->side], first + i, x, window,
                      x_tiles + i * tiles * w->from.tile);
            read_band(w, &w->to, loops()->winograd_points[w->side][w->outputs], first + i, dy,
                      window, dy_tiles + i * tiles * w->to.tile);
        }
        for (int i = 0; i < w->slices; i++)
            multiply(w, i, count * tiles, weights, x_tiles, dy_tiles, first > begin);
    }
}

static void gradient(const Winograd *w, const real *x, const real *dy, real *weights, real *works,
                     bool add, real *dweight) {
    const size_t matrix = w->weights / (size_t)w->slices;
#pragma omp parallel if (is_parallel(w->sizes))
    {
        real *window = works + (size_t)omp_get_thread_num() * w->work;
#pragma omp for schedule(dynamic)
        for (int piece = 0; piece < w->pieces; piece++)
            add_piece(w, piece, x, dy, weights + (size_t)piece * w->weights, window);
#pragma omp for schedule(static)
        for (int i = 0; i < w->slices; i++)
            for (int piece = 1; piece < w->pieces; piece++)
                kernel_combine(matrix, 1, weights + (size_t)piece * w->weights + (size_t)i * matrix,
                               0, NULL, true, weights + (size_t)i * matrix);
#pragma omp for schedule(static) nowait
        for (int channel = 0; channel < w->from.channels; channel++)
            write_weights(w, channel, weights, window, add, dweight);
    }
}

void winograd(const ConvolutionSizes *s, ConvolutionPass pass, const real *from, const real *with,
              const real *bias, real *scratch, bool add, real *to) {
    const Winograd w = winograd_of(s, pass);
    real *works = scratch + (size_t)w.pieces * w.weights;
    if (w.gradient)
        gradient(&w, from, with, scratch, works, add, to);
    else
        convolve(&w, from, with, bias, scratch, works, add, to);
}
