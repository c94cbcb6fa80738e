// How a convolution is computed.
//
// The textbook unfolds each image into a matrix of columns, [taps, positions], and multiplies it by
// the weights (Chellapilla, Puri, Simard 2006). It spends a third of its time on writing and packing
// that matrix, which holds each pixel nine times. Here nothing is unfolded. The image is copied once
// into planes that have room for the padding, and the innermost loop, the tile, reads its operands
// where they lie, by two tables of places (loops.h; Dukhan 2019). For 3×3 at stride 1:
//
//     planes of the image             tile: 14 pixels × 32 channels of y, 28 registers
//     . . . . . . . . . . . . . .
//     . a b c d e f g h … n . .        for each tap k = (channel, u, v):
//     . o p q ┌─────────────┐              w = 2 vectors of packed weights [taps][32]
//     . . . . │ tap (u, v)  │ ──┐          for 14 neighbouring pixels p of the planes,
//     . . . . └─────────────┘   │              from place source_at[k] + (row, column) on:
//          14 pixels of a row   │              sums[p] += p · w
//                               ▼
//     sums [pixels][32 channels] ── transposed, bias added ──▶ y [channels][pixels]
//
// A tile reads 14 numbers and 2 vectors for 28 products of vectors, so the processor multiplies in
// almost each cycle: that is why it can be faster than a large matrix product, which must pack both
// of its operands. What the files do:
//
//     correlation.c      y, and x = weightᵀ ∗ y. At stride s both are correlations at stride 1: the
//                        planes of x are split into s² phases (even and odd rows and columns for
//                        s = 2), so that neighbours lie side by side again; the transposed result is
//                        computed phase by phase, each with its own taps, and no product with a zero
//                        that the stride would put in. With few channels (a first layer, depthwise)
//                        a vector holds pixels instead, and the rows of a tile are channels.
//     winograd.c         the same for 3×3 at stride 1 and 16 channels or more, with 2.25 times fewer
//                        products.
//     weight_gradient.c  dweight: sums over all positions, so the tile's depth is the positions. x
//                        and dy are interleaved, [positions][channels]; a tile is 14 of the numbers
//                        under a row of the kernel, [v][channels of x] × 32 channels of y.
//     convolution_parts  sizes, planes, and where the sums are put.
//
// All products go through tiles.c, which chooses the tiles and cuts a product into them.
//
// Two more need no planes: a kernel as large as its image is a product of matrices (gemm), and a 1×1
// kernel at stride 1 reads the image as it is, as one long row.
//
// Threads share the images, and each image's y is computed by one thread alone. For dweight the
// batch is cut into pieces, at most 8 of them however many threads there are; each has sums of its
// own, which are added one after the other. So the bits are always the same.
//
// Measured on an AMD EPYC (AVX-512, one thread), as a share of what large products of OpenBLAS reach
// in the same run: 95 to 105 % without Winograd, forward and both gradients; see scripts/README.md.
#include "kernels/convolution_parts.h"
#include "kernels/gemm.h"
#include "kernels/loops.h"

static const size_t PARALLEL_SUM = 1 << 14;

// The kernel covers the whole image: an ordinary matrix product, as of a linear layer.
static bool is_product(const ConvolutionSizes *s) {
    return s->groups == 1 && positions_of(s) == 1 && s->padding_top == 0 && s->padding_left == 0 &&
           s->kernel_height == s->height && s->kernel_width == s->width;
}

// A 1×1 kernel at stride 1: rows don't matter, so all positions become one row.
static ConvolutionSizes with_long_rows(const ConvolutionSizes *s) {
    ConvolutionSizes flat = *s;
    if (kernel_size(s) == 1 && s->stride == 1 && s->padding_top == 0 && s->padding_left == 0 &&
        s->out_height == s->height && s->out_width == s->width) {
        flat.height = flat.out_height = 1;
        flat.width = flat.out_width = positions_of(s);
    }
    return flat;
}

uint64_t kernel_convolution_multiply_adds(const ConvolutionSizes *s) {
    return (uint64_t)s->batch * (uint64_t)s->out_channels * (uint64_t)positions_of(s) *
           (uint64_t)(group_in(s) * kernel_size(s));
}

// bias [channels] or NULL, to [batch, channels, plane]
static void add_bias(int batch, int channels, int plane, const real *bias, real *to) {
    for (int i = 0; bias && i < batch * channels; i++)
        for (int j = 0; j < plane; j++, to++)
            *to += bias[i % channels];
}

static void multiply(const ConvolutionSizes *s, ConvolutionPass pass, const real *from,
                     const real *with, const real *bias, bool add, real *to) {
    const int in = s->in_channels * s->height * s->width, out = s->out_channels;
    if (pass == CONVOLUTION_FORWARD) {
        kernel_gemm(PLAIN, TRANSPOSED, s->batch, out, in, from, with, add, to);
        add_bias(s->batch, out, 1, bias, to);
    } else if (pass == CONVOLUTION_TRANSPOSED) {
        kernel_gemm(PLAIN, PLAIN, s->batch, in, out, from, with, add, to);
        add_bias(s->batch, s->in_channels, s->height * s->width, bias, to);
    } else {
        kernel_gemm(TRANSPOSED, PLAIN, out, in, s->batch, with, from, add, to);
    }
}

void kernel_convolution(const ConvolutionSizes *s, ConvolutionPass pass, const real *from,
                        const real *with, const real *bias, real *scratch, bool add, real *to) {
    const ConvolutionSizes sizes = with_long_rows(s);
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    if (is_product(s))
        multiply(s, pass, from, with, bias, add, to);
    else if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        correlate_weights(&sizes, from, with, scratch, add, to);
    else
        (winograd_fits(s) ? winograd : correlate)(&sizes, transposed, from, with, bias, scratch,
                                                  add, to);
}

size_t kernel_convolution_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    const ConvolutionSizes sizes = with_long_rows(s);
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    if (is_product(s))
        return 0;
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        return correlate_weights_scratch(&sizes);
    return (winograd_fits(s) ? winograd_scratch : correlate_scratch)(&sizes, transposed);
}

void kernel_channel_sums(size_t batch, size_t channels, size_t plane, const real *dy, bool add,
                         real *sums) {
#pragma omp parallel for schedule(static) if (batch * channels * plane >= PARALLEL_SUM)
    for (size_t c = 0; c < channels; c++) {
        double total = 0;
        for (size_t i = 0; i < batch; i++)
            total += loops()->sum(plane, dy + (i * channels + c) * plane);
        sums[c] = (real)(add ? (double)sums[c] + total : total);
    }
}
