#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

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

static int vectors_for(int channels, int rows) {
    const Loops *loop = loops();
    int best = 1;
    double least = 0;
    for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
        const int at_once = tile_rows(vectors, rows);
        const double cost = (double)divide_up(channels, vectors * loop->lanes) *
                            divide_up(rows, at_once) *
                            tile_cost(at_once, vectors, false); // from the second cache
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
    g.vectors = vectors_for(group_out(s), tile);
    g.width = divide_up(group_out(s), loop->lanes) * loop->lanes;
    g.x_width = group_in(s);
    g.planes = planes_of_input(s, g.by_taps ? s->stride : 1);
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

static void list_positions(const WeightGradient *g) {
    const ConvolutionSizes *s = g->sizes;
    const int step = g->by_taps ? 1 : s->stride * g->x_width;
    for (int y = 0, i = 0; y < g->strip_rows; y++)
        for (int x = 0; x < s->out_width; x++, i++) {
            g->dy_at[i] = i * g->width;
            g->x_at[i] = (y * g->planes.pitch + x) * step;
        }
}

// Adds what `depth` positions give to the sums of one tap (u, v) and all channels of x, or to those
// of one channel and the taps v, v + stride, … of row u.
static void add_products(const WeightGradient *g, int depth, const real *dy, const real *x,
                         int rows, real *sums, ptrdiff_t stride) {
    const Loops *loop = loops();
    const int at_once = tile_rows(g->vectors, rows);
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
        planes_interleave(&g->planes, image, g->x_width, x);
    for (int row = 0; row < s->out_height; row += g->strip_rows) {
        const int depth = smaller(g->strip_rows, s->out_height - row) * s->out_width;
        loops()->transpose(group_out(s), depth, dy + row * s->out_width, positions_of(s), NULL,
                           strip, g->width);
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
        loops()->transpose(count, out, sums, g->width, NULL, to, rows);
    }
}

void correlate_weights(const ConvolutionSizes *s, const real *x, const real *dy, real *scratch,
                       bool add, real *dweight) {
    WeightGradient g = weight_gradient_of(s);
    const int pieces = partial_count(&g);
    const size_t x_size = input_size(s) / (size_t)s->groups;
    const size_t dy_size = output_size(s) / (size_t)s->groups;
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
                add_group(&g, x + ((size_t)i * (size_t)s->groups + (size_t)group) * x_size,
                          dy + ((size_t)i * (size_t)s->groups + (size_t)group) * dy_size, places,
                          strip, sums + (size_t)group * partial_size(&g) / (size_t)s->groups);
    }
    gather(&g, partials, add, dweight);
}

size_t correlate_weights_scratch(const ConvolutionSizes *s) {
    const WeightGradient g = weight_gradient_of(s);
    return multiple_of_16(2 * strip_positions(&g)) + (size_t)partial_count(&g) * partial_size(&g) +
           (size_t)worker_count(s) * (strip_room(&g) + x_room(&g));
}
