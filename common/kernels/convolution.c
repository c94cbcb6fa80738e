#include "kernels/convolution.h"

#include <omp.h>
#include <string.h>

#include "base/threads.h"
#include "kernels/gemm.h"
#include "kernels/loops.h"

// --- sizes ---------------------------------------------------------------------------------------

enum { MOST_PIECES = 8 };
// From so many multiply-adds on, the threads share the pieces.
static const uint64_t PARALLEL_MULTIPLY_ADDS = 1 << 17;
static const size_t PARALLEL_SUM = 1 << 14;
enum { STRIP = 8192 }; // numbers of a result under way, which should stay in the nearest caches

static int divide_up(int a, int b) {
    return (a + b - 1) / b;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int group_in(const ConvolutionSizes *s) {
    return s->in_channels / s->groups;
}

static int group_out(const ConvolutionSizes *s) {
    return s->out_channels / s->groups;
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

static int kernel_size(const ConvolutionSizes *s) {
    return s->kernel_height * s->kernel_width;
}

static size_t weight_size(const ConvolutionSizes *s) {
    return (size_t)s->out_channels * (size_t)group_in(s) * (size_t)kernel_size(s);
}

uint64_t kernel_convolution_multiply_adds(const ConvolutionSizes *s) {
    return (uint64_t)s->batch * weight_size(s) * (uint64_t)positions_of(s);
}

// Piece i of `pieces` holds the images from piece_first(i) up to piece_first(i + 1).
static int piece_count(const ConvolutionSizes *s) {
    return smaller(s->batch, MOST_PIECES);
}

static int piece_first(const ConvolutionSizes *s, int piece) {
    return (int)((int64_t)s->batch * piece / piece_count(s));
}

static bool is_parallel(const ConvolutionSizes *s) {
    return piece_count(s) > 1 && kernel_convolution_multiply_adds(s) >= PARALLEL_MULTIPLY_ADDS;
}

// Threads that have work memory of their own; which one does a piece doesn't matter to the bits.
static int worker_count(const ConvolutionSizes *s) {
    return is_parallel(s) ? threads_count() : 1;
}

// The kernel covers the whole image: an ordinary matrix product, as of a linear layer.
static bool is_product(const ConvolutionSizes *s) {
    return s->groups == 1 && positions_of(s) == 1 && s->padding_top == 0 && s->padding_left == 0 &&
           s->kernel_height == s->height && s->kernel_width == s->width;
}

// A 1×1 kernel at stride 1: rows don't matter, so all positions become one row.
static ConvolutionSizes with_long_rows(const ConvolutionSizes *s) {
    ConvolutionSizes flat = *s;
    if (kernel_size(s) == 1 && s->stride == 1 && s->padding_top == 0 && s->padding_left == 0 &&
        s->out_height == s->height && s->out_width == s->width) {
        flat.height = flat.out_height = 1;
        flat.width = flat.out_width = positions_of(s);
    }
    return flat;
}

// Work memory is cut at cache lines.
static size_t multiple_of_16(size_t n) {
    return (n + 15) / 16 * 16;
}

// --- planes: an image with its padding -----------------------------------------------------------

typedef struct Planes {
    int channels, height, width; // of the image
    int top, left;               // zeros before it
    int split;                   // rows and columns y ≡ phase (mod split) lie together
    int rows, pitch;             // of a phase
} Planes;

static size_t planes_size(const Planes *p) {
    return (size_t)p->channels * (size_t)(p->split * p->split) * (size_t)p->rows * (size_t)p->pitch;
}

// The image as it lies in memory will do.
static bool planes_are_image(const Planes *p) {
    return p->split == 1 && p->top == 0 && p->left == 0 && p->rows == p->height &&
           p->pitch == p->width;
}

// Where row y and column x of a channel lie, counted from the first row and column of the padding.
static int planes_at(const Planes *p, int channel, int y, int x) {
    const int phase = (channel * p->split + y % p->split) * p->split + x % p->split;
    return (phase * p->rows + y / p->split) * p->pitch + x / p->split;
}

// Copies the image to its places; the padding is zero already.
static void planes_fill(const Planes *p, const real *image, real *to) {
    const int split = p->split, rows = smaller(p->height, p->rows * split - p->top);
    for (int c = 0; c < p->channels; c++)
        for (int y = 0; y < rows; y++) {
            const real *from = image + ((ptrdiff_t)c * p->height + y) * p->width;
            for (int x = 0; x < smaller(split, p->width); x++) {
                real *row = to + planes_at(p, c, y + p->top, x + p->left);
                const int count =
                    smaller(divide_up(p->width - x, split), p->pitch - (x + p->left) / split);
                if (split == 1)
                    memcpy(row, from, (size_t)larger(count, 0) * sizeof(real));
                else
                    for (int i = 0; i < count; i++)
                        row[i] = from[x + i * split];
            }
        }
}

// --- correlation: what forward and transposed have in common -------------------------------------

// One group's result [channels, height, width] as sums over the taps of the planes of its source.
// The transposed result at stride s falls into s² phases, (row mod s, column mod s); each is a
// correlation at stride 1 with its own taps. Forward, there is one phase.
typedef struct Correlation {
    const ConvolutionSizes *sizes;
    bool transposed;
    Planes source;
    int channels, height, width, step;
    int taps;                   // of all phases
    bool by_pixels;             // a vector holds neighbouring pixels; else, channels of one pixel
    int vectors, packed;        // packed: numbers a tap has in the packed weights
    int *source_at, *weight_at; // of each tap, phase by phase
    int *packed_at;             // k · packed
} Correlation;

typedef struct Phase {
    int row, column; // its first output's place in the result; the next is `step` away
    int rows, columns;
    int first_tap, taps;
} Phase;

// The outputs and taps of one phase along one axis, where output + padding = step · place + first.
typedef struct AxisPhase {
    int outputs, first, taps, place;
} AxisPhase;

static AxisPhase axis_phase(int phase, int padding, int kernel, int step, int size) {
    const int first = (phase + padding) % step;
    return (AxisPhase){.outputs = size > phase ? divide_up(size - phase, step) : 0,
                       .first = first,
                       .taps = kernel > first ? divide_up(kernel - first, step) : 0,
                       .place = (phase + padding) / step};
}

static AxisPhase row_phase(const Correlation *c, int phase) {
    const ConvolutionSizes *s = c->sizes;
    return axis_phase(phase, s->padding_top, s->kernel_height, s->stride, c->height);
}

static AxisPhase column_phase(const Correlation *c, int phase) {
    const ConvolutionSizes *s = c->sizes;
    return axis_phase(phase, s->padding_left, s->kernel_width, s->stride, c->width);
}

static Phase phase_of(const Correlation *c, int index) {
    if (!c->transposed)
        return (Phase){.rows = c->height, .columns = c->width, .taps = c->taps};
    Phase phase = {0};
    for (int i = 0; i <= index; i++) {
        const AxisPhase rows = row_phase(c, i / c->step), columns = column_phase(c, i % c->step);
        phase.first_tap += phase.taps;
        phase.taps = c->source.channels * rows.taps * columns.taps;
        phase.rows = rows.outputs;
        phase.columns = columns.outputs;
    }
    phase.row = index / c->step;
    phase.column = index % c->step;
    return phase;
}

static void list_taps(const Correlation *c) {
    const ConvolutionSizes *s = c->sizes;
    const Planes *source = &c->source;
    int tap = 0;
    for (int i = 0; i < c->step * c->step; i++) {
        const AxisPhase rows = row_phase(c, i / c->step), columns = column_phase(c, i % c->step);
        for (int channel = 0; channel < source->channels; channel++)
            for (int u = 0; u < (c->transposed ? rows.taps : s->kernel_height); u++)
                for (int v = 0; v < (c->transposed ? columns.taps : s->kernel_width); v++, tap++) {
                    const int ky = c->transposed ? rows.first + c->step * u : u;
                    const int kx = c->transposed ? columns.first + c->step * v : v;
                    const int y = c->transposed ? source->top + rows.place - u : u;
                    const int x = c->transposed ? source->left + columns.place - v : v;
                    c->source_at[tap] = planes_at(source, channel, y, x);
                    c->weight_at[tap] =
                        (c->transposed ? channel * c->channels : channel) * kernel_size(s) +
                        ky * s->kernel_width + kx;
                }
    }
    for (int k = 0; k < c->taps; k++)
        c->packed_at[k] = k * c->packed;
}

// What a tile of so many rows and vectors costs for each tap, in multiplications of vectors: these,
// or the loads if they take longer. Vectors of pixels lie across cache lines: two loads each.
static double tile_cost(int rows, int vectors, bool by_pixels) {
    const double products = rows * vectors;
    const double reads = (by_pixels ? 2 : 1) * vectors + 0.5 * rows + 1.5;
    return products > reads ? products : reads;
}

// `count` in the fewest tiles of about equal rows.
static int tile_rows(const Loops *loop, int vectors, int count) {
    const int most = smaller(loop->accumulators / vectors, TILE_ROWS);
    return divide_up(count, divide_up(count, most));
}

// Vectors of channels or of pixels, and how many at once: the cheapest for a row of the result.
static void choose_tiles(Correlation *c) {
    const Loops *loop = loops();
    double least = 0;
    const int width = divide_up(c->width, c->step);
    for (int by_pixels = 0; by_pixels < 2; by_pixels++)
        for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
            const int in_vectors = by_pixels ? c->source.pitch : c->channels;
            const int in_rows = by_pixels ? c->channels : width;
            const int rows = tile_rows(loop, vectors, in_rows);
            const double blocks = by_pixels ? (double)in_vectors / (vectors * loop->lanes)
                                            : divide_up(in_vectors, vectors * loop->lanes);
            const double per_tile =
                tile_cost(rows, vectors, by_pixels) +
                (20 + (by_pixels ? 2 : 3 + loop->lanes / 2) * rows * vectors) / (double)c->taps;
            const double cost = blocks * divide_up(in_rows, rows) * per_tile;
            if (least == 0 || cost < least) {
                least = cost;
                c->by_pixels = by_pixels;
                c->vectors = vectors;
            }
        }
    c->packed = c->by_pixels ? c->channels : c->vectors * loop->lanes;
}

static Correlation correlation_of(const ConvolutionSizes *s, bool transposed) {
    Correlation c = {.sizes = s, .transposed = transposed};
    Planes *source = &c.source;
    if (transposed) {
        *source = (Planes){.channels = group_out(s),
                           .height = s->out_height,
                           .width = s->out_width,
                           .top = (s->kernel_height - 1) / s->stride,
                           .left = (s->kernel_width - 1) / s->stride,
                           .split = 1};
        source->rows = source->top + (s->height - 1 + s->padding_top) / s->stride + 1;
        source->pitch = source->left + (s->width - 1 + s->padding_left) / s->stride + 1;
    } else {
        *source = (Planes){.channels = group_in(s),
                           .height = s->height,
                           .width = s->width,
                           .top = s->padding_top,
                           .left = s->padding_left,
                           .split = s->stride,
                           .rows = s->out_height + (s->kernel_height - 1) / s->stride,
                           .pitch = s->out_width + (s->kernel_width - 1) / s->stride};
    }
    c.channels = transposed ? group_in(s) : group_out(s);
    c.height = transposed ? s->height : s->out_height;
    c.width = transposed ? s->width : s->out_width;
    c.step = transposed ? s->stride : 1;
    c.taps = source->channels * kernel_size(s);
    choose_tiles(&c);
    return c;
}

static int packed_channels(const Correlation *c) {
    return divide_up(c->channels, c->packed) * c->packed;
}

// A piece's work memory: the planes of its image, sums as the tiles leave them, and the same with
// each channel's in a row.
typedef struct Work {
    real *planes, *sums, *rows;
} Work;

static size_t planes_room(const Correlation *c) { // a vector may read beyond the last pixel
    return multiple_of_16(planes_size(&c->source) + (size_t)(TILE_VECTORS * loops()->lanes));
}

static size_t rows_room(const Correlation *c) {
    const size_t longest = (size_t)TILE_ROWS * (size_t)(c->source.pitch + 4 * TILE_VECTORS * 16);
    return multiple_of_16(longest > STRIP ? longest : STRIP);
}

static size_t work_size(const Correlation *c) {
    return planes_room(c) + STRIP + rows_room(c);
}

static size_t tables_size(const Correlation *c) { // a real is at least as large as an int
    return multiple_of_16(3 * (size_t)c->taps);
}

static size_t packed_size(const Correlation *c) {
    return multiple_of_16((size_t)packed_channels(c) * (size_t)c->taps);
}

static size_t correlation_scratch(const Correlation *c) {
    const ConvolutionSizes *s = c->sizes;
    return tables_size(c) + (size_t)s->groups * packed_size(c) +
           (size_t)worker_count(s) * work_size(c);
}

// The weights of a phase as the tiles read them: [blocks of `packed` channels][taps][packed].
static void pack_phase(const Correlation *c, Phase phase, const real *weight, real *to) {
    const int stride = c->transposed ? kernel_size(c->sizes) : c->taps;
    const int *at = c->weight_at + phase.first_tap;
    for (int first = 0; first < c->channels; first += c->packed, to += phase.taps * c->packed) {
        const int count = smaller(c->packed, c->channels - first);
        const real *block = weight + (ptrdiff_t)first * stride;
        if (count < c->packed)
            memset(to, 0, (size_t)(phase.taps * c->packed) * sizeof(real));
        if (!c->transposed) {
            loops()->transpose(count, phase.taps, block, stride, to, c->packed);
            continue;
        }
        for (int k = 0; k < phase.taps; k++)
            for (int i = 0; i < count; i++)
                to[k * c->packed + i] = block[at[k] + (ptrdiff_t)i * stride];
    }
}

static void pack_weights(const Correlation *c, const real *weight, real *packed) {
    const int groups = c->sizes->groups, phases = c->step * c->step;
    const size_t size = (size_t)c->channels * (size_t)c->taps;
#pragma omp parallel for schedule(static) if (is_parallel(c->sizes) && groups * phases > 1)
    for (int i = 0; i < groups * phases; i++) {
        const Phase phase = phase_of(c, i % phases);
        pack_phase(c, phase, weight + (size_t)(i / phases) * size,
                   packed + (size_t)(i / phases) * packed_size(c) +
                       (size_t)phase.first_tap * (size_t)packed_channels(c));
    }
}

// A part of a phase's outputs: some rows, or some columns of one row.
typedef struct Strip {
    int row, rows, column, columns;
} Strip;

// Puts `channels` rows of sums, one channel's each and pitch from line to line, where they belong.
static void place(const Correlation *c, Phase phase, Strip strip, int channels, const real *sums,
                  int stride, int pitch, const real *bias, bool add, real *result) {
    const int step = c->step;
    const bool whole = step == 1 && strip.columns == c->width && pitch == strip.columns;
    const int lines = whole ? 1 : strip.rows, length = whole ? strip.rows * pitch : strip.columns;
    for (int channel = 0; channel < channels; channel++) {
        const real start = bias ? bias[channel] : 0;
        real *plane = result + (ptrdiff_t)channel * c->height * c->width;
        for (int line = 0; line < lines; line++) {
            const real *from = sums + channel * stride + line * pitch;
            real *to = plane + (ptrdiff_t)(phase.row + (strip.row + line) * step) * c->width +
                       phase.column + strip.column * step;
            if (step == 1 && !add)
                for (int i = 0; i < length; i++)
                    to[i] = start + from[i];
            else
                for (int i = 0; i < length; i++)
                    to[i * step] = (add ? to[i * step] : 0) + start + from[i];
        }
    }
}

static void strip_by_channels(const Correlation *c, Phase phase, Strip strip, int channels,
                              const real *source, const real *packed, real *sums) {
    const Loops *loop = loops();
    const int rows = tile_rows(loop, c->vectors, strip.columns);
    (void)channels;
    for (int y = 0; y < strip.rows; y++)
        for (int x = 0; x < strip.columns; x += rows) {
            const int count = smaller(rows, strip.columns - x);
            loop->tile[count][c->vectors](
                phase.taps, packed, c->packed_at,
                source + (strip.row + y) * c->source.pitch + strip.column + x,
                c->source_at + phase.first_tap, false,
                sums + (ptrdiff_t)(y * strip.columns + x) * c->packed, c->packed);
        }
}

static void phase_by_channels(const Correlation *c, Phase phase, const real *source,
                              const real *packed, const real *bias, bool add, Work work,
                              real *result) {
    const int most = STRIP / c->packed, columns = smaller(phase.columns, most);
    const int rows = larger(columns > 0 ? most / columns : 0, 1);
    for (int first = 0; first < c->channels; first += c->packed, packed += phase.taps * c->packed)
        for (int y = 0; y < phase.rows; y += rows)
            for (int x = 0; x < phase.columns; x += columns) {
                const Strip strip = {.row = y,
                                     .rows = smaller(rows, phase.rows - y),
                                     .column = x,
                                     .columns = smaller(columns, phase.columns - x)};
                const int channels = smaller(c->packed, c->channels - first);
                const int positions = strip.rows * strip.columns;
                strip_by_channels(c, phase, strip, channels, source, packed, work.sums);
                loops()->transpose(positions, channels, work.sums, c->packed, work.rows, positions);
                place(c, phase, strip, channels, work.rows, positions, strip.columns,
                      bias ? bias + first : NULL, add,
                      result + (ptrdiff_t)first * c->height * c->width);
            }
}

static void phase_by_pixels(const Correlation *c, Phase phase, const real *source,
                            const real *packed, const real *bias, bool add, Work work,
                            real *result) {
    const Loops *loop = loops();
    const int pitch = c->source.pitch, at_once = tile_rows(loop, c->vectors, c->channels);
    const int rows = larger(STRIP / (at_once * pitch) - 1, 1);
    for (int first = 0; first < c->channels; first += at_once)
        for (int y = 0; y < phase.rows; y += rows) {
            const Strip strip = {
                .row = y, .rows = smaller(rows, phase.rows - y), .columns = phase.columns};
            const int channels = smaller(at_once, c->channels - first);
            // The columns of the padding are computed too: so the pixels lie in one line.
            const int pixels = (strip.rows - 1) * pitch + strip.columns;
            const int stride = divide_up(pixels, loop->lanes) * loop->lanes;
            for (int i = 0; i < stride; i += c->vectors * loop->lanes) {
                const int vectors = smaller(c->vectors, (stride - i) / loop->lanes);
                loop->tile[channels][vectors](phase.taps, source + y * pitch + i,
                                              c->source_at + phase.first_tap, packed + first,
                                              c->packed_at, false, work.rows + i, stride);
            }
            place(c, phase, strip, channels, work.rows, stride, pitch, bias ? bias + first : NULL,
                  add, result + (ptrdiff_t)first * c->height * c->width);
        }
}

static void correlate_group(const Correlation *c, const real *image, const real *packed,
                            const real *bias, bool add, Work work, real *result) {
    const bool direct = planes_are_image(&c->source) && !c->by_pixels;
    if (!direct)
        planes_fill(&c->source, image, work.planes);
    const real *source = direct ? image : work.planes;
    for (int i = 0; i < c->step * c->step; i++) {
        const Phase phase = phase_of(c, i);
        const real *weights = packed + (size_t)phase.first_tap * (size_t)packed_channels(c);
        if (phase.rows > 0 && phase.columns > 0)
            (c->by_pixels ? phase_by_pixels : phase_by_channels)(c, phase, source, weights, bias,
                                                                 add, work, result);
    }
}

static void correlate(Correlation *c, const real *from, const real *weight, const real *bias,
                      real *scratch, bool add, real *to) {
    const ConvolutionSizes *s = c->sizes;
    const int pieces = piece_count(s);
    const size_t from_size =
        (size_t)c->source.channels * (size_t)(c->source.height * c->source.width);
    const size_t to_size = (size_t)c->channels * (size_t)(c->height * c->width);
    c->source_at = (int *)(void *)scratch;
    c->weight_at = c->source_at + c->taps;
    c->packed_at = c->weight_at + c->taps;
    real *packed = scratch + tables_size(c);
    real *works = packed + (size_t)s->groups * packed_size(c);
    list_taps(c);
    pack_weights(c, weight, packed);
#pragma omp parallel for schedule(dynamic) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++) {
        Work work = {.planes = works + (size_t)omp_get_thread_num() * work_size(c)};
        work.sums = work.planes + planes_room(c);
        work.rows = work.sums + STRIP;
        memset(work.planes, 0, planes_room(c) * sizeof(real));
        for (int i = piece_first(s, piece); i < piece_first(s, piece + 1); i++)
            for (int group = 0; group < s->groups; group++) {
                const size_t at = (size_t)i * (size_t)s->groups + (size_t)group;
                correlate_group(c, from + at * from_size, packed + (size_t)group * packed_size(c),
                                bias ? bias + (ptrdiff_t)group * c->channels : NULL, add, work,
                                to + at * to_size);
            }
    }
}

// --- forward and transposed ----------------------------------------------------------------------

// [batch, channels, plane]: sets or adds the bias, so that products can be added; says whether it
// did, or what is there is to be added to.
static bool start_with_bias(int batch, int channels, int plane, const real *bias, bool add,
                            real *to) {
    for (int i = 0; bias && i < batch * channels; i++)
        for (int j = 0; j < plane; j++, to++)
            *to = (add ? *to : 0) + bias[i % channels];
    return bias || add;
}

void kernel_convolution(const ConvolutionSizes *s, const real *x, const real *weight,
                        const real *bias, real *scratch, bool add, real *y) {
    if (is_product(s)) {
        add = start_with_bias(s->batch, s->out_channels, 1, bias, add, y);
        kernel_gemm(PLAIN, TRANSPOSED, s->batch, s->out_channels, (int)input_size(s), x, weight,
                    add, y);
        return;
    }
    const ConvolutionSizes sizes = with_long_rows(s);
    Correlation forward = correlation_of(&sizes, false);
    correlate(&forward, x, weight, bias, scratch, add, y);
}

void kernel_convolution_transposed(const ConvolutionSizes *s, const real *y, const real *weight,
                                   const real *bias, real *scratch, bool add, real *x) {
    if (is_product(s)) {
        add = start_with_bias(s->batch, s->in_channels, s->height * s->width, bias, add, x);
        kernel_gemm(PLAIN, PLAIN, s->batch, (int)input_size(s), s->out_channels, y, weight, add, x);
        return;
    }
    const ConvolutionSizes sizes = with_long_rows(s);
    Correlation transposed = correlation_of(&sizes, true);
    correlate(&transposed, y, weight, bias, scratch, add, x);
}

// --- the gradient of the weights -----------------------------------------------------------------

// dweight[o, i, u, v] = Σ_positions dy[o, position] · x[i, place(position) + (u, v)], a product
// whose depth is the positions. dy is transposed first, [positions][channels]: a vector holds
// channels of dy. The rows of a tile are channels of x, transposed too, [places][channels]; or,
// where x has but a few, taps (u, v), (u, v + stride), … of its planes.
typedef struct WeightGradient {
    const ConvolutionSizes *sizes;
    Planes planes; // of x, in one of the two ways
    bool by_taps;
    int vectors, width; // width: channels of dy, rounded up to whole vectors
    int x_width;        // numbers of x a place has, if not by_taps
    int strip_rows;     // of dy, under way at once
    int *dy_at, *x_at;  // of each position of a strip
} WeightGradient;

static int vectors_for(const Loops *loop, int channels, int rows) {
    int best = 1;
    double least = 0;
    for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
        const int at_once = tile_rows(loop, vectors, rows);
        const double cost = (double)divide_up(channels, vectors * loop->lanes) *
                            divide_up(rows, at_once) *
                            tile_cost(at_once, vectors, true); // from the second cache
        if (least == 0 || cost <= least) { // of equals the wider: fewer passes over x
            least = cost;
            best = vectors;
        }
    }
    return best;
}

static WeightGradient weight_gradient_of(const ConvolutionSizes *s) {
    const Loops *loop = loops();
    WeightGradient g = {.sizes = s, .by_taps = group_in(s) < 6};
    const int tile = g.by_taps ? divide_up(s->kernel_width, s->stride) : group_in(s);
    g.vectors = vectors_for(loop, group_out(s), tile);
    g.width = divide_up(group_out(s), loop->lanes) * loop->lanes;
    g.x_width = group_in(s);
    g.planes = (Planes){.channels = group_in(s),
                        .height = s->height,
                        .width = s->width,
                        .top = s->padding_top,
                        .left = s->padding_left,
                        .split = g.by_taps ? s->stride : 1};
    if (g.by_taps) {
        g.planes.rows = s->out_height + (s->kernel_height - 1) / s->stride;
        g.planes.pitch = s->out_width + (s->kernel_width - 1) / s->stride;
    } else {
        g.planes.rows = (s->out_height - 1) * s->stride + s->kernel_height;
        g.planes.pitch = (s->out_width - 1) * s->stride + s->kernel_width;
    }
    g.strip_rows = smaller(larger(2 * STRIP / (s->out_width * g.width), 1), s->out_height);
    return g;
}

static size_t partial_size(const WeightGradient *g) { // [groups][in channels][taps][width]
    const ConvolutionSizes *s = g->sizes;
    return (size_t)s->groups * (size_t)kernel_size(s) * (size_t)group_in(s) * (size_t)g->width;
}

static size_t strip_positions(const WeightGradient *g) {
    return (size_t)g->strip_rows * (size_t)g->sizes->out_width;
}

static size_t strip_room(const WeightGradient *g) {
    return multiple_of_16(strip_positions(g) * (size_t)g->width);
}

static size_t x_room(const WeightGradient *g) {
    return multiple_of_16(planes_size(&g->planes));
}

// Each piece has partial sums of its own; fewer pieces where the weights are large.
static int partial_count(const WeightGradient *g) {
    const size_t fits = ((size_t)1 << 21) / partial_size(g);
    return larger(1,
                  smaller(piece_count(g->sizes), fits < 2 ? 2 : smaller((int)fits, MOST_PIECES)));
}

static size_t weight_gradient_scratch(const WeightGradient *g) {
    return multiple_of_16(2 * strip_positions(g)) + (size_t)partial_count(g) * partial_size(g) +
           (size_t)worker_count(g->sizes) * (strip_room(g) + x_room(g));
}

static void list_positions(const WeightGradient *g) {
    const ConvolutionSizes *s = g->sizes;
    const int step = g->by_taps ? 1 : s->stride * g->x_width;
    for (int y = 0, i = 0; y < g->strip_rows; y++)
        for (int x = 0; x < s->out_width; x++, i++) {
            g->dy_at[i] = i * g->width;
            g->x_at[i] =
                (g->by_taps ? y : y * s->stride) * g->planes.pitch * (g->by_taps ? 1 : g->x_width) +
                x * step;
        }
}

// x [channels][height][width] to places [rows][pitch][channels], inside of the padding.
static void interleave(const Planes *p, const real *x, real *to) {
    const int rows = smaller(p->height, p->rows - p->top);
    const int columns = smaller(p->width, p->pitch - p->left);
    for (int y = 0; y < rows && columns > 0; y++)
        loops()->transpose(
            p->channels, columns, x + (ptrdiff_t)y * p->width, (ptrdiff_t)p->height * p->width,
            to + ((ptrdiff_t)(y + p->top) * p->pitch + p->left) * p->channels, p->channels);
}

// Adds what `depth` positions give to the sums of one tap (u, v) and all channels of x, or to those
// of one channel and the taps v, v + stride, … of row u.
static void add_products(const WeightGradient *g, int depth, const real *dy, const real *x,
                         int rows, real *sums, ptrdiff_t stride) {
    const Loops *loop = loops();
    const int at_once = tile_rows(loop, g->vectors, rows);
    for (int first = 0; first < g->width; first += g->vectors * loop->lanes) {
        const int vectors = smaller(g->vectors, (g->width - first) / loop->lanes);
        for (int row = 0; row < rows; row += at_once)
            loop->tile[smaller(at_once, rows - row)][vectors](depth, dy + first, g->dy_at, x + row,
                                                              g->x_at, true,
                                                              sums + row * stride + first, stride);
    }
}

static void add_strip(const WeightGradient *g, int row, int depth, const real *dy, const real *x,
                      real *sums) {
    const ConvolutionSizes *s = g->sizes;
    const int channels = group_in(s), pitch = g->planes.pitch;
    const ptrdiff_t to_channel = (ptrdiff_t)kernel_size(s) * g->width;
    for (int u = 0; u < s->kernel_height; u++)
        for (int v = 0; v < s->kernel_width; v++) {
            real *to = sums + (u * s->kernel_width + v) * g->width;
            if (!g->by_taps)
                add_products(g, depth, dy,
                             x + ((ptrdiff_t)(row * s->stride + u) * pitch + v) * g->x_width,
                             channels, to, to_channel);
            else if (v < s->stride)
                for (int channel = 0; channel < channels; channel++)
                    add_products(g, depth, dy,
                                 x + planes_at(&g->planes, channel, u, v) + row * pitch,
                                 divide_up(s->kernel_width - v, s->stride),
                                 to + channel * to_channel, (ptrdiff_t)g->width * s->stride);
        }
}

static void add_group(const WeightGradient *g, const real *image, const real *dy, real *x,
                      real *strip, real *sums) {
    const ConvolutionSizes *s = g->sizes;
    if (g->by_taps)
        planes_fill(&g->planes, image, x);
    else
        interleave(&g->planes, image, x);
    for (int row = 0; row < s->out_height; row += g->strip_rows) {
        const int depth = smaller(g->strip_rows, s->out_height - row) * s->out_width;
        loops()->transpose(group_out(s), depth, dy + row * s->out_width, positions_of(s), strip,
                           g->width);
        add_strip(g, row, depth, strip, x, sums);
    }
}

// dweight [groups][out][in · taps] = Σ of the partial sums [groups][in · taps][width], block by
// block: each is added up and then transposed.
static void gather(const WeightGradient *g, real *partials, bool add, real *dweight) {
    enum { BLOCK = 64 };
    const ConvolutionSizes *s = g->sizes;
    const int out = group_out(s), rows = group_in(s) * kernel_size(s);
    const int blocks = divide_up(rows, BLOCK), pieces = partial_count(g);
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (int block = 0; block < s->groups * blocks; block++) {
        const int group = block / blocks, first = block % blocks * BLOCK;
        const int count = smaller(BLOCK, rows - first);
        real *sums = partials + ((ptrdiff_t)group * rows + first) * g->width;
        real *to = dweight + (ptrdiff_t)group * out * rows + first;
        for (int piece = 1; piece < pieces; piece++)
            for (int i = 0; i < count * g->width; i++)
                sums[i] += sums[(size_t)piece * partial_size(g) + (size_t)i];
        if (add)
            for (int o = 0; o < out; o++)
                for (int i = 0; i < count; i++)
                    sums[i * g->width + o] += to[(ptrdiff_t)o * rows + i];
        loops()->transpose(count, out, sums, g->width, to, rows);
    }
}

void kernel_convolution_weight_gradient(const ConvolutionSizes *sizes, const real *x,
                                        const real *dy, real *scratch, bool add, real *dweight) {
    if (is_product(sizes)) {
        kernel_gemm(TRANSPOSED, PLAIN, sizes->out_channels, (int)input_size(sizes), sizes->batch,
                    dy, x, add, dweight);
        return;
    }
    const ConvolutionSizes flat = with_long_rows(sizes), *s = &flat;
    WeightGradient g = weight_gradient_of(s);
    const int pieces = partial_count(&g);
    g.dy_at = (int *)(void *)scratch;
    g.x_at = g.dy_at + strip_positions(&g);
    real *partials = scratch + multiple_of_16(2 * strip_positions(&g));
    real *works = partials + (size_t)pieces * partial_size(&g);
    list_positions(&g);
#pragma omp parallel for schedule(dynamic) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++) {
        real *sums = partials + (size_t)piece * partial_size(&g);
        real *strip = works + (size_t)omp_get_thread_num() * (strip_room(&g) + x_room(&g));
        real *places = strip + strip_room(&g);
        memset(sums, 0, partial_size(&g) * sizeof(real));
        memset(strip, 0, (strip_room(&g) + x_room(&g)) * sizeof(real));
        for (int i = (int)((int64_t)s->batch * piece / pieces);
             i < (int)((int64_t)s->batch * (piece + 1) / pieces); i++)
            for (int group = 0; group < s->groups; group++)
                add_group(&g,
                          x + (size_t)i * input_size(s) +
                              (size_t)group * input_size(s) / (size_t)s->groups,
                          dy + (size_t)i * output_size(s) +
                              (size_t)group * output_size(s) / (size_t)s->groups,
                          places, strip,
                          sums + (size_t)group * partial_size(&g) / (size_t)s->groups);
    }
    gather(&g, partials, add, dweight);
}

// --- scratch and sums ----------------------------------------------------------------------------

size_t kernel_convolution_scratch(const ConvolutionSizes *sizes, ConvolutionPass pass) {
    if (is_product(sizes))
        return 0;
    const ConvolutionSizes s = with_long_rows(sizes);
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        const WeightGradient g = weight_gradient_of(&s);
        return weight_gradient_scratch(&g);
    }
    const Correlation c = correlation_of(&s, pass == CONVOLUTION_TRANSPOSED);
    return correlation_scratch(&c);
}

void kernel_channel_sums(size_t batch, size_t channels, size_t plane, const real *dy, bool add,
                         real *sums) {
#pragma omp parallel for schedule(static) if (batch * channels * plane >= PARALLEL_SUM)
    for (size_t c = 0; c < channels; c++) {
        double total = 0;
        for (size_t i = 0; i < batch; i++)
            total += loops()->sum(plane, dy + (i * channels + c) * plane);
        sums[c] = (real)(add ? (double)sums[c] + total : total);
    }
}
