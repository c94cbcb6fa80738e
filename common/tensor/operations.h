// The operations: tensors in, a tensor on the same tape out, recorded if an input requires a
// gradient. Each stands in a file of its family, its backward beside its forward; the formulas are
// there. Wrong shapes are fatal, in one line that names the operation and the shapes.
#ifndef KNOBS_TENSOR_OPERATIONS_H
#define KNOBS_TENSOR_OPERATIONS_H

#include <limits.h>

#include "base/random.h"
#include "tensor/tape.h"

// arithmetic.c — element by element on equal shapes
Tensor *add(Tensor *a, Tensor *b);
Tensor *subtract(Tensor *a, Tensor *b);
Tensor *multiply(Tensor *a, Tensor *b);
Tensor *scale(Tensor *x, double factor); // factor x
Tensor *sum(Tensor *x);                  // of all elements, a scalar
Tensor *mean(Tensor *x);                 // of all elements, a scalar

// activation.c
Tensor *relu(Tensor *x);                              // max(x, 0)
Tensor *relu6(Tensor *x);                             // min(max(x, 0), 6)
Tensor *leaky_relu(Tensor *x, double negative_slope); // x where x > 0, negative_slope x elsewhere
Tensor *hyperbolic_tangent(Tensor *x);                // tanh x
Tensor *sigmoid(Tensor *x);                           // 1 / (1 + exp(−x))

// linear.c
// x [n, in], weight [out, in], bias [out] or NULL → x weightᵀ + bias, [n, out]
Tensor *linear(Tensor *x, Tensor *weight, Tensor *bias);

// view.c
Tensor *reshape(Tensor *x, Shape shape); // a view: no number moves
Tensor *flatten(Tensor *x);              // [n, …] → [n, product of the rest], a view

// convolution.c
enum { PADDING_SAME = INT_MIN }; // for .padding, so that −1 stays an error
typedef struct Conv2dOptions {
    int stride;         // default 1
    int padding;        // default 0; PADDING_SAME for conv2d alone
    int output_padding; // of conv_transpose2d alone: 0, the default, to stride − 1
    int groups;         // divides in and out, default 1; = in is a depthwise convolution
    double relu;        // default 0: none; else y goes through a ReLU with this ceiling, as relu6
                        // for 6 and relu for INFINITY
} Conv2dOptions;
// x [n, in, h, w], weight [out, in / groups, kh, kw], bias [out] or NULL → [n, out, h', w'],
// h' = (h + 2 padding − kh) / stride + 1, rounded down: padding is zeros on each side. With
// PADDING_SAME, as TensorFlow's SAME: h' = h / stride, rounded up, by max((h' − 1) stride + kh − h,
// 0) zeros, of which the smaller half is at the top (and left).
//     conv2d(x, weight, bias, .padding = 1)
#define conv2d(x, weight, bias, ...)                                                               \
    conv2d_with(x, weight, bias, (Conv2dOptions){.stride = 1, .groups = 1, __VA_ARGS__})
Tensor *conv2d_with(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options);
// The transpose of conv2d, which enlarges by its stride: x [n, in, h, w], weight [in, out / groups,
// kh, kw], bias [out] or NULL → [n, out, h', w'], h' = (h − 1) stride − 2 padding + kh +
// output_padding, as in PyTorch: padding is cut off on each side, output_padding is more rows and
// columns at the bottom and right.
#define conv_transpose2d(x, weight, bias, ...)                                                     \
    conv_transpose2d_with(x, weight, bias, (Conv2dOptions){.stride = 1, .groups = 1, __VA_ARGS__})
Tensor *conv_transpose2d_with(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options);

// pooling.c
typedef struct PoolOptions {
    int stride;  // default: the kernel's size
    int padding; // default 0, at most half of the kernel's size
} PoolOptions;
// x [n, c, h, w] → [n, c, h', w'], h' = (h + 2 padding − kernel) / stride + 1, rounded down. As in
// PyTorch the padding counts as −infinity for the maximum, and as zeros that are averaged in for
// the mean.
#define max_pool2d(x, kernel, ...) max_pool2d_with(x, kernel, (PoolOptions){__VA_ARGS__})
#define avg_pool2d(x, kernel, ...) avg_pool2d_with(x, kernel, (PoolOptions){__VA_ARGS__})
Tensor *max_pool2d_with(Tensor *x, int kernel, PoolOptions options);
Tensor *avg_pool2d_with(Tensor *x, int kernel, PoolOptions options);

// normalisation.c — batch normalisation (Ioffe and Szegedy 2015) of x [n, c] or [n, c, h, w], each
// channel by its own statistics; weight, bias, running_mean, running_var are [c].
// Where several processes have an equal part of the batch each, `mean` puts the mean over them in the place
// of each number, and the statistics are those of the whole batch, in the backward too, whose loss is
// the mean of theirs.
typedef struct BatchParts {
    void (*mean)(const void *parts, int count, double *numbers); // NULL: x is all there is
    const void *parts;                                           // what `mean` is given
    int count;
} BatchParts;

typedef struct BatchNormOptions {
    // True: by the batch's mean and biased variance, and the running ones move,
    //     running = (1 − momentum) running + momentum (the batch's mean and unbiased variance);
    // false: by the running ones.
    bool training;
    double momentum;
    double eps; // added to the variance
    BatchParts across;
} BatchNormOptions;
Tensor *batch_norm(Tensor *x, Tensor *weight, Tensor *bias, Tensor *running_mean,
                   Tensor *running_var, BatchNormOptions options);

// spectral_norm.c — a weight [rows, …] divided by its largest singular value as a matrix of `rows`
// rows, estimated by u [rows] and v [columns]. When training, one power iteration moves them first
// (Miyato et al., ICLR 2018, algorithm 1).
Tensor *spectral_norm(Tensor *weight, Tensor *u, Tensor *v, bool training);
// Makes `iterations` power iterations, from any v: u and v become unit vectors, and the estimate is as
// good as after so many training forwards.
void spectral_norm_iterate(const Tensor *weight, Tensor *u, Tensor *v, int iterations);

// dropout.c — each element is zero with probability p, else scaled by 1 / (1 − p); takes x's size
// draws from random. When not training it returns x itself. (Srivastava et al., JMLR 2014, section 10.)
Tensor *dropout(Tensor *x, double p, bool training, Random *random);

#endif
