// Convolution of images with filters (cross-correlation, as the field says it), its transpose and its
// gradients.
//
//     x [batch, in_channels, height, width], weight [out_channels, in_channels / groups,
//     kernel_height, kernel_width], y [batch, out_channels, out_height, out_width]
//
//     y[n, o, i, j] = Σ_{c, u, v} weight[o, c, u, v] x[n, c', stride i + u − padding_top, stride j +
//     v − padding_left]
//
// where c' is channel c of o's group: the outputs of group g see the inputs of group g alone.
//
// Many sizes run as Winograd's (winograd.c), whose numbers are larger on the way than plain sums are. Results are
// finite where 174 times each number is, and so are
//
//     1532 · stride² · channels · max|from| · max|with|   channels: those summed over, in_channels or, for
//                                                         the transposed convolution, out_channels
//     115 · batch · (out_height + 4) · (out_width + 4) · max|x| · max|dy|    the weight's gradient
//
// An infinite number, or a NaN, makes every result that sees it infinite or NaN, but mostly NaN where
// plain sums would be infinite, and some neighbours of these results as well. So does a large one in
// proportion: beside numbers a million times as large results are as rough as those are in float. What
// sees only zeros around the image may be left out, even where its weight is NaN.
//
// The work is cut by the sizes alone and summed in a fixed order, so that the bits don't
// depend on the number of threads. The caller brings the work memory, and may forget what is in it
// after the call.
#ifndef KNOBS_KERNELS_CONVOLUTION_H
#define KNOBS_KERNELS_CONVOLUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

// The batch and the paddings are ≥ 0, all others ≥ 1. The weights, batch · channels, one image of x or y, and
// kernel_height + stride rows of it with their zeros have at most INT_MAX numbers each. Outside of x there are
// zeros: padding_top rows and padding_left columns, and at the bottom and right as many as the outputs reach. The
// outputs may also leave some of x unseen.
typedef struct ConvolutionSizes {
    int batch, in_channels, height, width;
    int out_channels, kernel_height, kernel_width;
    int stride, padding_top, padding_left;
    int groups; // divides both channel counts
    int out_height, out_width;
} ConvolutionSizes;

// What a pass computes, from what and with what; bias may be NULL. The three passes cost the same.
typedef enum ConvolutionPass {
    CONVOLUTION_FORWARD, // y = x ∗ weight + bias [out_channels], from x with weight
    // x = weightᵀ ∗ y + bias [in_channels], from y with weight: the gradient of a convolution's
    // input, or the forward of a transposed convolution. An x that no output sees is its bias, or 0.
    CONVOLUTION_TRANSPOSED,
    CONVOLUTION_WEIGHT_GRADIENT // dweight, from x with dy; there is no bias and no ceiling
} ConvolutionPass;

uint64_t kernel_convolution_multiply_adds(const ConvolutionSizes *sizes); // of one pass

// How many numbers of scratch a pass wants with as many threads as there are now.
size_t kernel_convolution_scratch(const ConvolutionSizes *sizes, ConvolutionPass pass);

// Stores the result in `to` or, if `add`, adds it, the bias too, to what is there. What `to` then holds goes through
// kernel_rectify with this ceiling, unless it is 0. `to` overlaps no operand.
void kernel_convolution(const ConvolutionSizes *sizes, ConvolutionPass pass, const real *from,
                        const real *with, const real *bias, real *scratch, bool add, real ceiling,
                        real *to);

// The gradient of a bias: the sums over dy [batch, channels, plane], as kernel_sum's, added up in double.
void kernel_channel_sums(size_t batch, size_t channels, size_t plane, const real *dy, bool add,
                         real *sums);

#endif
