// Convolution of images with filters (cross-correlation, as the field says it) and its gradients.
//
//     x [batch, in_channels, height, width], weight [out_channels, in_channels, kernel_height,
//     kernel_width], bias [out_channels], y [batch, out_channels, out_height, out_width]
//
// The work is cut into pieces of images by the size of the batch alone and the pieces are summed in
// a fixed order, so that the bits don't depend on the number of threads. The caller brings the work
// memory, and may forget what is in it after the call.
#ifndef KNOBS_KERNELS_CONVOLUTION_H
#define KNOBS_KERNELS_CONVOLUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

// out = (in + 2 padding − kernel) / stride + 1, rounded down; all but padding are ≥ 1 (batch ≥ 0).
typedef struct ConvolutionSizes {
    int batch, in_channels, height, width;
    int out_channels, kernel_height, kernel_width;
    int stride, padding;
    int out_height, out_width;
} ConvolutionSizes;

// Multiply-adds of one pass; the three passes cost the same.
uint64_t kernel_convolution_multiply_adds(const ConvolutionSizes *sizes);

// How many numbers of scratch a pass wants.
typedef enum ConvolutionPass {
    CONVOLUTION_FORWARD,
    CONVOLUTION_INPUT_GRADIENT,
    CONVOLUTION_WEIGHT_GRADIENT
} ConvolutionPass;
size_t kernel_convolution_scratch(const ConvolutionSizes *sizes, ConvolutionPass pass);

// y = x ∗ weight + bias, where bias may be NULL.
void kernel_convolution(const ConvolutionSizes *sizes, const real *x, const real *weight,
                        const real *bias, real *scratch, real *y);

// Gradients are stored, or added to what is there if `add`.
void kernel_convolution_input_gradient(const ConvolutionSizes *sizes, const real *dy,
                                       const real *weight, real *scratch, bool add, real *dx);
void kernel_convolution_weight_gradient(const ConvolutionSizes *sizes, const real *x,
                                        const real *dy, real *scratch, bool add, real *dweight);
void kernel_convolution_bias_gradient(const ConvolutionSizes *sizes, const real *dy, bool add,
                                      real *dbias);

#endif
