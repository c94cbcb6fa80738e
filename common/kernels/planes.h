// What planes.c and planes_gradient.c share: planes of an image with room around them.
#ifndef KNOBS_KERNELS_PLANES_H
#define KNOBS_KERNELS_PLANES_H

#include "kernels/convolution_parts.h"

typedef struct Planes {
    const ConvolutionSizes *sizes;
    // The image that is read, of a group: x, or y in the transposed pass.
    int channels, height, width;
    int step, phase_rows, phase_columns; // it is taken apart into phases
    int top, left;                       // zeros before it
    // Places of the kernel: `all_rows` × `wide` in all, `rows` under way at once. A phase of a plane has
    // more_rows more, and `columns` of them.
    int all_rows, wide, rows, more_rows, columns;
    int pitch;                       // room for a phase of a plane, or for the results of a channel
    int results, vectors;            // channels that are computed, and how wide their tiles are
    bool along;                      // dweight's sums run along the lines
    int width_of_sums, taps, pieces; // dweight's are [pieces][groups][taps][width]
    size_t sums;                     // a piece of them
    size_t planes, work;             // numbers of work memory of a thread: the planes, and all
    size_t first;                    // and before the threads': the tables, and the sums
} Planes;

static inline int phases_of(const Planes *planes) {
    return planes->phase_rows * planes->phase_columns;
}

Planes planes_of(const ConvolutionSizes *sizes, ConvolutionPass pass);

// The rows that the places `row` … see, of each channel and phase of the image, with zeros around them.
void planes_load(const Planes *planes, int row, int rows, const real *image, real *to);

// Where tap (u, v) of a channel begins to see x.
int planes_tap(const Planes *planes, int channel, int u, int v);

// The sizes, work memory and pass of dweight.
void planes_set_gradient(Planes *planes);
void planes_gradient(const Planes *planes, const real *x, const real *dy, real *scratch, bool add,
                     real *dweight);

#endif
