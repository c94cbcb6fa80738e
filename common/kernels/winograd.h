// What winograd.c and winograd_sizes.c share.
#ifndef KNOBS_KERNELS_WINOGRAD_H
#define KNOBS_KERNELS_WINOGRAD_H

#include "kernels/convolution_parts.h"

// x or y, by bands of rows of tiles (n, m, r: see winograd.c). Its tiles are [n²][bands][tiles][phases][lanes].
typedef struct Side {
    int channels, lanes; // lanes: the channels, rounded up to whole vectors
    int step;            // in the window, from one number of a tile to the next
    int phases;
    Window window;    // that a band of tile rows sees, [rows][columns][lanes]
    int tile, matrix; // numbers from one tile to the next, from one of the n² matrices to the next
} Side;

typedef struct Winograd {
    const ConvolutionSizes *sizes;
    bool transposed, gradient;
    int taps, outputs, side;              // r, m, n
    int frame;                            // rows of the kernel, with those of zeros
    int phases, slices;                   // of the weights; products that a band takes
    Side from, to;                        // for dw, x and dy
    int tile_rows, tile_columns, bands;   // of a band, and how many an image has
    int vectors;                          // how wide the products' tiles are
    int at_once, pieces;                  // bands under way at once; pieces of the batch for dw
    size_t weights, from_tiles, to_tiles; // numbers of work memory
    size_t windows;                       // of the largest: only one is under way
    size_t work;                          // of a thread
} Winograd;

// By the cheapest n, where winograd_fits().
Winograd winograd_of(const ConvolutionSizes *sizes, ConvolutionPass pass);

// Where a phase's numbers begin in the window. All phases of a transposed result see the same y.
static inline int winograd_phase_start(const Winograd *w, const Side *side, int phase,
                                       int padding) {
    return w->transposed && side == &w->from ? (phase + padding) / w->sizes->stride : phase;
}

#endif
