// dweight of planes.c: for each tap and each channel of y the sum, over the places of the kernel, of what the
// tap sees there times dy.
#include <omp.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

enum { LINES = 4 }; // of dy, along which it is summed at once
// Of a strip as wide as a tile so many numbers stay in the nearest cache; but a tile is worth loading and storing its sums
// for so many places.
enum { NEAR = 1 << 11, LEAST_DEPTH = 64 };

// Places that are taken at once.
static int depth_of(const Planes *p) {
    const int near = larger(NEAR / (p->vectors * loops()->lanes), LEAST_DEPTH);
    return smaller(smaller(near, TILES_DEPTH), p->places);
}

// The rows of a tile are all channels at one place of the kernel or, where there are fewer, a row of the kernel in one
// channel.
static int rows_across(const Planes *p) {
    return larger(p->channels, p->sizes->kernel_width);
}

// A row of places, by tiles so many vectors wide.
static double cost_across(const Planes *p, int vectors) {
    const int rows = rows_across(p);
    return tiles_cost(rows, p->results, TILES_DEPTH, vectors) * (p->taps / rows) * p->wide /
           TILES_DEPTH;
}

static double cost_inside(const Planes *p, int vectors) {
    return tiles_cost(p->results, p->channels, TILES_DEPTH, vectors) * kernel_size(p->sizes) *
           p->wide / TILES_DEPTH;
}

// Along the lines a weight takes a product for each vector of a line, and the sum of its lanes at the end. They wait for
// more that is read than a tile's: measured.
static double cost_along(const Planes *p) {
    const int lanes = loops()->lanes, line = p->rows * p->columns;
    return 1.5 * p->taps * p->results * (line / lanes + lanes + 8) / p->rows;
}

// Tiles across, or inside where those are cheaper.
static double set_tiles(Planes *p) {
    const int inside = tiles_width(p->results, p->channels, TILES_DEPTH);
    p->vectors = tiles_width(rows_across(p), p->results, TILES_DEPTH);
    const double across_cost = cost_across(p, p->vectors), inside_cost = cost_inside(p, inside);
    p->inside = inside_cost < across_cost;
    p->lanes = line_room(p->inside ? p->channels : p->results);
    if (!p->inside)
        return across_cost;
    p->vectors = inside;
    p->lines = kernel_size(p->sizes) * p->results;
    p->pitch = line_room(p->places);
    p->planes = (size_t)(seen_by(p, p->rows, p->more_rows) * p->columns * p->lanes);
    return inside_cost;
}

// dy beside the planes, the sums, and a table of the places or of the taps.
double planes_set_gradient(Planes *p) {
    const ConvolutionSizes *s = p->sizes;
    p->places = p->rows * p->wide;
    p->lanes = p->results;
    p->lines = p->taps;
    const double cost = p->along ? cost_along(p) : set_tiles(p);
    p->sums = multiple_of_16((size_t)(s->groups * p->lines) * (size_t)p->lanes);
    p->pieces = smaller((int)(PARTIAL_SUMS / p->sums), smaller(s->batch, MOST_PIECES));
    p->pieces = larger(p->pieces, smaller(larger(s->batch, 1), 2)); // two, if only for two threads
    p->work = p->planes + (size_t)(p->along    ? LINES * p->pitch
                                   : p->inside ? p->results * p->pitch
                                               : p->places * p->lanes);
    p->first =
        multiple_of_16((size_t)(p->along ? p->taps : 2 * p->places)) + (size_t)p->pieces * p->sums;
    return cost;
}

// Sums along the lines: dy is laid out as the planes are, with zeros between its rows and behind them.
static void add_along(const Planes *p, int row, int rows, const real *dy, const int *taps_at,
                      const real *planes, real *lines, real *sums) {
    const int lanes = loops()->lanes, places = (rows - 1) * p->columns + p->wide;
    for (int first = 0, some; first < p->results; first += some) {
        const int left = p->results - first;
        some = left >= LINES ? LINES : left >= 2 ? 2 : 1;
        memset(lines, 0, (size_t)(some * p->pitch) * sizeof(real));
        for (int i = 0; i < some; i++, dy += positions_of(p->sizes))
            loops()->copy_rows(rows, p->wide, dy + row * p->wide, p->wide, 1, 0,
                               lines + i * p->pitch, p->columns);
        loops()->dots(some, p->taps, divide_up(places, lanes) * lanes, planes, taps_at, lines,
                      p->pitch, sums + first, p->results);
    }
}

// Products of dy [channels of y][places] with x [places][channels of x], as each place of the kernel sees it: some rows of
// places.
static void add_inside(const Planes *p, int row, int rows, const real *x, const real *dy,
                       const int *x_at, const int *dy_at, real *window, real *lines, real *sums) {
    const ConvolutionSizes *s = p->sizes;
    const int places = rows * p->wide, depth = depth_of(p);
    const Window seen = {.height = p->height,
                         .width = p->width,
                         .row = row * p->apart - p->top,
                         .column = -p->left,
                         .rows = seen_by(p, rows, p->more_rows),
                         .columns = p->columns};
    window_interleave(&seen, p->channels, x, p->lanes, window);
    loops()->copy_rows(p->results, places, dy + row * p->wide, positions_of(s), 1, 0, lines,
                       p->pitch);
    for (int first = 0; first < places; first += depth)
        for (int tap = 0; tap < kernel_size(s); tap++) {
            const int at = tap / s->kernel_width * p->columns + tap % s->kernel_width;
            tiles_multiply(tiles_height(p->vectors, p->results), p->vectors, p->results,
                           p->channels, smaller(depth, places - first),
                           window + (ptrdiff_t)at * p->lanes, x_at + first, lines, dy_at + first,
                           p->pitch, p->pitch, true, sums + (ptrdiff_t)tap * p->results * p->lanes,
                           p->lanes);
        }
}

// Products of what the taps see with dy [places][channels of y], some places at a time.
static void add_across(const Planes *p, int count, const int *place_at, const int *dy_at,
                       const real *planes, const real *strip, real *sums) {
    const ConvolutionSizes *s = p->sizes;
    const int size = kernel_size(s), kernel_width = s->kernel_width;
    const bool by_channel = p->channels >= kernel_width;
    const int tile_rows = rows_across(p), depth = depth_of(p);
    const int taps_apart = by_channel ? size : 1, apart = by_channel ? p->pitch : 1;
    const int width = p->vectors * loops()->lanes, steps = p->taps / tile_rows;
    for (int first = 0; first < count; first += depth)
        for (int i = 0; i < divide_up(p->results, width) * steps; i++) {
            const int column = i / steps * width, tap = i % steps * (by_channel ? 1 : kernel_width);
            const int u = tap % size / kernel_width, v = tap % kernel_width;
            tiles_multiply(tiles_height(p->vectors, tile_rows), p->vectors, tile_rows,
                           smaller(width, p->results - column), smaller(depth, count - first),
                           strip + column, dy_at + first, planes + planes_tap(p, tap / size, u, v),
                           place_at + first, apart, apart, true,
                           sums + (ptrdiff_t)tap * p->lanes + column,
                           (ptrdiff_t)taps_apart * p->lanes);
        }
}

// Of an image of a group.
static void add_image(const Planes *p, const real *x, const real *dy, const int *tables, real *work,
                      real *sums) {
    const int *dy_at = tables + p->places;
    real *strip = work + p->planes;
    for (int row = 0; row < p->all_rows; row += p->rows) {
        const int rows = smaller(p->rows, p->all_rows - row), places = rows * p->wide;
        if (p->inside) {
            add_inside(p, row, rows, x, dy, tables, dy_at, work, strip, sums);
            continue;
        }
        planes_load(p, row, rows, x, work);
        if (p->along) {
            add_along(p, row, rows, dy, tables, work, strip, sums);
            continue;
        }
        loops()->transpose(p->results, places, dy + row * p->wide, positions_of(p->sizes), NULL,
                           strip, p->lanes);
        add_across(p, places, tables, dy_at, work, strip, sums);
    }
}

// All pieces of a group's sums to dweight [channels of y][channels of x][kernel].
static void place_weights(const Planes *p, real *sums, bool add, real *dweight) {
    const int size = kernel_size(p->sizes);
    for (int piece = 1; piece < p->pieces; piece++)
        for (ptrdiff_t i = 0; i < (ptrdiff_t)p->lines * p->lanes; i++)
            sums[i] += sums[(size_t)piece * p->sums + (size_t)i];
    if (!p->inside)
        transposed_place(p->taps, p->results, sums, p->lanes, NULL, add, dweight, p->taps);
    for (int i = 0; p->inside && i < p->results; i++, sums += p->lanes, dweight += p->taps)
        transposed_place(size, p->channels, sums, (ptrdiff_t)p->results * p->lanes, NULL, add,
                         dweight, size);
}

// What the sums read by: the places in the planes and in dy or, along the lines, the places of the taps.
static void list_table(const Planes *p, int *table) {
    const ConvolutionSizes *s = p->sizes;
    const int step = p->apart * (p->inside ? p->lanes : 1), dy_step = p->inside ? 1 : p->lanes;
    for (int i = 0; !p->along && i < p->places; i++) {
        table[i] = (i / p->wide * p->columns + i % p->wide) * step;
        table[p->places + i] = i * dy_step;
    }
    for (int tap = 0; p->along && tap < p->taps; tap++)
        table[tap] = planes_tap(p, tap / kernel_size(s), tap % kernel_size(s) / s->kernel_width,
                                tap % s->kernel_width);
}

void planes_gradient(const Planes *p, const real *x, const real *dy, real *scratch, bool add,
                     real *dweight) {
    const ConvolutionSizes *s = p->sizes;
    const ptrdiff_t x_size = (ptrdiff_t)p->channels * s->height * s->width;
    const ptrdiff_t dy_size = (ptrdiff_t)p->results * positions_of(s);
    const size_t size = (size_t)p->lines * (size_t)p->lanes;
    real *works = scratch + p->first, *partials = works - (size_t)p->pieces * p->sums;
    int *tables = (int *)(void *)scratch; // a real holds an int
    list_table(p, tables);
#pragma omp parallel if (is_parallel(s))
    {
        real *work = works + (size_t)omp_get_thread_num() * p->work;
        // The strip's last lanes, which hold no channel, are 0 as in pack_weights().
        memset(work, 0, p->work * sizeof(real));
#pragma omp for schedule(dynamic)
        for (int piece = 0; piece < p->pieces; piece++) {
            real *sums = partials + (size_t)piece * p->sums;
            const int end = (int)((int64_t)s->batch * (piece + 1) / p->pieces);
            memset(sums, 0, p->sums * sizeof(real));
            for (int i = (int)((int64_t)s->batch * piece / p->pieces) * s->groups;
                 i < end * s->groups; i++)
                add_image(p, x + i * x_size, dy + i * dy_size, tables, work,
                          sums + (size_t)(i % s->groups) * size);
        }
#pragma omp for schedule(static) nowait
        for (int group = 0; group < s->groups; group++)
            place_weights(p, partials + (size_t)group * size, add,
                          dweight + (ptrdiff_t)group * p->results * p->taps);
    }
}
