// What planes.c, planes_results.c and planes_gradient.c share: planes of an image with room around them.
#ifndef KNOBS_KERNELS_PLANES_H
#define KNOBS_KERNELS_PLANES_H

#include "kernels/convolution_parts.h"

typedef struct Planes {
    const ConvolutionSizes *sizes;
    bool transposed;
    // The lanes of a vector hold channels of the results or, along, neighbouring places or, inside, channels of x.
    bool along, inside;
    bool in_rows; // along, no tile holds places of two rows
    // The image that is read, of a group: x, or y in the transposed pass.
    int channels, height, width;
    int step, phase_rows, phase_columns; // it is taken apart into phases
    int top, left;                       // zeros before it
    // Places of the kernel: all_rows × wide of them, `rows` rows of them under way at once. Neighbours are `apart`
    // numbers apart in a phase of a plane, which has `columns` columns; the last place sees more_rows and
    // more_columns beyond its own.
    int all_rows, wide, rows, apart, more_rows, more_columns, columns;
    int pitch;            // room for a phase of a plane
    int results, vectors; // channels that are computed, and how wide their tiles are
    int at_once;          // of those, whole tiles whose sums are under way at once
    int lanes;            // room for these side by side
    int spread;           // rows and columns of results of a place: a phase each
    int places;           // under way at once, for dweight
    // dweight's sums are [pieces][groups][lines][lanes]. A line is a tap's or, inside, of a place of the kernel and a
    // channel of y.
    int taps, pieces, lines;
    size_t sums;         // a piece of them
    size_t planes, work; // numbers of work memory of a thread: the planes, and all
    // Before the threads': the tables, and where the first thread's begins, behind the weights or dweight's sums.
    size_t tables, first;
} Planes;

static inline int phases_of(const Planes *planes) {
    return planes->phase_rows * planes->phase_columns;
}

// Rows or columns of a plane that so many places see.
static inline int seen_by(const Planes *p, int places, int more) {
    return (places - 1) * p->apart + 1 + more;
}

// The rows that the places `row` … see, of each channel and phase of the image, with zeros around them.
void planes_load(const Planes *planes, int row, int rows, const real *image, real *room);

// Of the taps along an axis those that see numbers of the image, which is `size` long, from any of the places first … last.
Span planes_seen(const Planes *planes, int first, int last, int taps, int before, int more,
                 int size);

// Where tap (u, v) of a channel begins to see x.
int planes_tap(const Planes *planes, int channel, int u, int v);

// Taps whose weights are laid out at once, before they are brought into their order.
static inline int planes_part(const Planes *p) {
    return larger(kernel_size(p->sizes), TILES_DEPTH);
}

// Channels of the results that a tile has; the numbers that the weights of a group take, packed for these at a time.
int planes_width(const Planes *planes);
size_t planes_packed(const Planes *planes);

void planes_results(const Planes *planes, const real *from, const real *weight, const real *bias,
                    real *scratch, bool add, real *to);

// dweight: sizes and work memory, which returns what a row of places costs, and the pass.
double planes_set_gradient(Planes *planes);
void planes_gradient(const Planes *planes, const real *x, const real *dy, real *scratch, bool add,
                     real *dweight);

#endif
