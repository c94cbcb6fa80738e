// What the ways to convolve have in common: sizes, an image with its padding, and where sums are put.
#ifndef KNOBS_KERNELS_CONVOLUTION_PARTS_H
#define KNOBS_KERNELS_CONVOLUTION_PARTS_H

#include "base/threads.h"
#include "kernels/convolution.h"
#include "kernels/tiles.h"

enum { STRIP = 4096 }; // numbers of a result under way, which should stay in the nearest caches

static inline int group_in(const ConvolutionSizes *s) {
    return s->in_channels / s->groups;
}

static inline int group_out(const ConvolutionSizes *s) {
    return s->out_channels / s->groups;
}

static inline int positions_of(const ConvolutionSizes *s) {
    return s->out_height * s->out_width;
}

static inline int kernel_size(const ConvolutionSizes *s) {
    return s->kernel_height * s->kernel_width;
}

// Threads share the images, from so many multiply-adds on.
static inline bool is_parallel(const ConvolutionSizes *s) {
    return s->batch > 1 && kernel_convolution_multiply_adds(s) >= 1 << 17;
}

// Threads that have work memory of their own; which one does an image doesn't matter to the bits.
static inline int worker_count(const ConvolutionSizes *s) {
    return is_parallel(s) ? threads_count() : 1;
}

// Work memory is cut at cache lines.
static inline size_t multiple_of_16(size_t n) {
    return (n + 15) / 16 * 16;
}

// An image with its padding, as the tiles read it.
typedef struct Planes {
    int channels, height, width; // of the image
    int top, left;               // zeros before it
    int split;                   // rows and columns y ≡ phase (mod split) lie together
    int rows, pitch;             // of a phase
} Planes;

static inline size_t image_size(const Planes *p) {
    return (size_t)p->channels * (size_t)p->height * (size_t)p->width;
}

static inline size_t planes_size(const Planes *p) {
    return (size_t)p->channels * (size_t)(p->split * p->split) * (size_t)p->rows * (size_t)p->pitch;
}

// Where row y and column x of a channel lie, counted from the first row and column of the padding.
static inline int planes_at(const Planes *p, int channel, int y, int x) {
    const int phase = (channel * p->split + y % p->split) * p->split + x % p->split;
    return (phase * p->rows + y / p->split) * p->pitch + x / p->split;
}

// One group's input as a convolution reads it, split by the stride or by 1.
Planes planes_of_input(const ConvolutionSizes *sizes, int split);

// Copies the image to its places; the padding is zero already.
void planes_fill(const Planes *planes, const real *image, real *to);

// The same with the channels of a pixel side by side: [rows][pitch][channels], for split 1.
void planes_interleave(const Planes *planes, const real *image, real *to);

// Sums as tiles leave them: the next channel's and the next pixel's are so far away, one of them 1,
// and the pixel below `pitch` pixels.
typedef struct Sums {
    const real *data;
    ptrdiff_t channel, pixel;
    int pitch;
} Sums;

// Their place in planes of a result: every step-th row and column from one place on.
typedef struct Region {
    int height, width; // of a whole plane
    int row, column, step;
    int rows, columns;
} Region;

// Puts the sums of some channels there, or adds them to what is there if `add`; bias [channels] or
// NULL is added.
void region_place(const Region *region, int channels, Sums sums, const real *bias, bool add,
                  real *planes);

// --- the ways ------------------------------------------------------------------------------------

// correlation.c: any sizes, forward or transposed.
size_t correlate_scratch(const ConvolutionSizes *sizes, bool transposed);
void correlate(const ConvolutionSizes *sizes, bool transposed, const real *from, const real *weight,
               const real *bias, real *scratch, bool add, real *to);

// winograd.c: 3×3 at stride 1, forward or transposed, where it pays.
bool winograd_fits(const ConvolutionSizes *sizes);
size_t winograd_scratch(const ConvolutionSizes *sizes, bool transposed);
void winograd(const ConvolutionSizes *sizes, bool transposed, const real *from, const real *weight,
              const real *bias, real *scratch, bool add, real *to);

// weight_gradient.c: any sizes.
size_t correlate_weights_scratch(const ConvolutionSizes *sizes);
void correlate_weights(const ConvolutionSizes *sizes, const real *x, const real *dy, real *scratch,
                       bool add, real *dweight);

#endif
