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
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "kernels/normalisation.h"
#include "tensor/operations.h"

typedef struct BatchNorm {
    BatchNormSizes sizes;
    BatchNormStatistics statistics; // on the tape until it is cleared
    bool training;
    BatchParts across;
} BatchNorm;

// In the place of the mean and the variance of each channel of a part those of the whole batch. The squares
// are about a number that is the same in all parts, and near the mean once the running one is.
static void moments_across(const BatchParts *across, int channels, const real *near,
                           double *moments) {
    for (int c = 0; c < channels; c++) {
        const double mean = moments[2 * c] - (double)near[c];
        moments[2 * c] = mean;
        moments[2 * c + 1] += mean * mean;
    }
    across->mean(across->parts, 2 * channels, moments);
    for (int c = 0; c < channels; c++) {
        const double mean = moments[2 * c];
        moments[2 * c] = mean + (double)near[c];
        moments[2 * c + 1] = fmax(0, moments[2 * c + 1] - mean * mean);
    }
}

// The means that the gradient of x is made of, over the whole batch; the caller frees them.
static double *gradient_means_across(const BatchNorm *norm, const real *x, const real *dy) {
    const size_t channels = norm->sizes.channels;
    double *means = memory_alloc(2 * channels * sizeof *means);
    kernel_batch_norm_gradient_means(norm->sizes, x, norm->statistics, dy, means);
    norm->across.mean(norm->across.parts, 2 * (int)channels, means);
    return means;
}

static void batch_norm_backward(Node *node) {
    const BatchNorm *norm = node->context;
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const real *dy = node->output->grad;
    GradTarget dx = tensor_grad_target_over(x, node->output), dw = tensor_grad_target(weight),
               db = tensor_grad_target(bias);
    const bool shared = norm->training && norm->across.mean && dx.grad;
    double *means = shared ? gradient_means_across(norm, x->data, dy) : NULL;
    kernel_batch_norm_gradients(norm->sizes, norm->training, x->data, norm->statistics,
                                weight->data, dy,
                                (BatchNormGradients){.x = dx.grad,
                                                     .weight = dw.grad,
                                                     .bias = db.grad,
                                                     .add_x = dx.add,
                                                     .add_weight = dw.add,
                                                     .add_bias = db.add,
                                                     .means = means});
    free(means);
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
    const size_t parts = options.across.mean ? (size_t)options.across.count : 1;
    if (options.training && sizes.batch * sizes.plane * parts < 2)
        fatal("batch_norm: training wants more than one value a channel, x is %s",
              shape_text(x->shape).text);
    const bool saves_x = x->tape && x->tape->recording &&
                         (wants_grad(weight) || (options.training && wants_grad(x)));
    Tensor *y = saves_x ? tape_record("batch_norm", batch_norm_backward, x->shape, x, weight, bias)
                        : tape_record_over("batch_norm", batch_norm_backward, x, weight, bias);
    real *scratch = tape_scratch(y->tape, 2 * sizes.channels);
    const BatchNormStatistics statistics = {scratch, scratch + sizes.channels};
    const bool shared = options.training && options.across.mean;
    double *moments = shared ? memory_alloc(2 * sizes.channels * sizeof *moments) : NULL;
    if (shared) {
        kernel_batch_norm_moments(sizes, x->data, moments);
        moments_across(&options.across, (int)sizes.channels, running_mean->data, moments);
    }
    const BatchNormMode mode = {.training = options.training,
                                .moments = moments,
                                .count = sizes.batch * sizes.plane * (size_t)options.across.count,
                                .momentum = options.momentum,
                                .eps = options.eps,
                                .running_mean = running_mean->data,
                                .running_var = running_var->data};
    kernel_batch_norm(sizes, &mode, x->data, statistics, weight->data, bias->data, y->data);
    free(moments);
    const BatchNorm norm = {sizes, statistics, options.training, options.across};
    node_keep(y->node, &norm, sizeof norm);
    node_save(y->node, x, saves_x);
    node_save(y->node, weight, wants_grad(x));
    if (!y->node)
        tape_release_scratch(y->tape, scratch);
    return y;
}
