// What the ways to convolve have in common: sizes, and how channels become lanes and planes again.
#ifndef KNOBS_KERNELS_CONVOLUTION_PARTS_H
#define KNOBS_KERNELS_CONVOLUTION_PARTS_H

#include "base/threads.h"
#include "kernels/convolution.h"
#include "kernels/tiles.h"

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

// Threads share the work, from so many multiply-adds on.
static inline bool is_parallel(const ConvolutionSizes *s) {
    return s->batch > 1 && kernel_convolution_multiply_adds(s) >= 1 << 17;
}

// Threads that have work memory of their own; which one does an image doesn't matter to the bits.
static inline int worker_count(const ConvolutionSizes *s) {
    return is_parallel(s) ? threads_count() : 1;
}

// For dweight the batch is cut into at most so many pieces, each with sums of its own, of so many numbers in all.
enum { MOST_PIECES = 8, PARTIAL_SUMS = 1 << 21 };

// Work memory is cut at cache lines.
static inline size_t multiple_of_16(size_t n) {
    return (n + 15) / 16 * 16;
}

// Room for n numbers, and for whole vectors of them. Where they aren't few it is no power of 2: lines that lie so far
// apart would drive each other out of the caches.
static inline int line_room(int n) {
    const int lanes = loops()->lanes;
    return n <= 32 ? divide_up(n, lanes) * lanes : ((n + 15) / 32 * 2 + 1) * 16;
}

// Some rows and columns of planes, from a place on that may lie before the first.
typedef struct Window {
    int height, width; // of a plane
    int row, column;
    int rows, columns;
} Window;

// The same places of some planes side by side, [rows][columns][lanes], and zeros above and below them. The columns
// beside them, and the lanes beyond, are the frame's, which sets them to zero and may be there from the time before.
void window_frame(const Window *window, int planes, int lanes, real *to);
void window_interleave(const Window *window, int planes, const real *from, int lanes, real *to);

// Numbers side by side, [rows][columns][lanes], of a window that begins on the planes, at column 0, to the planes:
// with bias [planes] or NULL, stored or added there.
void window_place(const Window *window, int planes, real *from, int lanes, const real *bias,
                  bool add, real *to);

// to[column][row] = from[row][column] + bias[column], or added to what is there. The bias may be NULL;
// `from` is lost.
void transposed_place(int rows, int columns, real *from, ptrdiff_t from_stride, const real *bias,
                      bool add, real *to, ptrdiff_t to_stride);

// Those of `count` places, `step` apart from `start` on, that lie within 0 … size − 1: the first of them, how
// many they are, and at which number the first lies.
typedef struct Span {
    int first, count, at;
} Span;

static inline Span span_of(int start, int step, int size, int count) {
    const int first = divide_up(larger(-start, 0), step);
    const int end = smaller(count, divide_up(larger(size - start, 0), step));
    return (Span){.first = first, .count = larger(end - first, 0), .at = start + first * step};
}

// Some rows of `width` numbers taken apart: number x goes to place (x + left) / step of phase (x + left) % step. The first
// `phases` of them are written, each of `columns` places, next_phase numbers apart.
void split_columns(int rows, int width, int left, int step, int phases, int columns,
                   const real *from, ptrdiff_t from_pitch, real *to, ptrdiff_t to_pitch,
                   ptrdiff_t next_phase);

// --- the ways ------------------------------------------------------------------------------------

// winograd.c: kernels of 2 to 5 taps a phase, where it pays.
bool winograd_fits(const ConvolutionSizes *sizes, ConvolutionPass pass);
size_t winograd_scratch(const ConvolutionSizes *sizes, ConvolutionPass pass);
void winograd(const ConvolutionSizes *sizes, ConvolutionPass pass, const real *from,
              const real *with, const real *bias, real *scratch, bool add, real *to);

// depthwise.c: a kernel for each channel.
bool depthwise_fits(const ConvolutionSizes *sizes, ConvolutionPass pass);
size_t depthwise_scratch(const ConvolutionSizes *sizes, ConvolutionPass pass);
void depthwise(const ConvolutionSizes *sizes, ConvolutionPass pass, const real *from,
               const real *with, const real *bias, real *scratch, bool add, real ceiling, real *to);

// planes.c: any sizes.
size_t planes_scratch(const ConvolutionSizes *sizes, ConvolutionPass pass);
void planes(const ConvolutionSizes *sizes, ConvolutionPass pass, const real *from, const real *with,
            const real *bias, real *scratch, bool add, real *to);

#endif
