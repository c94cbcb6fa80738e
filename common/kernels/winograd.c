// Winograd's convolution F(2×2, 3×3) (Lavin and Gray, "Fast algorithms for convolutional neural
// networks", 2016): 2 × 2 outputs of one channel from 4 × 4 inputs d and 3 × 3 weights g,
//
//     y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
//
//     Bᵀ = 1  0 −1  0      G = 1   0   0      Aᵀ = 1  1  1  0
//          0  1  1  0          ½   ½   ½           0  1 −1 −1
//          0 −1  1  0          ½  −½   ½
//          0  1  0 −1          0   0   1
//
// take 16 products instead of 36. Summed over the channels, each of the 16 is a matrix product,
//
//     [tiles, from channels] · [from channels, to channels],
//
// so 2.25 times fewer multiply-adds, for 32 + 24 additions a tile and channel. The factors are 1 and
// ½: the rounding is about that of the plain sums. The transposed convolution is a convolution with
// the weights turned round.
#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

typedef struct Winograd {
    const ConvolutionSizes *sizes;
    bool transposed;
    Planes source; // split by 2: tile (row, column) begins at place (row, column) of each phase
    int channels, height, width; // of the result
    int tile_rows, tile_columns;
    int strip; // tile rows under way at once
    int vectors, packed;
} Winograd;

enum { MATRICES = 16, STRIP_NUMBERS = 1 << 16 }; // a strip's inputs stay in the second cache

static int strip_tiles(const Winograd *w) {
    return w->strip * w->tile_columns;
}

static int source_stride(const Winograd *w) { // from one channel's tiles to the next's
    return (int)multiple_of_16((size_t)strip_tiles(w) + 8);
}

static void choose_tiles(Winograd *w) {
    double least = 0;
    for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
        const int lanes = loops()->lanes, rows = tile_rows(vectors, strip_tiles(w));
        const double cost = divide_up(w->channels, vectors * lanes) *
                            divide_up(strip_tiles(w), rows) *
                            (tile_cost(rows, vectors, true) +
                             (20 + 3 * rows * vectors) / (double)w->source.channels);
        if (least == 0 || cost < least) {
            least = cost;
            w->vectors = vectors;
            w->packed = vectors * lanes;
        }
    }
}

static Winograd winograd_of(const ConvolutionSizes *s, bool transposed) {
    Winograd w = {.sizes = s, .transposed = transposed};
    w.channels = transposed ? s->in_channels : s->out_channels;
    w.height = transposed ? s->height : s->out_height;
    w.width = transposed ? s->width : s->out_width;
    w.tile_rows = divide_up(w.height, 2);
    w.tile_columns = divide_up(w.width, 2);
    w.source = (Planes){.channels = transposed ? s->out_channels : s->in_channels,
                        .height = transposed ? s->out_height : s->height,
                        .width = transposed ? s->out_width : s->width,
                        .top = transposed ? 2 - s->padding_top : s->padding_top,
                        .left = transposed ? 2 - s->padding_left : s->padding_left,
                        .split = 2,
                        .rows = w.tile_rows + 1,
                        .pitch = w.tile_columns + 1};
    const int rows = STRIP_NUMBERS / (MATRICES * w.source.channels * w.tile_columns);
    w.strip = smaller(larger(rows, 1), w.tile_rows);
    choose_tiles(&w);
    return w;
}

bool winograd_fits(const ConvolutionSizes *s, bool transposed) {
    if (s->kernel_height != 3 || s->kernel_width != 3 || s->stride != 1 || s->groups != 1 ||
        s->padding_top > 2 || s->padding_left > 2 || smaller(s->in_channels, s->out_channels) < 16)
        return false;
    const Winograd w = winograd_of(s, transposed);
    return 16 * w.tile_rows * w.tile_columns < 0.7 * 9 * w.height * w.width;
}

static int blocks_of(const Winograd *w) {
    return divide_up(w->channels, w->packed);
}

static size_t packed_size(const Winograd *w) { // [blocks][16][from channels][packed]
    return (size_t)(blocks_of(w) * MATRICES * w->source.channels) * (size_t)w->packed;
}

static size_t tables_size(const Winograd *w) {
    return multiple_of_16(2 * (size_t)w->source.channels);
}

static size_t planes_room(const Winograd *w) {
    return multiple_of_16(planes_size(&w->source) + 16);
}

static size_t inputs_size(const Winograd *w) { // [from channels][16][tiles]
    return (size_t)(MATRICES * w->source.channels) * (size_t)source_stride(w);
}

static size_t products_size(const Winograd *w) { // [16][tiles][packed]
    return (size_t)(MATRICES * strip_tiles(w)) * (size_t)w->packed;
}

static size_t sums_size(const Winograd *w) { // [2 rows][2 columns][packed]
    return (size_t)(4 * strip_tiles(w)) * (size_t)w->packed;
}

static size_t work_size(const Winograd *w) {
    return planes_room(w) + inputs_size(w) + products_size(w) + 2 * sums_size(w);
}

size_t winograd_scratch(const ConvolutionSizes *s, bool transposed) {
    const Winograd w = winograd_of(s, transposed);
    return tables_size(&w) + packed_size(&w) + (size_t)worker_count(s) * work_size(&w);
}

// G along one side of g: three numbers, `step` apart, become four.
static void transform_side(const real *g, int step, real *to, int to_step) {
    const real ends = g[0] + g[2 * step], middle = g[step];
    to[0] = g[0];
    to[to_step] = (ends + middle) / 2;
    to[2 * to_step] = (ends - middle) / 2;
    to[3 * to_step] = g[2 * step];
}

static void pack_weights(const Winograd *w, const real *weight, real *packed) {
    const int from = w->source.channels, to = w->channels;
    const ptrdiff_t matrix = (ptrdiff_t)from * w->packed;
    if (to % w->packed != 0)
        memset(packed, 0, packed_size(w) * sizeof(real));
#pragma omp parallel for schedule(static) if (is_parallel(w->sizes))
    for (int channel = 0; channel < to; channel++)
        for (int k = 0; k < from; k++) {
            const real *g = weight + 9 * ((ptrdiff_t)(w->transposed ? k : channel) *
                                              (w->transposed ? to : from) +
                                          (w->transposed ? channel : k));
            real half[12], whole[MATRICES]; // G g, [4][3]; G g Gᵀ, [4][4]
            for (int i = 0; i < 3; i++)
                transform_side(w->transposed ? g + 8 - i : g + i, w->transposed ? -3 : 3, half + i,
                               3);
            for (int i = 0; i < 4; i++)
                transform_side(half + 3 * i, 1, whole + 4 * i, 1);
            real *place = packed + channel / w->packed * MATRICES * matrix +
                          (ptrdiff_t)k * w->packed + channel % w->packed;
            for (int i = 0; i < MATRICES; i++)
                place[i * matrix] = whole[i];
        }
}

// The places of a tile of a product: of each channel's weights and of its inputs.
typedef struct Tables {
    const int *weights, *inputs;
} Tables;

static void multiply(const Winograd *w, Tables tables, int tiles, const real *inputs,
                     const real *packed, real *products) {
    const int rows = tile_rows(w->vectors, tiles), from = w->source.channels;
    for (int i = 0; i < MATRICES; i++)
        for (int tile = 0; tile < tiles; tile += rows)
            loops()->tile[smaller(rows, tiles - tile)][w->vectors](
                from, packed + (ptrdiff_t)i * from * w->packed, tables.weights,
                inputs + (ptrdiff_t)i * source_stride(w) + tile, tables.inputs, false,
                products + ((ptrdiff_t)i * strip_tiles(w) + tile) * w->packed, w->packed);
}

static void convolve_image(const Winograd *w, Tables tables, const real *image, const real *packed,
                           const real *bias, real *work, bool add, real *result) {
    real *inputs = work + planes_room(w), *products = inputs + inputs_size(w);
    real *sums = products + products_size(w), *rows = sums + sums_size(w);
    const ptrdiff_t phase = (ptrdiff_t)w->source.rows * w->source.pitch;
    planes_fill(&w->source, image, work);
    for (int row = 0; row < w->tile_rows; row += w->strip) {
        const int count = smaller(w->strip, w->tile_rows - row);
        const Region region = {.height = w->height,
                               .width = w->width,
                               .row = 2 * row,
                               .step = 1,
                               .rows = smaller(2 * count, w->height - 2 * row),
                               .columns = w->width};
        for (int k = 0; k < w->source.channels; k++)
            loops()->winograd_input(
                count, w->tile_columns, work + 4 * k * phase + (ptrdiff_t)row * w->source.pitch,
                phase, w->source.pitch, inputs + (ptrdiff_t)k * MATRICES * source_stride(w),
                source_stride(w));
        for (int block = 0; block < blocks_of(w); block++) {
            const int first = block * w->packed;
            multiply(w, tables, count * w->tile_columns, inputs,
                     packed + (ptrdiff_t)first * MATRICES * w->source.channels, products);
            loops()->winograd_output(count, w->tile_columns, w->packed, products,
                                     (ptrdiff_t)strip_tiles(w) * w->packed, sums);
            region_transpose(&region, smaller(w->packed, w->channels - first), sums, w->packed,
                             2 * w->tile_columns, bias ? bias + first : NULL, rows, add,
                             result + (ptrdiff_t)first * w->height * w->width);
        }
    }
}

void winograd(const ConvolutionSizes *s, bool transposed, const real *from, const real *weight,
              const real *bias, real *scratch, bool add, real *to) {
    const Winograd w = winograd_of(s, transposed);
    const int channels = w.source.channels, pieces = piece_count(s);
    int *weights_at = (int *)(void *)scratch, *inputs_at = weights_at + channels;
    real *packed = scratch + tables_size(&w), *works = packed + packed_size(&w);
    for (int k = 0; k < channels; k++) {
        weights_at[k] = k * w.packed;
        inputs_at[k] = k * MATRICES * source_stride(&w);
    }
    pack_weights(&w, weight, packed);
#pragma omp parallel for schedule(dynamic) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++) {
        real *work = works + (size_t)omp_get_thread_num() * work_size(&w);
        memset(work, 0, planes_room(&w) * sizeof(real));
        for (int i = piece_first(s, piece); i < piece_first(s, piece + 1); i++)
            convolve_image(&w, (Tables){weights_at, inputs_at},
                           from + (ptrdiff_t)i * channels * w.source.height * w.source.width,
                           packed, bias, work, add,
                           to + (ptrdiff_t)i * w.channels * w.height * w.width);
    }
}
