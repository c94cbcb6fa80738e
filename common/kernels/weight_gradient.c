#include <omp.h>
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

// dweight[o, i, u, v] = Σ_positions dy[o, position] · x[i, place(position) + (u, v)], a product
// whose depth is the positions. dy and x are interleaved first: dy [positions][channels], so that a
// vector holds channels of dy; x [places][channels], so that what lies under a row of the kernel,
// [v][i], is one line of numbers: the rows of the tiles.
typedef struct WeightGradient {
    const ConvolutionSizes *sizes;
    Planes planes;       // of x
    int line;            // numbers under a row of the kernel
    int width;           // channels of dy, rounded up to whole vectors
    int strip_rows;      // of dy, under way at once
    int vectors;         // of dy in a tile
    int pieces;          // of the batch; each has sums of its own
    int *dy_at, *x_at;   // of each position of a strip
    size_t tables, sums; // numbers of work memory: of the tables, and of a piece
    size_t strip, work;  // of a thread's strip of dy, and of all that a thread has
} WeightGradient;

enum { MOST_PIECES = 8, PARTIAL_SUMS = 1 << 21 }; // fewer pieces where the weights are large

static WeightGradient weight_gradient_of(const ConvolutionSizes *s) {
    const int lanes = loops()->lanes;
    WeightGradient g = {.sizes = s, .planes = planes_of_input(s, 1)};
    g.line = s->kernel_width * group_in(s);
    g.width = divide_up(group_out(s), lanes) * lanes;
    g.strip_rows = smaller(larger(2 * STRIP / (s->out_width * g.width), 1), s->out_height);
    const int positions = g.strip_rows * s->out_width;
    g.vectors = tiles_for(g.line, g.width, positions, 2, false).vectors; // from the second cache
    g.tables = multiple_of_16(2 * (size_t)positions);
    g.sums = (size_t)(s->groups * s->kernel_height) * (size_t)g.line * (size_t)g.width;
    g.pieces = larger((int)(PARTIAL_SUMS / g.sums), 2);
    g.pieces = larger(smaller(g.pieces, smaller(s->batch, MOST_PIECES)), 1);
    g.strip = multiple_of_16((size_t)positions * (size_t)g.width);
    g.work = g.strip + multiple_of_16(planes_size(&g.planes));
    return g;
}

static void list_positions(const WeightGradient *g) {
    const ConvolutionSizes *s = g->sizes;
    const int step = s->stride * g->planes.channels;
    for (int y = 0, i = 0; y < g->strip_rows; y++)
        for (int x = 0; x < s->out_width; x++, i++) {
            g->dy_at[i] = i * g->width;
            g->x_at[i] = (y * g->planes.pitch + x) * step;
        }
}

static void add_group(const WeightGradient *g, const real *image, const real *dy, real *work,
                      real *sums) {
    const ConvolutionSizes *s = g->sizes;
    const int x_row = g->planes.pitch * g->planes.channels;
    real *strip = work, *x = work + g->strip;
    planes_interleave(&g->planes, image, x);
    for (int row = 0; row < s->out_height; row += g->strip_rows) {
        const int depth = smaller(g->strip_rows, s->out_height - row) * s->out_width;
        loops()->transpose(group_out(s), depth, dy + row * s->out_width, positions_of(s), NULL,
                           strip, g->width);
        for (int u = 0; u < s->kernel_height; u++)
            tiles_multiply(g->vectors, g->line, g->width, depth, strip, g->dy_at,
                           x + (ptrdiff_t)(row * s->stride + u) * x_row, g->x_at, true,
                           sums + (ptrdiff_t)u * g->line * g->width, g->width);
    }
}

static void add_pieces(const WeightGradient *g, int line, real *sums) {
    sums += (ptrdiff_t)line * g->width;
    for (int piece = 1; piece < g->pieces; piece++)
        for (int i = 0; i < g->width; i++)
            sums[i] += sums[(size_t)piece * g->sums + (size_t)i];
}

// dweight [groups][out][in][taps] = Σ of the pieces' sums [groups][taps][in][width].
static void gather(const WeightGradient *g, real *sums, bool add, real *dweight) {
    const ConvolutionSizes *s = g->sizes;
    // A single tap's channels lie side by side in dweight, as otherwise a channel's taps do.
    const int out = group_out(s), taps = kernel_size(s) > 1 ? kernel_size(s) : group_in(s);
    const int channels = g->line * s->kernel_height / taps, row = channels * g->width;
#pragma omp parallel if (is_parallel(s))
    {
#pragma omp for schedule(static)
        for (int line = 0; line < s->groups * taps * channels; line++)
            add_pieces(g, line, sums);
#pragma omp for schedule(static) nowait
        for (int i = 0; i < s->groups * channels; i++) {
            const int group = i / channels, channel = i % channels;
            real *from = sums + (ptrdiff_t)group * taps * row + channel * g->width;
            real *to = dweight + ((ptrdiff_t)group * out * channels + channel) * taps;
            for (int o = 0; add && o < out; o++)
                for (int tap = 0; tap < taps; tap++)
                    from[tap * row + o] += to[(ptrdiff_t)o * channels * taps + tap];
            loops()->transpose(taps, out, from, row, NULL, to, channels * taps);
        }
    }
}

void correlate_weights(const ConvolutionSizes *s, const real *x, const real *dy, real *scratch,
                       bool add, real *dweight) {
    WeightGradient g = weight_gradient_of(s);
    const size_t x_size = image_size(&g.planes);
    const size_t dy_size = (size_t)group_out(s) * (size_t)positions_of(s);
    g.dy_at = (int *)(void *)scratch; // a real holds an int
    g.x_at = g.dy_at + g.tables / 2;
    real *partials = scratch + g.tables, *works = partials + (size_t)g.pieces * g.sums;
    list_positions(&g);
#pragma omp parallel for schedule(dynamic) if (is_parallel(s))
    for (int piece = 0; piece < g.pieces; piece++) {
        real *sums = partials + (size_t)piece * g.sums;
        real *work = works + (size_t)omp_get_thread_num() * g.work;
        memset(sums, 0, g.sums * sizeof(real));
        memset(work, 0, g.work * sizeof(real));
        const int first = (int)((int64_t)s->batch * piece / g.pieces) * s->groups;
        const int end = (int)((int64_t)s->batch * (piece + 1) / g.pieces) * s->groups;
        for (int i = first; i < end; i++)
            add_group(&g, x + (size_t)i * x_size, dy + (size_t)i * dy_size, work,
                      sums + (size_t)(i % s->groups) * (g.sums / (size_t)s->groups));
    }
    gather(&g, partials, add, dweight);
}

size_t correlate_weights_scratch(const ConvolutionSizes *s) {
    const WeightGradient g = weight_gradient_of(s);
    return g.tables + (size_t)g.pieces * g.sums + (size_t)worker_count(s) * g.work;
}
