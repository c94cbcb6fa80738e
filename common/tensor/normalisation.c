// Batch normalisation of each channel c by its m = n·h·w numbers (Ioffe and Szegedy 2015).
//
//     y = w x̂ + b,   x̂ = (x − μ) r,   r = 1 / √(v + ε)
//
// Training: μ and v are the batch's mean and biased variance, so they depend on x:
//     db = Σ dy      dw = Σ dy x̂      dx = w r (dy − db / m − x̂ dw / m)
// Evaluation: μ and v are the running ones, constants:
//     db = Σ dy      dw = Σ dy x̂      dx = w r dy
//
// Saved: μ and r of each channel, and x, from which x̂ comes back at the price of a subtraction and
// a product (y wouldn't do: where w = 0 it holds nothing of x̂). Evaluation wants x only for dw.
#include "base/error.h"
#include "kernels/normalisation.h"
#include "tensor/operations.h"

typedef struct BatchNorm {
    BatchNormSizes sizes;
    BatchNormStatistics statistics; // on the tape until it is cleared
    bool training;
} BatchNorm;

static void batch_norm_backward(Node *node) {
    const BatchNorm *norm = node->context;
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const real *dy = node->output->grad;
    GradTarget dx = tensor_grad_target_over(x, node->output), dw = tensor_grad_target(weight),
               db = tensor_grad_target(bias);
    kernel_batch_norm_gradients(norm->sizes, norm->training, x->data, norm->statistics,
                                weight->data, dy,
                                (BatchNormGradients){.x = dx.grad,
                                                     .weight = dw.grad,
                                                     .bias = db.grad,
                                                     .add_x = dx.add,
                                                     .add_weight = dw.add,
                                                     .add_bias = db.add});
}

static BatchNormSizes sizes_of(const Tensor *x) {
    const int rank = x->shape.rank, *dims = x->shape.dims;
    if (rank != 2 && rank != 4)
        fatal("batch_norm: x is %s, it must be [n, c] or [n, c, h, w]", shape_text(x->shape).text);
    return (BatchNormSizes){.batch = (size_t)dims[0],
                            .channels = (size_t)dims[1],
                            .plane = rank == 4 ? (size_t)dims[2] * (size_t)dims[3] : 1};
}

Tensor *batch_norm(Tensor *x, Tensor *weight, Tensor *bias, Tensor *running_mean,
                   Tensor *running_var, BatchNormOptions options) {
    const BatchNormSizes sizes = sizes_of(x);
    const Shape channels = SHAPE(x->shape.dims[1]);
    shape_check("batch_norm", "the weight", weight->shape, channels);
    shape_check("batch_norm", "the bias", bias->shape, channels);
    shape_check("batch_norm", "running_mean", running_mean->shape, channels);
    shape_check("batch_norm", "running_var", running_var->shape, channels);
    if (options.training && sizes.batch * sizes.plane < 2)
        fatal("batch_norm: training wants more than one value a channel, x is %s",
              shape_text(x->shape).text);
    const bool saves_x = x->tape && x->tape->recording &&
                         (wants_grad(weight) || (options.training && wants_grad(x)));
    Tensor *y = saves_x ? tape_record("batch_norm", batch_norm_backward, x->shape, x, weight, bias)
                        : tape_record_over("batch_norm", batch_norm_backward, x, weight, bias);
    real *scratch = tape_scratch(y->tape, 2 * sizes.channels);
    const BatchNormStatistics statistics = {scratch, scratch + sizes.channels};
    const BatchNormMode mode = {.training = options.training,
                                .momentum = options.momentum,
                                .eps = options.eps,
                                .running_mean = running_mean->data,
                                .running_var = running_var->data};
    kernel_batch_norm(sizes, &mode, x->data, statistics, weight->data, bias->data, y->data);
    const BatchNorm norm = {sizes, statistics, options.training};
    node_keep(y->node, &norm, sizeof norm);
    node_save(y->node, x, saves_x);
    node_save(y->node, weight, wants_grad(x));
    if (!y->node)
        tape_release_scratch(y->tape, scratch);
    return y;
}
