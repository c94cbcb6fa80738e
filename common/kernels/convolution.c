// How a convolution is computed.
//
// By definition it is a product: the weights [channels of y][taps] times a matrix [taps][positions],
// which holds what each tap (channel of x, u, v) sees at each position of y. The textbook writes that
// matrix, "unfolds" the image, and calls a product of matrices (Chellapilla, Puri, Simard 2006): each
// number of x is written once for each place of the kernel, and read again. There is less to do where
// there are many channels: 3×3 at stride 1 by 4 times fewer products, 5×5 by 2.8 times.
//
//     x [channels][rows][columns]          of an image; or of dy, for dweight
//        │  a band of rows, with its zeros around: window_interleave
//        ▼
//     window [rows][columns][channels]     so that a vector holds channels
//        │  B x Bᵀ for each tile of 6×6 numbers, 4 apart: 36 sums
//        ▼
//     36 matrices [tiles][channels of x]  ×  36 matrices [channels of x][channels of y] of weights
//        │
//        ▼
//     36 matrices [tiles][channels of y]
//        │  Vᵀ m V: 4×4 numbers of y for each tile
//        ▼
//     window [rows][columns][channels]
//        │  transposed, bias added: window_place
//        ▼
//     y [channels][rows][columns]
//
// A product runs in the innermost loop, the tile (loops.h): with AVX-512, for 6 rows and 64 columns,
// its sums stay in 24 registers from the first number to the last; for each k it reads 6 numbers and 4
// vectors and multiplies 24 vectors (with AVX2 6 rows, 16 columns and 12 registers). Both operands are
// read where one copy or transform a call has laid them; OpenBLAS packs them again for each product.
//
//     winograd.c         square kernels of 2 to 5 taps a phase (2×2 to 5×5 at stride 1, 4×4 to 10×10 at stride 2)
//                        where channels and images are enough that it pays, all three passes; for dweight the sums
//                        run over the tiles. winograd_sizes.c chooses. The picture above is 3×3 at stride 1.
//     depthwise.c        a kernel for each channel, all three passes: a lane is a channel or, along long rows, a place.
//     planes.c           all the others: few channels (a first layer), groups, other sizes. Each
//                        tap reads planes with room around them: planes_results.c, planes_gradient.c.
//     convolution_parts  sizes, windows, transposed results.
//     tiles.c            products cut into tiles.
//
// And here, what is a product of matrices by itself: a kernel as large as its image (gemm.h); 1×1 at stride 1, of all
// images together, whose weights are packed once, the bias as one channel more.
//
// Threads share the images, Winograd's also the bands of one and 1×1's the places of all; each number of y is computed
// by one thread alone. For dweight the batch is cut into pieces, however many threads there are; each has sums of its
// own, which are added one after the other. So the bits are always the same.
//
// `make bench BENCH=conv` measures random shapes beside PyTorch's; see scripts/README.md.
#include <string.h>

#include "kernels/convolution_parts.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/loops.h"

static const size_t PARALLEL_SUM = 1 << 14;

// The kernel covers the whole image: an ordinary matrix product, as of a linear layer.
static bool is_product(const ConvolutionSizes *s) {
    return s->groups == 1 && positions_of(s) == 1 && s->padding_top == 0 && s->padding_left == 0 &&
           s->kernel_height == s->height && s->kernel_width == s->width;
}

uint64_t kernel_convolution_multiply_adds(const ConvolutionSizes *s) {
    return (uint64_t)s->batch * (uint64_t)s->out_channels * (uint64_t)positions_of(s) *
           (uint64_t)(group_in(s) * kernel_size(s));
}

// Adds bias [channels], where there is one, to each number of [batch, channels, plane].
static void add_bias(int batch, int channels, int plane, const real *bias, real *to) {
    for (int i = 0; bias && i < batch * channels; i++) {
        const real amount = bias[i % channels];
        for (int j = 0; j < plane; j++, to++)
            *to += amount;
    }
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

// A 1×1 kernel at stride 1: a product of the weights and all images.
static bool is_pointwise(const ConvolutionSizes *s) {
    return s->groups == 1 && kernel_size(s) == 1 && s->stride == 1 && s->padding_top == 0 &&
           s->padding_left == 0 && s->out_height == s->height && s->out_width == s->width;
}

static int pointwise_pieces(const ConvolutionSizes *s) {
    const int most = smaller(MOST_PIECES, PARTIAL_SUMS / (s->in_channels * s->out_channels));
    return larger(smaller(s->batch, most), 1);
}

// The products of 1×1: the channels that are read and written, and how the weights are packed, so many of the
// former at once.
typedef struct Pointwise {
    int in, out, depth, vectors, parts;
    ptrdiff_t columns, packed; // of all images; numbers
} Pointwise;

static Pointwise pointwise_of(const ConvolutionSizes *s, bool transposed) {
    Pointwise p = {.in = transposed ? s->out_channels : s->in_channels,
                   .out = transposed ? s->in_channels : s->out_channels};
    p.depth = evenly(p.in, PACKED_DEPTH);
    p.columns = (ptrdiff_t)s->batch * positions_of(s);
    p.parts = worker_count(s);
    p.vectors = tiles_packed_width(p.out, p.columns, p.depth);
    p.packed = (ptrdiff_t)tiles_packed_size(p.vectors, p.out, p.depth);
    return p;
}

// Where a part of the columns begins.
static ptrdiff_t part_start(const Pointwise *p, int part) {
    const ptrdiff_t lanes = loops()->lanes, vectors = (p->columns + lanes - 1) / lanes;
    return part == p->parts ? p->columns : vectors * part / p->parts * lanes;
}

static size_t pointwise_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        return (size_t)pointwise_pieces(s) * (size_t)s->in_channels * (size_t)s->out_channels;
    const Pointwise p = pointwise_of(s, pass == CONVOLUTION_TRANSPOSED);
    return (size_t)divide_up(p.in, p.depth) * (size_t)p.packed;
}

// The weights are packed once for all images, into the scratch. Each thread has a part of all columns, in whole vectors.
static void pointwise(const ConvolutionSizes *s, bool transposed, const real *from,
                      const real *weight, const real *bias, real *scratch, bool add, real ceiling,
                      real *to) {
    const Pointwise p = pointwise_of(s, transposed);
    const int plane = positions_of(s);
    const ptrdiff_t row = transposed ? 1 : p.in, next = transposed ? p.out : 1;
    for (int first = 0; first < p.in; first += p.depth)
        tiles_pack(p.vectors, p.out, smaller(p.depth, p.in - first), weight + first * next, row,
                   next, scratch + first / p.depth * p.packed);
#pragma omp parallel for schedule(static) if (p.parts > 1)
    for (int part = 0; part < p.parts; part++)
        for (int first = 0; first < p.in; first += p.depth) {
            const PackedProduct product = {.vectors = p.vectors,
                                           .rows = p.out,
                                           .depth = smaller(p.depth, p.in - first),
                                           .a = scratch + first / p.depth * p.packed,
                                           .bias = first == 0 ? bias : NULL,
                                           .plane = plane,
                                           .b = from + (ptrdiff_t)first * plane,
                                           .b_k = plane,
                                           .b_next = (ptrdiff_t)p.in * plane,
                                           .add = add || first > 0,
                                           .ceiling = first + p.depth >= p.in ? ceiling : 0,
                                           .c = to,
                                           .c_row = plane,
                                           .c_next = (ptrdiff_t)p.out * plane};
            tiles_packed_multiply(&product, part_start(&p, part), part_start(&p, part + 1));
        }
}

static void pointwise_gradient(const ConvolutionSizes *s, const real *x, const real *dy,
                               real *scratch, bool add, real *dweight) {
    const int in = s->in_channels, out = s->out_channels, plane = positions_of(s);
    const int size = in * out, pieces = pointwise_pieces(s);
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (int piece = 0; piece < pieces; piece++) {
        real *sums = scratch + (ptrdiff_t)piece * size;
        const int end = (int)((int64_t)s->batch * (piece + 1) / pieces);
        memset(sums, 0, (size_t)size * sizeof(real));
        for (int i = (int)((int64_t)s->batch * piece / pieces); i < end; i++)
            kernel_gemm(PLAIN, TRANSPOSED, out, in, plane, dy + (ptrdiff_t)i * out * plane,
                        x + (ptrdiff_t)i * in * plane, true, sums);
    }
    for (int piece = 1; piece < pieces; piece++)
        kernel_combine((size_t)size, 1, scratch + (ptrdiff_t)piece * size, 0, NULL, true, scratch);
    kernel_combine((size_t)size, 1, scratch, 0, NULL, add, dweight);
}

// In place, what a pass has stored.
static void rectify(const ConvolutionSizes *s, bool transposed, real ceiling, real *to) {
    const size_t channels = (size_t)(transposed ? s->in_channels : s->out_channels);
    const size_t plane =
        transposed ? (size_t)s->height * (size_t)s->width : (size_t)positions_of(s);
    kernel_rectify((size_t)s->batch * channels * plane, to, ceiling, to);
}

void kernel_convolution(const ConvolutionSizes *s, ConvolutionPass pass, const real *from,
                        const real *with, const real *bias, real *scratch, bool add, real ceiling,
                        real *to) {
    const bool transposed = pass == CONVOLUTION_TRANSPOSED;
    if (is_product(s)) {
        multiply(s, pass, from, with, bias, add, to);
    } else if (is_pointwise(s) && pass == CONVOLUTION_WEIGHT_GRADIENT) {
        pointwise_gradient(s, from, with, scratch, add, to);
    } else if (is_pointwise(s)) {
        pointwise(s, transposed, from, with, bias, scratch, add, ceiling, to);
        ceiling = 0; // it has seen to it, while the results were near
    } else if (winograd_fits(s, pass)) {
        winograd(s, pass, from, with, bias, scratch, add, to);
    } else if (depthwise_fits(s, pass)) {
        depthwise(s, pass, from, with, bias, scratch, add, ceiling, to);
        ceiling = 0;
    } else {
        planes(s, pass, from, with, bias, scratch, add, to);
    }
    if (ceiling != 0)
        rectify(s, transposed, ceiling, to);
}

size_t kernel_convolution_scratch(const ConvolutionSizes *s, ConvolutionPass pass) {
    if (is_product(s))
        return 0;
    if (is_pointwise(s))
        return pointwise_scratch(s, pass);
    if (winograd_fits(s, pass))
        return winograd_scratch(s, pass);
    if (depthwise_fits(s, pass))
        return depthwise_scratch(s, pass);
    return planes_scratch(s, pass);
}

void kernel_channel_sums(size_t batch, size_t channels, size_t plane, const real *dy, bool add,
                         real *sums) {
#pragma omp parallel for schedule(static) if (batch * channels * plane >= PARALLEL_SUM)
    for (size_t c = 0; c < channels; c++) {
        double total = 0;
        for (size_t i = 0; i < batch; i++)
            total += loops()->sum(plane, dy + (i * channels + c) * plane);
        // Rounded before it is added, so that gradients of two batches that cancel leave nothing.
        sums[c] = (add ? sums[c] : 0) + (real)total;
    }
}
