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

typedef struct BatchNormNode {
    Node node;
    BatchNormSizes sizes;
    BatchNormStatistics statistics; // on the tape until it is cleared
    bool training;
} BatchNormNode;

static void batch_norm_backward(Node *node) {
    const BatchNormNode *norm = (const BatchNormNode *)node;
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const real *dy = node->output->grad;
    GradTarget dx = {0}, dw = {0}, db = {0};
    if (wants_grad(x))
        dx = tensor_grad_target_over(x, node->output);
    if (wants_grad(weight))
        dw = tensor_grad_target(weight);
    if (wants_grad(bias))
        db = tensor_grad_target(bias);
    kernel_batch_norm_gradients(norm->sizes, norm->training, x->data, norm->statistics,
                                weight->data, dy,
                                (BatchNormGradients){.x = dx.grad,
                                                     .weight = dw.grad,
                                                     .bias = db.grad,
                                                     .add_x = dx.add,
                                                     .add_weight = dw.add,
                                                     .add_bias = db.add});
    tape_count(node->output->tape, 0);
}

static BatchNormSizes sizes_of(const Tensor *x) {
    const int rank = x->shape.rank, *dims = x->shape.dims;
    if (rank != 2 && rank != 4)
        fatal("batch_norm: x is %s, it must be [n, c] or [n, c, h, w]", shape_text(x->shape).text);
    return (BatchNormSizes){.batch = (size_t)dims[0],
                            .channels = (size_t)dims[1],
                            .plane = rank == 4 ? (size_t)dims[2] * (size_t)dims[3] : 1};
}

static void check_channels(const char *name, const Tensor *tensor, const Tensor *x) {
    if (!shape_equal(tensor->shape, SHAPE(x->shape.dims[1])))
        fatal("batch_norm: %s is %s, x %s wants [%d]", name, shape_text(tensor->shape).text,
              shape_text(x->shape).text, x->shape.dims[1]);
}

static void record(const BatchNormNode *norm, Tensor *y, Tensor *x, Tensor *weight, Tensor *bias) {
    Node *node = tape_record(y->tape, "batch_norm", sizeof(BatchNormNode), batch_norm_backward, y,
                             x, weight, bias);
    if (!node) {
        tape_release_scratch(y->tape, norm->statistics.mean);
        return;
    }
    BatchNormNode *recorded = (BatchNormNode *)node;
    recorded->sizes = norm->sizes;
    recorded->statistics = norm->statistics;
    recorded->training = norm->training;
    if (wants_grad(weight) || (norm->training && wants_grad(x)))
        node_save(node, x);
    if (wants_grad(x))
        node_save(node, weight);
}

Tensor *batch_norm(Tensor *x, Tensor *weight, Tensor *bias, Tensor *running_mean,
                   Tensor *running_var, BatchNormOptions options) {
    Tape *tape = tape_of("batch_norm", x, weight, bias);
    const BatchNormSizes sizes = sizes_of(x);
    check_channels("the weight", weight, x);
    check_channels("the bias", bias, x);
    check_channels("running_mean", running_mean, x);
    check_channels("running_var", running_var, x);
    if (options.training && sizes.batch * sizes.plane < 2)
        fatal("batch_norm: training wants more than one value a channel, x is %s",
              shape_text(x->shape).text);
    const bool saves_x = tape_would_record(tape, x, weight, bias) &&
                         (wants_grad(weight) || (options.training && wants_grad(x)));
    const real *numbers = x->data;
    Tensor *y = saves_x ? tape_tensor(tape, x->shape) : tape_result(tape, x);
    real *scratch = tape_scratch(tape, 2 * sizes.channels);
    const BatchNormStatistics statistics = {scratch, scratch + sizes.channels};
    const BatchNormMode mode = {.training = options.training,
                                .momentum = options.momentum,
                                .eps = options.eps,
                                .running_mean = running_mean->data,
                                .running_var = running_var->data};
    kernel_batch_norm(sizes, &mode, numbers, statistics, weight->data, bias->data, y->data);
    tape_count(tape, 0);
    const BatchNormNode norm = {
        .sizes = sizes, .statistics = statistics, .training = options.training};
    record(&norm, y, x, weight, bias);
    return y;
}
