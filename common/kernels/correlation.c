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
    int channels, height, width; // of the result
    int step;                    // phases along each axis
    int taps, phase_taps;        // of all phases, and the most that one has
    bool by_pixels;              // a vector holds neighbouring pixels; else, channels of one pixel
    Tiles tiles;
    int at_once;                // channels of a tile
    int packed;                 // numbers side by side in the packed weights
    int *source_at, *weight_at; // of each tap, phase by phase
    size_t tables, weights; // numbers of work memory: of the tables, of a group's packed weights
    size_t planes, work;    // of a thread's planes, and of all that a thread has
} Correlation;

// The outputs and taps of one phase along one axis. Tap u is the kernel's number first + step · u,
// and reads the planes at place + u.
typedef struct Axis {
    int outputs, taps, first, step, place;
} Axis;

typedef struct Phase {
    int row, column; // its first output's place in the result; the next is `step` away
    Axis rows, columns;
    int taps;
    int *source_at, *weight_at;
} Phase;

static Axis axis_of(const Correlation *c, int phase, int padding, int kernel, int size,
                    int before) {
    if (!c->transposed)
        return (Axis){.outputs = size, .taps = kernel, .step = 1};
    const int first = (phase + padding) % c->step, taps = divide_up(kernel - first, c->step);
    return (Axis){.outputs = divide_up(size - phase, c->step),
                  .taps = taps,
                  .first = first + c->step * (taps - 1), // turned round
                  .step = -c->step,
                  .place = before + (phase + padding) / c->step - (taps - 1)};
}

static Phase phase_of(const Correlation *c, int row, int column) {
    const ConvolutionSizes *s = c->sizes;
    const int first_tap = (row * c->step + column) * c->phase_taps;
    Phase phase = {
        .row = row,
        .column = column,
        .rows = axis_of(c, row, s->padding_top, s->kernel_height, c->height, c->source.top),
        .columns = axis_of(c, column, s->padding_left, s->kernel_width, c->width, c->source.left),
        .source_at = c->source_at + first_tap,
        .weight_at = c->weight_at + first_tap};
    phase.taps = c->source.channels * phase.rows.taps * phase.columns.taps;
    return phase;
}

static void list_taps(const Correlation *c, Phase phase) {
    const Axis rows = phase.rows, columns = phase.columns;
    const int size = kernel_size(c->sizes), width = c->sizes->kernel_width;
    for (int channel = 0; channel < c->source.channels; channel++)
        for (int u = 0; u < rows.taps; u++)
            for (int v = 0; v < columns.taps; v++) {
                const int row = rows.first + rows.step * u;
                const int column = columns.first + columns.step * v;
                *phase.source_at++ =
                    planes_at(&c->source, channel, rows.place + u, columns.place + v);
                *phase.weight_at++ = (channel * size + row * width + column) * c->packed;
            }
}

// Vectors of channels or of pixels, and how many at once: the cheapest for a phase of the result.
static void choose_tiles(Correlation *c) {
    const int lanes = loops()->lanes, height = divide_up(c->height, c->step);
    const int width = divide_up(c->width, c->step);
    const Tiles by_channels = tiles_for(width, c->channels, c->phase_taps, 3 + lanes / 2, true);
    const Tiles by_pixels =
        tiles_for(c->channels, height * c->source.pitch, c->phase_taps, 2, false);
    c->by_pixels = by_pixels.cost < height * by_channels.cost;
    c->tiles = c->by_pixels ? by_pixels : by_channels;
    c->at_once = c->by_pixels ? c->tiles.rows : c->tiles.vectors * lanes;
    c->packed = c->by_pixels ? c->channels : c->at_once;
}

static Planes planes_of_output(const ConvolutionSizes *s) {
    const int top = (s->kernel_height - 1) / s->stride, left = (s->kernel_width - 1) / s->stride;
    return (Planes){.channels = group_out(s),
                    .height = s->out_height,
                    .width = s->out_width,
                    .top = top,
                    .left = left,
                    .split = 1,
                    .rows = top + (s->height - 1 + s->padding_top) / s->stride + 1,
                    .pitch = left + (s->width - 1 + s->padding_left) / s->stride + 1};
}

static Correlation correlation_of(const ConvolutionSizes *s, bool transposed) {
    const int step = transposed ? s->stride : 1, lanes = loops()->lanes;
    Correlation c = {.sizes = s,
                     .transposed = transposed,
                     .source = transposed ? planes_of_output(s) : planes_of_input(s, s->stride),
                     .channels = transposed ? group_in(s) : group_out(s),
                     .height = transposed ? s->height : s->out_height,
                     .width = transposed ? s->width : s->out_width,
                     .step = step};
    c.taps = c.source.channels * kernel_size(s);
    c.phase_taps =
        c.source.channels * divide_up(s->kernel_height, step) * divide_up(s->kernel_width, step);
    choose_tiles(&c);
    c.tables = multiple_of_16(2 * (size_t)(step * step) * (size_t)c.phase_taps);
    c.weights =
        multiple_of_16((size_t)c.taps * (size_t)(divide_up(c.channels, c.packed) * c.packed));
    // A vector may be read beyond the last pixel.
    c.planes = multiple_of_16(planes_size(&c.source) + (size_t)lanes);
    c.work = c.planes + multiple_of_16(STRIP + (size_t)(TILE_ROWS * lanes));
    return c;
}

// A group's weights, [channels][source channels][kernel], or transposed [source channels][channels]
// [kernel], as the tiles read them: [blocks of `packed` channels][source channels][kernel][packed].
static void pack_group(const Correlation *c, const real *weight, real *to) {
    const int parts = c->transposed ? c->source.channels : 1, columns = c->taps / parts;
    for (int first = 0; first < c->channels; first += c->packed, to += c->taps * c->packed) {
        const int count = smaller(c->packed, c->channels - first);
        if (count < c->packed)
            memset(to, 0, (size_t)(c->taps * c->packed) * sizeof(real));
        for (int part = 0; part < parts; part++)
            loops()->transpose(count, columns,
                               weight + (ptrdiff_t)(part * c->channels + first) * columns, columns,
                               NULL, to + (ptrdiff_t)part * columns * c->packed, c->packed);
    }
}

static void correlate_region(const Correlation *c, const Phase *phase, const Region *region,
                             int channels, const real *source, const real *packed, const real *bias,
                             bool add, real *sums, real *result) {
    const int pitch = c->source.pitch, vectors = c->tiles.vectors;
    Sums place = {sums, .channel = 1, .pixel = c->packed, .pitch = region->columns};
    if (c->by_pixels) {
        // The columns of the padding are computed too: so several rows lie in one line.
        const int pixels = (region->rows - 1) * pitch + region->columns;
        place = (Sums){sums, STRIP / c->at_once + loops()->lanes, .pixel = 1, .pitch = pitch};
        tiles_multiply(vectors, channels, pixels, phase->taps, source, phase->source_at, packed,
                       phase->weight_at, false, sums, place.channel);
    } else {
        for (int y = 0; y < region->rows; y++)
            tiles_multiply(vectors, region->columns, c->packed, phase->taps, packed,
                           phase->weight_at, source + y * pitch, phase->source_at, false,
                           sums + (ptrdiff_t)y * region->columns * c->packed, c->packed);
    }
    region_place(region, channels, place, bias, add, result);
}

// Some channels of some rows, or of some columns of one row, at a time.
static void correlate_phase(const Correlation *c, const Phase *phase, const real *source,
                            const real *packed, const real *bias, bool add, real *sums,
                            real *result) {
    const int pitch = c->source.pitch, lanes = loops()->lanes, most = STRIP / c->at_once;
    const int rows = larger(most / pitch, 1);
    const int columns = smaller(phase->columns.outputs, most / lanes * lanes);
    for (int first = 0; first < c->channels; first += c->at_once)
        for (int y = 0; y < phase->rows.outputs; y += rows)
            for (int x = 0; x < phase->columns.outputs; x += columns) {
                const Region region = {.height = c->height,
                                       .width = c->width,
                                       .row = phase->row + y * c->step,
                                       .column = phase->column + x * c->step,
                                       .step = c->step,
                                       .rows = smaller(rows, phase->rows.outputs - y),
                                       .columns = smaller(columns, phase->columns.outputs - x)};
                const ptrdiff_t block = first - first % c->packed;
                correlate_region(c, phase, &region, smaller(c->at_once, c->channels - first),
                                 source + y * pitch + x, packed + block * c->taps + first - block,
                                 bias ? bias + first : NULL, add, sums,
                                 result + (ptrdiff_t)first * c->height * c->width);
            }
}

// No need of a copy: there is no padding, and no vector reaches beyond the last pixel.
static bool reads_image(const Correlation *c) {
    const Planes *p = &c->source;
    return p->split == 1 && p->top == 0 && p->left == 0 && p->rows == p->height &&
           p->pitch == p->width &&
           (!c->by_pixels || (c->step == 1 && c->height == 1 && c->width % loops()->lanes == 0));
}

static void correlate_group(const Correlation *c, const real *image, const real *packed,
                            const real *bias, bool add, real *work, real *result) {
    if (!reads_image(c))
        planes_fill(&c->source, image, work);
    for (int row = 0; row < c->step; row++)
        for (int column = 0; column < c->step; column++) {
            const Phase phase = phase_of(c, row, column);
            correlate_phase(c, &phase, reads_image(c) ? image : work, packed, bias, add,
                            work + c->planes, result);
        }
}

void correlate(const ConvolutionSizes *s, bool transposed, const real *from, const real *weight,
               const real *bias, real *scratch, bool add, real *to) {
    Correlation c = correlation_of(s, transposed);
    const int groups = s->groups;
    const size_t from_size = image_size(&c.source);
    const size_t to_size = (size_t)c.channels * (size_t)(c.height * c.width);
    real *packed = scratch + c.tables, *works = packed + (size_t)groups * c.weights;
    c.source_at = (int *)(void *)scratch; // a real holds an int
    c.weight_at = c.source_at + c.tables / 2;
    for (int row = 0; row < c.step; row++)
        for (int column = 0; column < c.step; column++)
            list_taps(&c, phase_of(&c, row, column));
#pragma omp parallel for schedule(static) if (is_parallel(s) && groups > 1)
    for (int group = 0; group < groups; group++)
        pack_group(&c, weight + (ptrdiff_t)group * c.channels * c.taps,
                   packed + (size_t)group * c.weights);
#pragma omp parallel if (is_parallel(s))
    {
        real *work = works + (size_t)omp_get_thread_num() * c.work;
        memset(work, 0, c.planes * sizeof(real));
#pragma omp for schedule(dynamic, groups) nowait
        for (int i = 0; i < s->batch * groups; i++)
            correlate_group(&c, from + (size_t)i * from_size,
                            packed + (size_t)(i % groups) * c.weights,
                            bias ? bias + (ptrdiff_t)(i % groups) * c.channels : NULL, add, work,
                            to + (size_t)i * to_size);
    }
}

size_t correlate_scratch(const ConvolutionSizes *s, bool transposed) {
    const Correlation c = correlation_of(s, transposed);
    return c.tables + (size_t)s->groups * c.weights + (size_t)worker_count(s) * c.work;
}
