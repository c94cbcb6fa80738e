// Convolution (cross-correlation) of images, and its transpose.
//
//     conv2d            y[n, o, i, j] = b[o] + Σ_{c, u, v} W[o, c, u, v] x[n, c, s i + u − p, s j + v − p]
//     conv_transpose2d  y[n, c, s i + u − p, s j + v − p] = b[c] + Σ_{o, u, v} W[o, c, u, v] x[n, o, i, j]
//
// with stride s, padding p and zeros outside of the image. The second reads as: each number of x adds
// its multiple of the kernel to y. With `groups` the sums go over the channels of one group alone.
//
// The one is the other's gradient: with dy in the place of x, conv_transpose2d gives conv2d's dx and
// conv2d gives conv_transpose2d's. What one has at its large side, the image, and the other's at its
// small side, the outputs, make the weight's gradient, which is one for both:
//
//     dW[o, c, u, v] = Σ_{n, i, j} outputs[n, o, i, j] image[n, c, s i + u − p, s j + v − p]
//     db[o] = Σ_{n, i, j} dy[n, o, i, j]
//
// A ReLU that follows takes place where y is still in the nearest cache; its gradient needs y alone.
//
// Saved: x (for dW), W (for dx; a parameter: checked by version), and y if a ReLU follows.
#include <math.h>

#include "base/error.h"
#include "kernels/convolution.h"
#include "kernels/elementwise.h"
#include "tensor/operations.h"

typedef struct Convolution {
    const char *name;
    bool transposed;
    Conv2dOptions options;
    ConvolutionSizes sizes; // of the convolution, also where it is transposed: then y is its image
} Convolution;

static void convolve(Tape *tape, const ConvolutionSizes *sizes, ConvolutionPass pass,
                     const real *from, const real *with, const real *bias, double ceiling,
                     GradTarget to) {
    real *scratch = tape_scratch(tape, kernel_convolution_scratch(sizes, pass));
    kernel_convolution(sizes, pass, from, with, bias, scratch, to.add, (real)ceiling, to.grad);
    tape_count(tape, kernel_convolution_multiply_adds(sizes));
    tape_release_scratch(tape, scratch);
}

static void convolution_backward(Node *node) {
    const Convolution *c = node->context;
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const Tensor *y = node->output;
    real *dy = c->options.relu == 0 ? y->grad : tape_scratch(y->tape, y->size);
    if (dy != y->grad)
        kernel_rectify_gradient(y->size, y->data, (real)c->options.relu, y->grad, false, dy);
    if (wants_grad(weight))
        convolve(y->tape, &c->sizes, CONVOLUTION_WEIGHT_GRADIENT, c->transposed ? dy : x->data,
                 c->transposed ? x->data : dy, NULL, 0, tensor_grad_target(weight));
    if (wants_grad(bias)) {
        GradTarget db = tensor_grad_target(bias);
        const int *dims = y->shape.dims;
        kernel_channel_sums(dims[0], dims[1], (size_t)dims[2] * (size_t)dims[3], dy, db.add,
                            db.grad);
    }
    if (wants_grad(x))
        convolve(y->tape, &c->sizes, c->transposed ? CONVOLUTION_FORWARD : CONVOLUTION_TRANSPOSED,
                 dy, weight->data, NULL, 0, tensor_grad_target(x));
    if (dy != y->grad)
        tape_release_scratch(y->tape, dy);
}

static void check_inputs(const Convolution *c, const Tensor *x, const Tensor *weight) {
    const Conv2dOptions *o = &c->options;
    const int *dims = weight->shape.dims, most = c->transposed ? o->stride - 1 : 0;
    if (o->stride < 1 || o->groups < 1)
        fatal("%s: stride is %d and groups is %d, both must be 1 or more", c->name, o->stride,
              o->groups);
    if ((o->padding < 0 && (c->transposed || o->padding != PADDING_SAME)) ||
        o->output_padding < 0 || o->output_padding > most)
        fatal("%s: padding is %d, it must be 0 or more; output_padding is %d, it must be 0 to %d",
              c->name, o->padding, o->output_padding, most);
    if (o->relu != 0 && !((real)o->relu > 0)) // one that rounds to 0 would be none in the kernel
        fatal("%s: relu is %g, it must be 0, for none, or a ceiling above 0", c->name, o->relu);
    if (x->shape.rank != 4 || weight->shape.rank != 4 || weight->size == 0 ||
        dims[0] % o->groups != 0 ||
        x->shape.dims[1] != (c->transposed ? dims[0] : (int64_t)dims[1] * o->groups))
        fatal("%s: x %s doesn't fit the weight %s with groups = %d; they must be [n, in, h, w] and "
              "%s, not empty, where groups divides in and out",
              c->name, shape_text(x->shape).text, shape_text(weight->shape).text, o->groups,
              c->transposed ? "[in, out / groups, kh, kw]" : "[out, in / groups, kh, kw]");
}

// One axis: how many numbers come out of `in`, and the zeros before the image.
static int64_t axis_outputs(const Convolution *c, int in, int kernel, int *padding) {
    const Conv2dOptions *o = &c->options;
    *padding = o->padding;
    if (c->transposed)
        return (in - 1) * (int64_t)o->stride - 2 * (int64_t)o->padding + kernel + o->output_padding;
    if (o->padding != PADDING_SAME) {
        const int64_t room = in + 2 * (int64_t)o->padding - kernel;
        return room < 0 ? 0 : room / o->stride + 1;
    }
    const int64_t out = (in + (int64_t)o->stride - 1) / o->stride;
    const int64_t zeros = (out - 1) * o->stride + kernel - in;
    *padding = zeros > 0 ? (int)(zeros / 2) : 0;
    return out;
}

static ConvolutionSizes sizes_of(const Convolution *c, const Tensor *x, const Tensor *weight) {
    const int *in = x->shape.dims, *kernel = weight->shape.dims;
    int top, left;
    const int64_t rows = axis_outputs(c, in[2], kernel[2], &top);
    const int64_t columns = axis_outputs(c, in[3], kernel[3], &left);
    if (in[2] < 1 || in[3] < 1 || rows < 1 || columns < 1 || rows > INT_MAX || columns > INT_MAX)
        fatal(
            "%s: x %s, the weight %s, stride %d and padding %d leave no output, or too large a one",
            c->name, shape_text(x->shape).text, shape_text(weight->shape).text, c->options.stride,
            c->options.padding);
    return (ConvolutionSizes){.batch = in[0],
                              .in_channels = kernel[1] * c->options.groups,
                              .height = c->transposed ? (int)rows : in[2],
                              .width = c->transposed ? (int)columns : in[3],
                              .out_channels = kernel[0],
                              .kernel_height = kernel[2],
                              .kernel_width = kernel[3],
                              .stride = c->options.stride,
                              .padding_top = top,
                              .padding_left = left,
                              .groups = c->options.groups,
                              .out_height = c->transposed ? in[2] : (int)rows,
                              .out_width = c->transposed ? in[3] : (int)columns};
}

static Tensor *convolution(Convolution c, Tensor *x, Tensor *weight, Tensor *bias) {
    check_inputs(&c, x, weight);
    if (isinf((real)c.options.relu))
        c.options.relu = NAN; // as in relu: an infinite number is at no ceiling
    c.sizes = sizes_of(&c, x, weight);
    const ConvolutionSizes *s = &c.sizes;
    const Shape shape = c.transposed
                            ? SHAPE(s->batch, s->in_channels, s->height, s->width)
                            : SHAPE(s->batch, s->out_channels, s->out_height, s->out_width);
    if (bias)
        shape_check(c.name, "the bias", bias->shape, SHAPE(shape.dims[1]));
    Tensor *y = tape_record(c.name, convolution_backward, shape, x, weight, bias);
    convolve(y->tape, s, c.transposed ? CONVOLUTION_TRANSPOSED : CONVOLUTION_FORWARD, x->data,
             weight->data, bias ? bias->data : NULL, c.options.relu, (GradTarget){.grad = y->data});
    node_keep(y->node, &c, sizeof c);
    node_save(y->node, x, wants_grad(weight));
    node_save(y->node, weight, wants_grad(x));
    node_save(y->node, y, c.options.relu != 0);
    return y;
}

Tensor *conv2d_with(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options) {
    return convolution((Convolution){"conv2d", .options = options}, x, weight, bias);
}

Tensor *conv_transpose2d_with(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options) {
    return convolution((Convolution){"conv_transpose2d", .transposed = true, .options = options}, x,
                       weight, bias);
}
