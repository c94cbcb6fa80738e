#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

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
    int vectors, rows;          // of a tile
    int packed;                 // numbers a tap has in the packed weights
    int *source_at, *weight_at; // of each tap, phase by phase
    int *packed_at;             // k · packed
} Correlation;

typedef struct Phase {
    int row, column; // its first output's place in the result; the next is `step` away
    int rows, columns;
    int first_tap, taps;
} Phase;

// The outputs and taps of one phase along one axis. Tap u is the kernel's number first + step · u, and
// reads the planes `towards` · u away from `place`.
typedef struct AxisPhase {
    int outputs, taps, first, step, place, towards;
} AxisPhase;

static AxisPhase axis_phase(const Correlation *c, int phase, int padding, int kernel, int size,
                            int before) {
    if (!c->transposed)
        return (AxisPhase){.outputs = size, .taps = kernel, .step = 1, .towards = 1};
    const int step = c->step, first = (phase + padding) % step;
    return (AxisPhase){.outputs = size > phase ? divide_up(size - phase, step) : 0,
                       .taps = kernel > first ? divide_up(kernel - first, step) : 0,
                       .first = first,
                       .step = step,
                       .place = before + (phase + padding) / step,
                       .towards = -1};
}

static AxisPhase row_phase(const Correlation *c, int index) {
    const ConvolutionSizes *s = c->sizes;
    return axis_phase(c, index / c->step, s->padding_top, s->kernel_height, c->height,
                      c->source.top);
}

static AxisPhase column_phase(const Correlation *c, int index) {
    const ConvolutionSizes *s = c->sizes;
    return axis_phase(c, index % c->step, s->padding_left, s->kernel_width, c->width,
                      c->source.left);
}

static Phase phase_of(const Correlation *c, int index) {
    Phase phase = {.row = index / c->step, .column = index % c->step};
    for (int i = 0; i <= index; i++) {
        const AxisPhase rows = row_phase(c, i), columns = column_phase(c, i);
        phase.first_tap += phase.taps;
        phase.taps = c->source.channels * rows.taps * columns.taps;
        phase.rows = rows.outputs;
        phase.columns = columns.outputs;
    }
    return phase;
}

static void list_taps(const Correlation *c) {
    const int to_channel = (c->transposed ? c->channels : 1) * kernel_size(c->sizes);
    int tap = 0;
    for (int i = 0; i < c->step * c->step; i++) {
        const AxisPhase rows = row_phase(c, i), columns = column_phase(c, i);
        for (int channel = 0; channel < c->source.channels; channel++)
            for (int u = 0; u < rows.taps; u++)
                for (int v = 0; v < columns.taps; v++, tap++) {
                    const int row = rows.first + rows.step * u;
                    const int column = columns.first + columns.step * v;
                    c->source_at[tap] =
                        planes_at(&c->source, channel, rows.place + rows.towards * u,
                                  columns.place + columns.towards * v);
                    c->weight_at[tap] =
                        channel * to_channel + row * c->sizes->kernel_width + column;
                    c->packed_at[tap] = tap * c->packed;
                }
    }
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
            const int rows = tile_rows(vectors, in_rows);
            const double blocks = by_pixels ? (double)in_vectors / (vectors * loop->lanes)
                                            : divide_up(in_vectors, vectors * loop->lanes);
            const double per_tile =
                tile_cost(rows, vectors, !by_pixels) +
                (20 + (by_pixels ? 2 : 3 + loop->lanes / 2) * rows * vectors) / (double)c->taps;
            const double cost = blocks * divide_up(in_rows, rows) * per_tile;
            if (least == 0 || cost < least) {
                least = cost;
                c->by_pixels = by_pixels;
                c->vectors = vectors;
                c->rows = rows;
            }
        }
    c->packed = c->by_pixels ? c->channels : c->vectors * loop->lanes;
}

static Correlation correlation_of(const ConvolutionSizes *s, bool transposed) {
    Correlation c = {.sizes = s, .transposed = transposed};
    Planes *source = &c.source;
    *source = planes_of_input(s, s->stride);
    if (transposed) {
        *source = (Planes){.channels = group_out(s),
                           .height = s->out_height,
                           .width = s->out_width,
                           .top = (s->kernel_height - 1) / s->stride,
                           .left = (s->kernel_width - 1) / s->stride,
                           .split = 1};
        source->rows = source->top + (s->height - 1 + s->padding_top) / s->stride + 1;
        source->pitch = source->left + (s->width - 1 + s->padding_left) / s->stride + 1;
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

// The widest that the tiles read or write at once.
static int widest(void) {
    return TILE_VECTORS * loops()->lanes;
}

// No need of a copy: there is no padding, and enough pixels for the widest vectors.
static bool reads_image(const Correlation *c) {
    const int pixels = (c->height - 1) * c->source.pitch + c->width;
    return planes_are_image(&c->source) && (!c->by_pixels || (c->step == 1 && pixels >= widest()));
}

static size_t planes_room(const Correlation *c) { // a vector may read beyond the last pixel
    return multiple_of_16(planes_size(&c->source) + (size_t)widest());
}

static size_t rows_room(void) {
    return multiple_of_16(STRIP + (size_t)((TILE_ROWS + 1) * widest()));
}

static size_t work_size(const Correlation *c) {
    return planes_room(c) + STRIP + rows_room();
}

static size_t packed_size(const Correlation *c) {
    return multiple_of_16((size_t)packed_channels(c) * (size_t)c->taps);
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
            loops()->transpose(count, phase.taps, block, stride, NULL, to, c->packed);
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

static Region region_of(const Correlation *c, Phase phase, Strip strip) {
    return (Region){.height = c->height,
                    .width = c->width,
                    .row = phase.row + strip.row * c->step,
                    .column = phase.column + strip.column * c->step,
                    .step = c->step,
                    .rows = strip.rows,
                    .columns = strip.columns};
}

static void strip_by_channels(const Correlation *c, Phase phase, Strip strip, const real *source,
                              const real *packed, real *sums) {
    const Loops *loop = loops();
    const int rows = tile_rows(c->vectors, strip.columns);
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
                strip_by_channels(c, phase, strip, source, packed, work.sums);
                const Region region = region_of(c, phase, strip);
                region_transpose(&region, channels, work.sums, c->packed, strip.columns,
                                 bias ? bias + first : NULL, work.rows, add,
                                 result + (ptrdiff_t)first * c->height * c->width);
            }
}

// The columns of the padding are computed too: so the pixels of several rows lie in one line.
static void strip_by_pixels(const Correlation *c, Phase phase, Strip strip, int channels,
                            const real *source, const real *packed, real *rows, int stride) {
    const Loops *loop = loops();
    const int pitch = c->source.pitch, begin = strip.row * pitch + strip.column;
    const int pixels = (strip.rows - 1) * pitch + strip.columns;
    for (int i = 0; i < pixels; i += c->vectors * loop->lanes) {
        const int vectors = smaller(c->vectors, divide_up(pixels - i, loop->lanes));
        // An image itself ends with its last pixel; some are computed twice then.
        const int end = (c->height - 1) * pitch + c->width - begin;
        const int last = reads_image(c) ? end - vectors * loop->lanes : i;
        const int at = smaller(i, last);
        loop->tile[channels][vectors](phase.taps, source + begin + at,
                                      c->source_at + phase.first_tap, packed, c->packed_at, false,
                                      rows + at, stride);
    }
}

static void phase_by_pixels(const Correlation *c, Phase phase, const real *source,
                            const real *packed, const real *bias, bool add, Work work,
                            real *result) {
    const int pitch = c->source.pitch, at_once = c->rows;
    const int most = STRIP / at_once, rows = larger(most / pitch, 1);
    const int columns = divide_up(phase.columns, divide_up(phase.columns, most));
    const int stride = most + widest();
    real *sums = work.rows + widest(); // an image's last pixels may begin before their strip
    for (int first = 0; first < c->channels; first += at_once)
        for (int y = 0; y < phase.rows; y += rows)
            for (int x = 0; x < phase.columns; x += columns) {
                const Strip strip = {.row = y,
                                     .rows = smaller(rows, phase.rows - y),
                                     .column = x,
                                     .columns = smaller(columns, phase.columns - x)};
                const int channels = smaller(at_once, c->channels - first);
                strip_by_pixels(c, phase, strip, channels, source, packed + first, sums, stride);
                const Region region = region_of(c, phase, strip);
                region_place(&region, channels, sums, stride, pitch, bias ? bias + first : NULL,
                             add, result + (ptrdiff_t)first * c->height * c->width);
            }
}

static void correlate_group(const Correlation *c, const real *image, const real *packed,
                            const real *bias, bool add, Work work, real *result) {
    if (!reads_image(c))
        planes_fill(&c->source, image, work.planes);
    const real *source = reads_image(c) ? image : work.planes;
    for (int i = 0; i < c->step * c->step; i++) {
        const Phase phase = phase_of(c, i);
        const real *weights = packed + (size_t)phase.first_tap * (size_t)packed_channels(c);
        if (phase.rows > 0 && phase.columns > 0)
            (c->by_pixels ? phase_by_pixels : phase_by_channels)(c, phase, source, weights, bias,
                                                                 add, work, result);
    }
}

void correlate(const ConvolutionSizes *s, bool transposed, const real *from, const real *weight,
               const real *bias, real *scratch, bool add, real *to) {
    Correlation correlation = correlation_of(s, transposed), *c = &correlation;
    const int pieces = piece_count(s);
    const size_t from_size =
        (size_t)c->source.channels * (size_t)(c->source.height * c->source.width);
    const size_t to_size = (size_t)c->channels * (size_t)(c->height * c->width);
    c->source_at = (int *)(void *)scratch;
    c->weight_at = c->source_at + c->taps;
    c->packed_at = c->weight_at + c->taps;
    real *packed = scratch + multiple_of_16(3 * (size_t)c->taps); // a real holds an int
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

size_t correlate_scratch(const ConvolutionSizes *s, bool transposed) {
    const Correlation c = correlation_of(s, transposed);
    return multiple_of_16(3 * (size_t)c.taps) + (size_t)s->groups * packed_size(&c) +
           (size_t)worker_count(s) * work_size(&c);
}
