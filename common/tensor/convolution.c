// Convolution (cross-correlation) of images.
//
//     y[n, o, i, j] = b[o] + Σ_{c, u, v} W[o, c, u, v] x[n, c, s i + u − p, s j + v − p]
//
// with stride s, padding p and zeros outside of the image. The gradients:
//
//     dx[n, c, s i + u − p, s j + v − p] += W[o, c, u, v] dy[n, o, i, j]     over all o, u, v, i, j
//     dW[o, c, u, v] = Σ_{n, i, j} dy[n, o, i, j] x[n, c, s i + u − p, s j + v − p]
//     db[o] = Σ_{n, i, j} dy[n, o, i, j]
//
// Saved: x (for dW), W (for dx; a parameter: checked by version).
#include "base/error.h"
#include "kernels/convolution.h"
#include "tensor/operations.h"

typedef struct ConvolutionNode {
    Node node;
    ConvolutionSizes sizes;
} ConvolutionNode;

static real *scratch_new(Tape *tape, const ConvolutionSizes *sizes, ConvolutionPass pass) {
    return tape_scratch(tape, kernel_convolution_scratch(sizes, pass));
}

static void conv2d_backward(Node *node) {
    const ConvolutionSizes *sizes = &((ConvolutionNode *)node)->sizes;
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const Tensor *y = node->output;
    if (wants_grad(weight)) {
        GradTarget dw = tensor_grad_target(weight);
        real *scratch = scratch_new(y->tape, sizes, CONVOLUTION_WEIGHT_GRADIENT);
        kernel_convolution_weight_gradient(sizes, x->data, y->grad, scratch, dw.add, dw.grad);
        tape_count(y->tape, kernel_convolution_multiply_adds(sizes));
        tape_release_scratch(y->tape, scratch);
    }
    if (wants_grad(bias)) {
        GradTarget db = tensor_grad_target(bias);
        kernel_convolution_bias_gradient(sizes, y->grad, db.add, db.grad);
        tape_count(y->tape, 0);
    }
    if (wants_grad(x)) {
        GradTarget dx = tensor_grad_target(x);
        real *scratch = scratch_new(y->tape, sizes, CONVOLUTION_INPUT_GRADIENT);
        kernel_convolution_input_gradient(sizes, y->grad, weight->data, scratch, dx.add, dx.grad);
        tape_count(y->tape, kernel_convolution_multiply_adds(sizes));
        tape_release_scratch(y->tape, scratch);
    }
}

static void check_inputs(const Tensor *x, const Tensor *weight, const Tensor *bias,
                         Conv2dOptions options) {
    if (x->shape.rank != 4 || weight->shape.rank != 4 || x->shape.dims[1] != weight->shape.dims[1])
        fatal("conv2d: x %s doesn't fit the weight %s; they must be [n, in, h, w] and [out, in, "
              "kh, kw]",
              shape_text(x->shape).text, shape_text(weight->shape).text);
    if (weight->size == 0)
        fatal("conv2d: the weight %s is empty", shape_text(weight->shape).text);
    if (bias && !shape_equal(bias->shape, SHAPE(weight->shape.dims[0])))
        fatal("conv2d: the bias is %s, the weight %s wants [%d]", shape_text(bias->shape).text,
              shape_text(weight->shape).text, weight->shape.dims[0]);
    if (options.stride < 1 || options.padding < 0)
        fatal("conv2d: stride is %d and must be 1 or more, padding is %d and must be 0 or more",
              options.stride, options.padding);
}

// Checks the inputs and says all sizes of the convolution.
static ConvolutionSizes sizes_of(const Tensor *x, const Tensor *weight, const Tensor *bias,
                                 Conv2dOptions options) {
    check_inputs(x, weight, bias, options);
    const int *image = x->shape.dims, *kernel = weight->shape.dims;
    const int64_t rows = image[2] + 2 * (int64_t)options.padding - kernel[2];
    const int64_t columns = image[3] + 2 * (int64_t)options.padding - kernel[3];
    if (rows < 0 || columns < 0)
        fatal("conv2d: the kernel of the weight %s is larger than x %s with padding %d on each "
              "side: no output is left",
              shape_text(weight->shape).text, shape_text(x->shape).text, options.padding);
    return (ConvolutionSizes){.batch = image[0],
                              .in_channels = image[1],
                              .height = image[2],
                              .width = image[3],
                              .out_channels = kernel[0],
                              .kernel_height = kernel[2],
                              .kernel_width = kernel[3],
                              .stride = options.stride,
                              .padding = options.padding,
                              .out_height = (int)(rows / options.stride) + 1,
                              .out_width = (int)(columns / options.stride) + 1};
}

Tensor *conv2d_with(Tensor *x, Tensor *weight, Tensor *bias, Conv2dOptions options) {
    Tape *tape = tape_of("conv2d", x, weight, bias);
    const ConvolutionSizes sizes = sizes_of(x, weight, bias, options);
    Tensor *y = tape_tensor(
        tape, SHAPE(sizes.batch, sizes.out_channels, sizes.out_height, sizes.out_width));
    real *scratch = scratch_new(tape, &sizes, CONVOLUTION_FORWARD);
    kernel_convolution(&sizes, x->data, weight->data, bias ? bias->data : NULL, scratch, y->data);
    tape_count(tape, kernel_convolution_multiply_adds(&sizes));
    tape_release_scratch(tape, scratch);
    Node *node =
        tape_record(tape, "conv2d", sizeof(ConvolutionNode), conv2d_backward, y, x, weight, bias);
    if (node)
        ((ConvolutionNode *)node)->sizes = sizes;
    if (node && wants_grad(weight))
        node_save(node, x);
    if (node && wants_grad(x))
        node_save(node, weight);
    return y;
}
