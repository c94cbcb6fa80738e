// Which convolutions run as Winograd's, by which n, and how much of one is under way at once; see winograd.c.
#include "kernels/winograd.h"

#include <math.h>

// Tiles of some bands are under way at once, in at least so many numbers and at most so many.
enum { NUMBERS = 1 << 17, MANY_NUMBERS = 1 << 19 };
// A row of tiles, which isn't cut, has no more.
enum { MOST_NUMBERS = 1 << 26 };
// A piece of the batch has at least so many tiles.
enum { PIECE_TILES = 128 };
// Costs, in products of two numbers: of a plain sum for each of its products, to transform a number of a tile, to
// transform a weight, and to fetch one for the tiles that are under way at once.
static const double PLAIN_PRODUCT = 1.2, TRANSFORM = 20, WEIGHT_TRANSFORM = 50, WEIGHT_FETCH = 10;
// Matrices that lie a power of 2 apart would drive each other out of the caches.
enum { GAP = 16 };

// Of the window and of the tiles, which see `more` numbers than they have outputs; returns the tiles'.
static size_t set_sizes(Winograd *w, Side *side, int more) {
    const ConvolutionSizes *s = w->sizes;
    const int last = side->phases > 1 ? s->stride - 1 : 0;
    side->window.rows = side->step * (w->outputs * w->tile_rows + more - 1) + 1 +
                        winograd_phase_start(w, side, last, s->padding_top);
    side->window.columns = side->step * (w->outputs * w->tile_columns + more - 1) + 1 +
                           winograd_phase_start(w, side, last, s->padding_left);
    side->tile = side->phases * side->lanes;
    side->matrix = w->at_once * w->tile_rows * w->tile_columns * side->tile + GAP;
    return (size_t)(w->side * w->side * side->matrix);
}

static int window_size(const Side *side) {
    return side->window.rows * side->window.columns * side->lanes;
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

// Of the batch, which has so many tiles: two at least, if only for two threads.
static int piece_count(const Winograd *w, int tiles) {
    const int most = smaller(MOST_PIECES, (int)(PARTIAL_SUMS / 2 / w->weights));
    return w->gradient ? larger(smaller(most, tiles / PIECE_TILES), 2) : 1;
}

// Half as many as the weights, which are read again for all that is under way at once; for dw, whose sums are read and
// written again, as many as may be.
static int numbers_at_once(const Winograd *w) {
    if (w->gradient || w->weights / 2 > MANY_NUMBERS)
        return MANY_NUMBERS;
    return larger((int)(w->weights / 2), NUMBERS);
}

// How many rows of tiles make a band, and how many bands are under way at once: as many as the
// numbers that a thread may work on hold.
static void set_bands(Winograd *w) {
    const ConvolutionSizes *s = w->sizes;
    const int rows = divide_up(w->to.window.height, w->outputs * w->to.step);
    w->tile_columns = divide_up(w->to.window.width, w->outputs * w->to.step);
    const int of_a_tile =
        w->side * w->side * (w->from.phases * w->from.lanes + w->to.phases * w->to.lanes);
    const int rows_at_once = numbers_at_once(w) / (of_a_tile * w->tile_columns);
    w->tile_rows = evenly(rows, rows_at_once);
    w->bands = divide_up(rows, w->tile_rows);
    w->pieces = piece_count(w, s->batch * rows * w->tile_columns);
    const int bands = larger(s->batch, 1) * w->bands;
    w->at_once = evenly(divide_up(bands, w->pieces), rows_at_once / w->tile_rows);
}

// Of a pass by n = side.
static double cost_of(const ConvolutionSizes *s, ConvolutionPass pass, int taps, int side) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    const int outputs = side + 1 - taps, phases = s->stride * s->stride;
    const int rows = transposed ? divide_up(s->height, s->stride) : s->out_height;
    const int columns = transposed ? divide_up(s->width, s->stride) : s->out_width;
    const double tiles = (double)s->batch * divide_up(rows, outputs) * divide_up(columns, outputs);
    const double x = (double)phases * divide_up(s->in_channels, 16) * 16;
    const double y = divide_up(s->out_channels, 16) * 16;
    const double row = (double)side * side * divide_up(columns, outputs) * (x + phases * y);
    if (row > MOST_NUMBERS)
        return INFINITY;
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
    double least = PLAIN_PRODUCT * (double)kernel_convolution_multiply_adds(s);
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

Winograd winograd_of(const ConvolutionSizes *s, ConvolutionPass pass) {
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
    const int rows =
        w.gradient ? w.from.phases * w.from.lanes : w.at_once * w.tile_rows * w.tile_columns;
    w.vectors = tiles_width(rows, w.to.lanes, TILES_DEPTH);
    w.from_tiles = set_sizes(&w, &w.from, taps - 1);
    w.to_tiles = set_sizes(&w, &w.to, 0);
    w.windows = (size_t)larger(larger(window_size(&w.from), window_size(&w.to)),
                               w.frame * w.frame * w.to.lanes);
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
