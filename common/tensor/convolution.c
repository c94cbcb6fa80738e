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
// Saved: x (for dW), W (for dx; a parameter: checked by version).
#include "base/error.h"
#include "kernels/convolution.h"
#include "tensor/operations.h"

// What both operations are, for the functions that they share.
typedef struct Convolution {
    const char *name;
    bool transposed;
    ConvTranspose2dOptions options;
} Convolution;

// What the backward wants to know.
typedef struct Recorded {
    bool transposed;
    ConvolutionSizes sizes; // of the convolution, also where it is transposed: then y is its image
} Recorded;

static void convolve(Tape *tape, const ConvolutionSizes *sizes, bool transposed, const real *from,
                     const Tensor *weight, const Tensor *bias, GradTarget to) {
    real *scratch = tape_scratch(tape, kernel_convolution_scratch(sizes, transposed));
    kernel_convolution(sizes, transposed, from, weight->data, bias ? bias->data : NULL, scratch,
                       to.add, to.grad);
    tape_count(tape, kernel_convolution_multiply_adds(sizes));
    tape_release_scratch(tape, scratch);
}

static void convolution_backward(Node *node) {
    const Recorded *recorded = node->context;
    const bool transposed = recorded->transposed;
    const ConvolutionSizes *sizes = &recorded->sizes;
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const Tensor *y = node->output;
    if (wants_grad(weight)) {
        GradTarget dw = tensor_grad_target(weight);
        real *scratch = tape_scratch(y->tape, kernel_convolution_weight_gradient_scratch(sizes));
        kernel_convolution_weight_gradient(sizes, transposed ? y->grad : x->data,
                                           transposed ? x->data : y->grad, scratch, dw.add,
                                           dw.grad);
        tape_count(y->tape, kernel_convolution_multiply_adds(sizes));
        tape_release_scratch(y->tape, scratch);
    }
    if (wants_grad(bias)) {
        GradTarget db = tensor_grad_target(bias);
        const int *dims = y->shape.dims;
        kernel_channel_sums(dims[0], dims[1], (size_t)dims[2] * (size_t)dims[3], y->grad, db.add,
                            db.grad);
    }
    if (wants_grad(x))
        convolve(y->tape, sizes, !transposed, y->grad, weight, NULL, tensor_grad_target(x));
}

static void check_inputs(const Convolution *c, const Tensor *x, const Tensor *weight,
                         const Tensor *bias) {
    const ConvTranspose2dOptions *o = &c->options;
    const int *dims = weight->shape.dims;
    if (o->stride < 1 || o->groups < 1 ||
        (o->padding < 0 && (c->transposed || o->padding != PADDING_SAME)))
        fatal(
            "%s: stride is %d and groups is %d, both must be 1 or more; padding is %d and must be "
            "0 or more",
            c->name, o->stride, o->groups, o->padding);
    if (c->transposed && (o->output_padding < 0 || o->output_padding >= o->stride))
        fatal("%s: output_padding is %d, it must be 0 or more and less than the stride, %d",
              c->name, o->output_padding, o->stride);
    if (x->shape.rank != 4 || weight->shape.rank != 4 || dims[0] % o->groups != 0 ||
        x->shape.dims[1] != (c->transposed ? dims[0] : (int64_t)dims[1] * o->groups))
        fatal(
            "%s: x %s doesn't fit the weight %s in %d group%s; they must be [n, in, h, w] and %s, "
            "where groups divides in and out",
            c->name, shape_text(x->shape).text, shape_text(weight->shape).text, o->groups,
            o->groups == 1 ? "" : "s",
            c->transposed ? "[in, out / groups, kh, kw]" : "[out, in / groups, kh, kw]");
    if (weight->size == 0)
        fatal("%s: the weight %s is empty", c->name, shape_text(weight->shape).text);
    const int outputs = c->transposed ? dims[1] * o->groups : dims[0];
    if (bias)
        shape_check(c->name, "the bias", bias->shape, SHAPE(outputs));
}

// One axis: how many numbers come out of `in`, and the zeros before the image.
static int64_t axis_outputs(const Convolution *c, int in, int kernel, int *padding) {
    const ConvTranspose2dOptions *o = &c->options;
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

// Checks the inputs and says all sizes of the convolution.
static ConvolutionSizes sizes_of(const Convolution *c, const Tensor *x, const Tensor *weight,
                                 const Tensor *bias) {
    check_inputs(c, x, weight, bias);
    const int *in = x->shape.dims, *kernel = weight->shape.dims;
    ConvolutionSizes s = {.batch = in[0],
                          .in_channels = kernel[1] * c->options.groups,
                          .height = in[2],
                          .width = in[3],
                          .out_channels = kernel[0],
                          .kernel_height = kernel[2],
                          .kernel_width = kernel[3],
                          .stride = c->options.stride,
                          .groups = c->options.groups,
                          .out_height = in[2],
                          .out_width = in[3]};
    const int64_t rows = axis_outputs(c, in[2], kernel[2], &s.padding_top);
    const int64_t columns = axis_outputs(c, in[3], kernel[3], &s.padding_left);
    if (in[2] < 1 || in[3] < 1 || rows < 1 || columns < 1 || rows > INT_MAX || columns > INT_MAX)
        fatal(
            "%s: x %s, the weight %s, stride %d and padding %d leave no output, or too large a one",
            c->name, shape_text(x->shape).text, shape_text(weight->shape).text, s.stride,
            c->options.padding);
    *(c->transposed ? &s.height : &s.out_height) = (int)rows;
    *(c->transposed ? &s.width : &s.out_width) = (int)columns;
    return s;
}

static Tensor *convolution(Convolution c, Tensor *x, Tensor *weight, Tensor *bias) {
    Tape *tape = tape_of(c.name, x, weight, bias);
    const ConvolutionSizes s = sizes_of(&c, x, weight, bias);
    Tensor *y =
        tape_tensor(tape, c.transposed ? SHAPE(s.batch, s.in_channels, s.height, s.width)
                                       : SHAPE(s.batch, s.out_channels, s.out_height, s.out_width));
    convolve(tape, &s, c.transposed, x->data, weight, bias, (GradTarget){.grad = y->data});
    Node *node = tape_record(c.name, convolution_backward, y, x, weight, bias);
    node_keep(node, &(Recorded){.transposed = c.transposed, .sizes = s}, sizeof(Recorded));
    node_save(node, x, wants_grad(weight));
    node_save(node, weight, wants_grad(x));
    return y;
}

Tensor *conv2d_with(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options) {
    return convolution(
        (Convolution){"conv2d", false, {options.stride, options.padding, 0, options.groups}}, x,
        weight, bias);
}

Tensor *conv_transpose2d_with(Tensor *x, Tensor *weight, Tensor *bias,
                              ConvTranspose2dOptions options) {
    return convolution((Convolution){"conv_transpose2d", true, options}, x, weight, bias);
}
