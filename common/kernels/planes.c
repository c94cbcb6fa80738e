// Convolutions that winograd.c doesn't take, as products of matrices that aren't written: each tap of the kernel
// reads the numbers where they lie.
//
// Some rows of one image's planes are copied to where they have room for the padding. With a kernel of 3×3, tap
// (0, 0) sees the plane from its corner on, tap (1, 1) from a on.
//
//     . . . . . . . .       y = Σ_taps weight[tap] · what it sees         tiles of places × channels of y
//     . a b c d e f .       dweight[tap] = Σ_places what it sees · dy     tiles of taps × channels of y
//     . o p q r s t .
//     . . . . . . . .
//
// So the lanes of a vector hold channels of the results, and a number of the image is multiplied with all of them
// at once. For dweight they may hold channels of x instead, which lie side by side then: the planes are a window.
//
// Where a group has few channels of y, or few taps, the lanes hold neighbouring places instead: all that a
// tap sees is one long line. In the columns that only the padding needs there are sums too, of which nothing
// is made; tiles of one row at a time have none, and store the results where they belong. At stride s the
// planes are then taken apart: the even and odd rows and columns for s = 2, s² phases for each channel, so
// that neighbours lie side by side; fewer where the kernel is smaller than the stride.
//
// The transposed pass is a convolution of y at stride 1 for each phase of x: x[s q + a − padding] is seen by the
// taps a, a + s, … of the kernel, from y[q], y[q − 1], …
#include <math.h>
#include <string.h>

#include "kernels/loops.h"
#include "kernels/planes.h"

enum { PLANES_NUMBERS = 1 << 16 }; // under way at once, so that they stay in the cache
enum { SUMS_NUMBERS = 1 << 15 };   // beside them, until they are placed
enum { MOST_SPREAD = 4 };          // larger strides leave more gaps than results
enum { PLANES_END = 16 };          // zeros behind them, which the last vector of a line may see

static void read_x(Planes *p, const ConvolutionSizes *s) {
    p->channels = group_in(s);
    p->height = s->height;
    p->width = s->width;
    p->step = p->along ? s->stride : 1;
    p->apart = p->along ? 1 : s->stride;
    p->phase_rows = smaller(p->step, s->kernel_height);
    p->phase_columns = smaller(p->step, s->kernel_width);
    p->top = s->padding_top;
    p->left = s->padding_left;
    p->all_rows = s->out_height;
    p->wide = s->out_width;
    p->more_rows = (s->kernel_height - 1) / p->step;
    p->more_columns = (s->kernel_width - 1) / p->step;
    p->results = group_out(s);
}

static void read_y(Planes *p, const ConvolutionSizes *s) {
    p->channels = group_out(s);
    p->height = s->out_height;
    p->width = s->out_width;
    p->step = p->apart = p->phase_rows = p->phase_columns = 1;
    p->more_rows = (s->kernel_height - 1) / s->stride;
    p->more_columns = (s->kernel_width - 1) / s->stride;
    p->top = p->more_rows - s->padding_top / s->stride;
    p->left = p->more_columns - s->padding_left / s->stride;
    p->all_rows = (s->height - 1 + s->padding_top % s->stride) / s->stride + 1;
    p->wide = (s->width - 1 + s->padding_left % s->stride) / s->stride + 1;
    p->results = group_in(s);
}

// So many rows of places under way at once, or less, and the room for what they see.
static void set_rows(Planes *p, int most) {
    p->rows = evenly(p->all_rows, most);
    p->pitch = line_room(seen_by(p, p->rows, p->more_rows) * p->columns);
    p->planes = (size_t)(p->channels * phases_of(p)) * (size_t)p->pitch + PLANES_END;
}

static Planes planes_laid(const ConvolutionSizes *s, ConvolutionPass pass, bool along) {
    Planes p = {.sizes = s,
                .transposed = pass == CONVOLUTION_TRANSPOSED,
                .along = along,
                .taps = group_in(s) * kernel_size(s)};
    if (p.transposed)
        read_y(&p, s);
    else
        read_x(&p, s);
    p.columns = seen_by(&p, p.wide, p.more_columns);
    p.spread = p.transposed && !along ? s->stride : 1;
    const double row = (double)p.channels * phases_of(&p) * p.apart * p.columns,
                 strip = (double)p.results * (along ? p.columns : p.wide); // of dy
    const bool has_strip = pass == CONVOLUTION_WEIGHT_GRADIENT;
    set_rows(&p, (int)(PLANES_NUMBERS / (has_strip ? fmax(row, strip) : row)));
    return p;
}

int planes_width(const Planes *p) {
    return p->along ? tiles_height(p->vectors, p->results) : p->vectors * loops()->lanes;
}

size_t planes_packed(const Planes *p) {
    const int width = planes_width(p);
    return (size_t)(p->channels * kernel_size(p->sizes)) *
           (size_t)(divide_up(p->results, width) * width);
}

static double phases_of_results(const Planes *p) {
    return p->transposed ? (double)p->sizes->stride * p->sizes->stride : 1;
}

// Taps whose products are taken at once.
static int depth_of(const Planes *p) {
    const int taps = p->channels * kernel_size(p->sizes);
    return smaller((int)ceil(taps / phases_of_results(p)), TILES_DEPTH);
}

// The places behind the first see more: as if the image were longer by how far they lie.
Span planes_seen(const Planes *p, int first, int last, int taps, int before, int more, int size) {
    const int low = first * p->apart - before, high = last * p->apart - before;
    return span_of(p->transposed ? size - 1 - more - low : high, 1, size + high - low, taps);
}

// The share of the taps along an axis that some places at once see, on an average, across.
static double share_seen(const Planes *p, int places, int at_once, int before, int more, int size) {
    double seen = 0;
    for (int first = 0; first < places; first += at_once) {
        const int last = smaller(first + at_once, places) - 1;
        seen += (double)(last - first + 1) *
                planes_seen(p, first, last, more + 1, before, more, size).count;
    }
    return seen / ((double)places * (more + 1));
}

// A row of places across, by the tiles that are cheapest: taps that see zeros only are left out.
static double set_across(Planes *p) {
    const double rows = share_seen(p, p->all_rows, 1, p->top, p->more_rows, p->height);
    double least = INFINITY;
    for (int vectors = 1; vectors <= TILE_VECTORS; vectors++) {
        const int high = tiles_height(vectors, p->wide);
        const double columns = share_seen(p, p->wide, high, p->left, p->more_columns, p->width);
        const int depth = (int)ceil(rows * columns * depth_of(p));
        const double cost = tiles_cost(p->wide, p->results, depth, vectors);
        if (cost < least) {
            least = cost;
            p->vectors = vectors;
        }
    }
    least += p->wide * p->results; // to bring them to their places
    p->lanes = p->at_once = planes_width(p);
    const double sums = (double)p->wide * p->spread * p->spread * p->lanes; // of a row
    set_rows(p, smaller(p->rows, (int)(SUMS_NUMBERS / sums)));
    return least;
}

static double set_along(Planes *p) {
    const int line = p->rows * p->columns, depth = depth_of(p);
    const bool neighbours = !p->transposed || p->sizes->stride == 1; // results of a phase are
    const int widest = neighbours ? smaller(p->wide / loops()->lanes, TILE_VECTORS) : 0;
    const double place = p->sizes->stride == 1 ? 0.5 : 2;
    p->vectors = tiles_width(p->results, line, depth);
    double least =
        tiles_cost(p->results, line, depth, p->vectors) / p->rows + place * p->wide * p->results;
    for (int vectors = 1; vectors <= widest; vectors++) {
        const double cost = tiles_cost(p->results, p->wide, depth, vectors);
        if (cost < least) {
            least = cost;
            p->vectors = vectors;
            p->in_rows = true;
        }
    }
    p->at_once = larger(SUMS_NUMBERS / p->pitch / planes_width(p), 1) * planes_width(p);
    return least;
}

// How the results are computed, and the work memory. Returns what a row of a phase costs, in products of vectors: to load
// the image, the sums, and to bring them to their places.
static double set_products(Planes *p) {
    const ConvolutionSizes *s = p->sizes;
    const double number = p->step > 2 ? 2 : 0.5; // split_columns() takes those one by one
    const double results = p->along ? set_along(p) : set_across(p);
    const double load = number * (double)p->planes / p->rows / phases_of_results(p);
    const size_t sums = p->along ? (size_t)p->at_once * (size_t)p->pitch
                                 : (size_t)(p->rows * p->wide * p->spread * p->spread * p->lanes);
    p->tables = multiple_of_16(2 * (size_t)(p->channels * kernel_size(s)));
    p->first = p->tables + multiple_of_16((size_t)s->groups * planes_packed(p) +
                                          (size_t)(planes_part(p) * planes_width(p)));
    p->work = p->planes + sums;
    return load + results;
}

static Planes planes_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    if (pass == CONVOLUTION_WEIGHT_GRADIENT) {
        Planes along = planes_laid(s, pass, true), tiles = planes_laid(s, pass, false);
        return planes_set_gradient(&along) < planes_set_gradient(&tiles) ? along : tiles;
    }
    Planes along = planes_laid(s, pass, true);
    const double along_cost = set_products(&along);
    if (s->stride > MOST_SPREAD)
        return along;
    Planes across = planes_laid(s, pass, false);
    return along_cost < set_products(&across) ? along : across;
}

size_t planes_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    const Planes p = planes_of(s, pass);
    return p.first + (size_t)worker_count(s) * p.work;
}

void planes_load(const Planes *p, int row, int rows, const real *image, real *room) {
    const int phases = phases_of(p), all = seen_by(p, rows, p->more_rows);
    const int start = row * p->step * p->apart;
    memset(room + p->planes - PLANES_END, 0, PLANES_END * sizeof(real));
    for (int channel = 0; channel < p->channels; channel++)
        for (int row_phase = 0; row_phase < p->phase_rows; row_phase++) {
            const Span y = span_of(start + row_phase - p->top, p->step, p->height, all);
            const int phase = channel * phases + row_phase * p->phase_columns;
            real *plane = room + (ptrdiff_t)phase * p->pitch;
            memset(plane, 0, (size_t)(p->phase_columns * p->pitch) * sizeof(real));
            split_columns(y.count, p->width, p->left, p->step, p->phase_columns, p->columns,
                          image + ((ptrdiff_t)channel * p->height + y.at) * p->width,
                          (ptrdiff_t)p->step * p->width, plane + y.first * p->columns, p->columns,
                          p->pitch);
        }
}

int planes_tap(const Planes *p, int channel, int u, int v) {
    const int phase = u % p->step * p->phase_columns + v % p->step;
    return (channel * phases_of(p) + phase) * p->pitch + u / p->step * p->columns + v / p->step;
}

void planes(const ConvolutionSizes *s, ConvolutionPass pass, const real *from, const real *with,
            const real *bias, real *scratch, bool add, real *to) {
    const Planes p = planes_of(s, pass);
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        planes_gradient(&p, from, with, scratch, add, to);
    else
        planes_results(&p, from, with, bias, scratch, add, to);
}
