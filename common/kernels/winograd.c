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
// results: 3×3 5e-7 / 8e-7 / 1.5e-6 root mean square and 3e-6 / 5e-6 / 1e-5 at most, plain sums 2e-7 to 3e-7 and
// 1.0e-6 to 1.5e-6; 5×5 about the same.
#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/elementwise.h"
#include "kernels/loops.h"

// Tiles of some bands are under way at once, in so many numbers; for dw in more, since the sums are read
// and written again for each.
enum { NUMBERS = 1 << 17, GRADIENT_NUMBERS = 1 << 19 };
// For dw the batch is cut into pieces with sums of their own: fewer where those are large, or the tiles few.
enum { MOST_PIECES = 8, PARTIAL_SUMS = 1 << 20, PIECE_TILES = 128 };
// Costs, in products of two numbers: of a plain sum for each of its products, to transform a number of a tile, to
// transform a weight, and to fetch one for the tiles that are under way at once.
static const double PLAIN = 1.3, TRANSFORM = 16, WEIGHT_TRANSFORM = 25, WEIGHT_FETCH = 8;
// Matrices that lie a power of 2 apart would drive each other out of the caches.
enum { GAP = 16 };

// x or y, by bands of rows of tiles. Its tiles are [n²][bands][tiles][phases][lanes].
typedef struct Side {
    int channels, lanes; // lanes: the channels, rounded up to whole vectors
    int step;            // in the window, from one number of a tile to the next
    int phases;
    Window window;    // that a band of tile rows sees, [rows][columns][lanes]
    int tile, matrix; // numbers from one tile to the next, from one of the n² matrices to the next
} Side;

typedef struct Winograd {
    const ConvolutionSizes *sizes;
    bool transposed, gradient;
    int taps, outputs, side;                       // r, m, n
    int frame;                                     // rows of the kernel, with those of zeros
    int phases, slices;                            // of the weights; products that a band takes
    Side from, to;                                 // for dw, x and dy
    int tile_rows, tile_columns, bands;            // of a band, and how many an image has
    int at_once, pieces;                           // bands; pieces have weights of their own
    size_t weights, from_tiles, to_tiles, windows; // numbers of work memory
    size_t work;                                   // of a thread
} Winograd;

// Where a phase's numbers begin in the window. All phases of a transposed result see the same y.
static int phase_start(const Winograd *w, const Side *side, int phase, int padding) {
    return w->transposed && side == &w->from ? (phase + padding) / w->sizes->stride : phase;
}

// Of the window and of the tiles, which see `more` numbers than they have outputs; returns the tiles'.
static size_t set_sizes(Winograd *w, Side *side, int more) {
    const ConvolutionSizes *s = w->sizes;
    const int last = side->phases > 1 ? s->stride - 1 : 0;
    side->window.rows = side->step * (w->outputs * w->tile_rows + more - 1) + 1 +
                        phase_start(w, side, last, s->padding_top);
    side->window.columns = side->step * (w->outputs * w->tile_columns + more - 1) + 1 +
                           phase_start(w, side, last, s->padding_left);
    side->tile = side->phases * side->lanes;
    side->matrix = w->at_once * w->tile_rows * w->tile_columns * side->tile + GAP;
    return (size_t)(w->side * w->side * side->matrix);
}

static size_t window_size(const Side *side) {
    return (size_t)(side->window.rows * side->window.columns * side->lanes);
}

// The two sides: who is read, who is written, and where their windows begin. A transposed convolution
// goes from y to x, and starts taps − 1 numbers before y.
static void set_sides(Winograd *w) {
    const ConvolutionSizes *s = w->sizes;
    const int top = w->transposed ? 0 : s->padding_top;
    const int left = w->transposed ? 0 : s->padding_left;
    const int before = w->transposed ? w->taps - 1 : 0;
    const Side x = {.channels = s->in_channels,
                    .lanes = divide_up(s->in_channels, 16) * 16,
                    .step = s->stride,
                    .phases = w->phases,
                    .window = {s->height, s->width, -top, -left, 0, 0}};
    const Side y = {.channels = s->out_channels,
                    .lanes = divide_up(s->out_channels, 16) * 16,
                    .step = 1,
                    .phases = w->transposed ? w->phases : 1,
                    .window = {s->out_height, s->out_width, -before, -before, 0, 0}};
    w->from = w->transposed ? y : x;
    w->to = w->transposed ? x : y;
    w->weights = (size_t)(w->side * w->side * w->phases * x.lanes) * (size_t)y.lanes;
}

// For dw, the batch falls into pieces: half as many until their sums aren't too large and each has
// tiles enough. `tiles` is how many the batch has.
static int piece_count(const Winograd *w, int tiles) {
    int pieces = MOST_PIECES;
    if (!w->gradient)
        return 1;
    while (pieces > 2) {
        const bool small_sums = (size_t)pieces * w->weights <= PARTIAL_SUMS;
        const bool enough_tiles = pieces * PIECE_TILES <= tiles;
        if (small_sums && enough_tiles)
            break;
        pieces /= 2;
    }
    return pieces;
}

// How many rows of tiles make a band, and how many bands are under way at once: as many as the
// numbers that a thread may work on hold.
static void set_bands(Winograd *w) {
    const ConvolutionSizes *s = w->sizes;
    const int rows = divide_up(w->to.window.height, w->outputs * w->to.step);
    w->tile_columns = divide_up(w->to.window.width, w->outputs * w->to.step);
    const int of_a_tile =
        w->side * w->side * (w->from.phases * w->from.lanes + w->to.phases * w->to.lanes);
    const int rows_at_once =
        (w->gradient ? GRADIENT_NUMBERS : NUMBERS) / (of_a_tile * w->tile_columns);
    w->tile_rows = evenly(rows, rows_at_once);
    w->bands = divide_up(rows, w->tile_rows);
    w->pieces = piece_count(w, s->batch * rows * w->tile_columns);
    const int bands = larger(s->batch, 1) * w->bands;
    w->at_once = evenly(divide_up(bands, w->pieces), rows_at_once / w->tile_rows);
}

static double cost_of(const ConvolutionSizes *s, ConvolutionPass pass, int taps, int side) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    const int outputs = side + 1 - taps, phases = s->stride * s->stride;
    const int rows = transposed ? divide_up(s->height, s->stride) : s->out_height;
    const int columns = transposed ? divide_up(s->width, s->stride) : s->out_width;
    const double tiles = (double)s->batch * divide_up(rows, outputs) * divide_up(columns, outputs);
    const double x = (double)phases * divide_up(s->in_channels, 16) * 16;
    const double y = divide_up(s->out_channels, 16) * 16;
    const double fetches = larger(1, (int)(tiles * side * side * (x + y) / NUMBERS));
    return side * side *
           (tiles * (x * y + TRANSFORM * (x + y)) +
            (WEIGHT_TRANSFORM + WEIGHT_FETCH * fetches) * x * y);
}

static const int sides[] = {3, 4, 6};
enum { SIDES = sizeof sides / sizeof sides[0] };

// The n of the cheapest, or 0 where none pays.
static int best_side(const ConvolutionSizes *s, ConvolutionPass pass) {
    const int taps = divide_up(s->kernel_height, s->stride);
    double least = PLAIN * (double)kernel_convolution_multiply_adds(s);
    int best = 0;
    if (s->kernel_height != s->kernel_width || s->groups != 1 || taps < 2)
        return 0;
    for (int i = 0; i < SIDES; i++) {
        const int side = sides[i];
        if (taps < side && cost_of(s, pass, taps, side) < least) {
            least = cost_of(s, pass, taps, side);
            best = side;
        }
    }
    return best;
}

static Winograd winograd_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    const int taps = divide_up(s->kernel_height, s->stride), side = best_side(s, pass);
    Winograd w = {.sizes = s,
                  .transposed = pass == CONVOLUTION_TRANSPOSED,
                  .gradient = pass == CONVOLUTION_WEIGHT_GRADIENT,
                  .taps = taps,
                  .outputs = side + 1 - taps,
                  .side = side,
                  .frame = taps * s->stride,
                  .phases = s->stride * s->stride};
    w.slices = w.side * w.side * (w.transposed ? w.phases : 1);
    set_sides(&w);
    set_bands(&w);
    w.from_tiles = set_sizes(&w, &w.from, taps - 1);
    w.to_tiles = set_sizes(&w, &w.to, 0);
    w.windows = multiple_of_16(window_size(&w.from) + window_size(&w.to) +
                               (size_t)(w.frame * w.frame * w.to.lanes));
    w.work = w.windows + w.from_tiles + w.to_tiles;
    return w;
}

bool winograd_fits(const ConvolutionSizes *s, ConvolutionPass pass) {
    return best_side(s, pass) > 0;
}

size_t winograd_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    const Winograd w = winograd_of(s, pass);
    return (size_t)w.pieces * w.weights + (size_t)worker_count(s) * w.work;
}

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
        const int row = phase_start(w, side, phase / s->stride, s->padding_top);
        const int column = phase_start(w, side, phase % s->stride, s->padding_left);
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
        tiles_product(lanes, to_lanes, tiles, from, 1, w->from.tile, to, w->to.tile, add, weights,
                      to_lanes);
    else
        tiles_product(tiles, to_lanes, lanes, from, w->from.tile, 1, weights, to_lanes, false, to,
                      w->to.tile);
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
