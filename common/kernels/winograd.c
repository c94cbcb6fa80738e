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
    bool transposed;
    Planes source;
    int channels, height, width; // of the result
    int tile_rows, tile_columns;
    int strip;  // tile rows under way at once
    int stride; // from one matrix of inputs to the next
    int vectors, packed;
    int *weights_at, *inputs_at; // of each source channel, for the products' tiles
    // Numbers of work memory: the tables, the packed weights; and of a thread, its planes, the
    // inputs' [source channels][16][tiles] and the products' matrices [16][tiles][packed], and all.
    size_t tables, weights, planes, inputs, products, work;
} Winograd;

enum { MATRICES = 16, STRIP_NUMBERS = 1 << 16 }; // a strip's inputs stay in the second cache

static Winograd winograd_of(const ConvolutionSizes *s, bool transposed) {
    Winograd w = {.transposed = transposed};
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
                        .split = 1,
                        .rows = 2 * w.tile_rows + 2,
                        .pitch = 2 * w.tile_columns + 2};
    const int from = w.source.channels;
    w.strip = larger(STRIP_NUMBERS / (MATRICES * from * w.tile_columns), 1);
    w.strip = smaller(w.strip, w.tile_rows);
    const int tiles = w.strip * w.tile_columns;
    w.stride = (int)multiple_of_16((size_t)tiles + 8);
    w.vectors = tiles_for(tiles, w.channels, from, 3, true).vectors;
    w.packed = w.vectors * loops()->lanes;
    w.tables = multiple_of_16(2 * (size_t)from);
    w.weights = (size_t)(divide_up(w.channels, w.packed) * MATRICES * from) * (size_t)w.packed;
    w.planes = multiple_of_16(planes_size(&w.source) + 16);
    w.inputs = (size_t)(MATRICES * from) * (size_t)w.stride;
    w.products = (size_t)(MATRICES * tiles) * (size_t)w.packed;
    w.work = w.planes + w.inputs + w.products + (size_t)(4 * tiles) * (size_t)w.packed;
    return w;
}

bool winograd_fits(const ConvolutionSizes *s) {
    return s->kernel_height == 3 && s->kernel_width == 3 && s->stride == 1 && s->groups == 1 &&
           s->padding_top <= 2 && s->padding_left <= 2 &&
           smaller(s->in_channels, s->out_channels) >= 16 &&
           smaller(s->out_height, s->out_width) >= 4;
}

size_t winograd_scratch(const ConvolutionSizes *s, bool transposed) {
    const Winograd w = winograd_of(s, transposed);
    return w.tables + w.weights + (size_t)worker_count(s) * w.work;
}

// G along one side of g: three numbers, `step` apart, become four.
static void transform_side(const real *g, int step, real *to, int to_step) {
    const real ends = g[0] + g[2 * step], middle = g[step];
    to[0] = g[0];
    to[to_step] = (ends + middle) / 2;
    to[2 * to_step] = (ends - middle) / 2;
    to[3 * to_step] = g[2 * step];
}

// Of one channel of the result: [blocks][16][source channels][packed].
static void pack_channel(const Winograd *w, int channel, const real *weight, real *packed) {
    const int from = w->source.channels, matrix = from * w->packed;
    const int first = w->transposed ? 8 : 0, row = w->transposed ? -3 : 3, column = row / 3;
    packed += (ptrdiff_t)(channel / w->packed) * MATRICES * matrix + channel % w->packed;
    for (int k = 0; k < from; k++, packed += w->packed) {
        const real *g =
            weight + first +
            (ptrdiff_t)9 * (w->transposed ? k * w->channels + channel : channel * from + k);
        real half[12], whole[MATRICES]; // G g, [4][3]; G g Gᵀ, [4][4]
        for (int i = 0; i < 3; i++)
            transform_side(g + column * i, row, half + i, 3);
        for (int i = 0; i < 4; i++)
            transform_side(half + 3 * i, 1, whole + 4 * i, 1);
        for (int i = 0; i < MATRICES; i++)
            packed[(ptrdiff_t)i * matrix] = whole[i];
    }
}

static void convolve_image(const Winograd *w, const real *image, const real *packed,
                           const real *bias, real *work, bool add, real *result) {
    real *inputs = work + w->planes, *products = inputs + w->inputs;
    real *sums = products + w->products;
    const int pitch = w->source.pitch, from = w->source.channels;
    const ptrdiff_t plane = (ptrdiff_t)w->source.rows * pitch;
    planes_fill(&w->source, image, work);
    for (int row = 0; row < w->tile_rows; row += w->strip) {
        const int count = smaller(w->strip, w->tile_rows - row), tiles = count * w->tile_columns;
        const Region region = {.height = w->height,
                               .width = w->width,
                               .row = 2 * row,
                               .step = 1,
                               .rows = smaller(2 * count, w->height - 2 * row),
                               .columns = w->width};
        for (int k = 0; k < from; k++)
            loops()->winograd_input(count, w->tile_columns,
                                    work + k * plane + (ptrdiff_t)2 * row * pitch, pitch,
                                    inputs + (ptrdiff_t)k * MATRICES * w->stride, w->stride);
        for (int first = 0; first < w->channels; first += w->packed) {
            const real *weights = packed + (ptrdiff_t)first * MATRICES * from;
            for (int i = 0; i < MATRICES; i++)
                tiles_multiply(w->vectors, tiles, w->packed, from,
                               weights + (ptrdiff_t)i * from * w->packed, w->weights_at,
                               inputs + (ptrdiff_t)i * w->stride, w->inputs_at, false,
                               products + (ptrdiff_t)i * tiles * w->packed, w->packed);
            loops()->winograd_output(count, w->tile_columns, w->packed, products,
                                     (ptrdiff_t)tiles * w->packed, sums);
            region_place(&region, smaller(w->packed, w->channels - first),
                         (Sums){sums, .channel = 1, .pixel = w->packed, 2 * w->tile_columns},
                         bias ? bias + first : NULL, add,
                         result + (ptrdiff_t)first * w->height * w->width);
        }
    }
}

void winograd(const ConvolutionSizes *s, bool transposed, const real *from, const real *weight,
              const real *bias, real *scratch, bool add, real *to) {
    Winograd w = winograd_of(s, transposed);
    const int channels = w.source.channels;
    const size_t from_size = image_size(&w.source);
    const size_t to_size = (size_t)w.channels * (size_t)(w.height * w.width);
    w.weights_at = (int *)(void *)scratch; // a real holds an int
    w.inputs_at = w.weights_at + channels;
    real *packed = scratch + w.tables, *works = packed + w.weights;
    for (int k = 0; k < channels; k++) {
        w.weights_at[k] = k * w.packed;
        w.inputs_at[k] = k * MATRICES * w.stride;
    }
    if (w.channels % w.packed != 0)
        memset(packed, 0, w.weights * sizeof(real));
#pragma omp parallel if (is_parallel(s))
    {
        real *work = works + (size_t)omp_get_thread_num() * w.work;
        memset(work, 0, w.planes * sizeof(real));
#pragma omp for schedule(static)
        for (int channel = 0; channel < w.channels; channel++)
            pack_channel(&w, channel, weight, packed);
#pragma omp for schedule(dynamic) nowait
        for (int i = 0; i < s->batch; i++)
            convolve_image(&w, from + (size_t)i * from_size, packed, bias, work, add,
                           to + (size_t)i * to_size);
    }
}
