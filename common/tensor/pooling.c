// Pooling of images: each window of kernel × kernel numbers becomes one.
//
//     max_pool2d   y = max of the window              dx[argmax] += dy
//     avg_pool2d   y = Σ window / kernel²             dx[each of the window] += dy / kernel²
//
// Where windows overlap, their parts add up. max_pool2d saves the place of each maximum, avg_pool2d
// nothing: neither keeps x or y alive.
#include "base/error.h"
#include "kernels/pooling.h"
#include "tensor/operations.h"

typedef struct Pool {
    PoolSizes sizes;
    int32_t *argmax; // on the tape until it is cleared
} Pool;

// Checks the inputs and says all sizes of the pooling.
static PoolSizes sizes_of(const char *operation, const Tensor *x, int kernel, PoolOptions options) {
    if (x->shape.rank != 4)
        fatal("%s: x is %s, it must be [n, c, h, w]", operation, shape_text(x->shape).text);
    const int stride = options.stride == 0 ? kernel : options.stride;
    if (kernel < 1 || stride < 1)
        fatal("%s: kernel is %d and stride is %d, both must be 1 or more", operation, kernel,
              stride);
    if (options.padding < 0 || options.padding > kernel / 2)
        fatal("%s: padding is %d, it must be 0 to %d, half of the kernel %d", operation,
              options.padding, kernel / 2, kernel);
    const int64_t rows = x->shape.dims[2] + 2 * (int64_t)options.padding - kernel;
    const int64_t columns = x->shape.dims[3] + 2 * (int64_t)options.padding - kernel;
    if (rows < 0 || columns < 0 || x->shape.dims[2] == 0 || x->shape.dims[3] == 0)
        fatal("%s: the kernel %d is larger than x %s with padding %d on each side: no output is "
              "left",
              operation, kernel, shape_text(x->shape).text, options.padding);
    return (PoolSizes){.planes = (size_t)x->shape.dims[0] * (size_t)x->shape.dims[1],
                       .height = x->shape.dims[2],
                       .width = x->shape.dims[3],
                       .kernel = kernel,
                       .stride = stride,
                       .padding = options.padding,
                       .out_height = (int)(rows / stride) + 1,
                       .out_width = (int)(columns / stride) + 1};
}

static Tensor *pool_record(const char *operation, BackwardFunction backward_function, Tensor *x,
                           const PoolSizes *sizes) {
    const Shape shape =
        SHAPE(x->shape.dims[0], x->shape.dims[1], sizes->out_height, sizes->out_width);
    return tape_record(operation, backward_function, shape, x, NULL, NULL);
}

static void max_pool2d_backward(Node *node) {
    const Pool *pool = node->context;
    GradTarget dx = tensor_grad_target(node->inputs[0]);
    kernel_max_pool_gradient(&pool->sizes, pool->argmax, node->output->grad, dx.add, dx.grad);
}

Tensor *max_pool2d_with(Tensor *x, int kernel, PoolOptions options) {
    const PoolSizes sizes = sizes_of("max_pool2d", x, kernel, options);
    Tensor *y = pool_record("max_pool2d", max_pool2d_backward, x, &sizes);
    real *scratch = tape_scratch(y->tape, y->size); // a real is at least as large as an int32_t
    int32_t *argmax = (int32_t *)(void *)scratch;
    kernel_max_pool(&sizes, x->data, argmax, y->data);
    node_keep(y->node, &(Pool){.sizes = sizes, .argmax = argmax}, sizeof(Pool));
    if (!y->node)
        tape_release_scratch(y->tape, scratch);
    return y;
}

static void avg_pool2d_backward(Node *node) {
    GradTarget dx = tensor_grad_target(node->inputs[0]);
    kernel_avg_pool_gradient(node->context, node->output->grad, dx.add, dx.grad);
}

Tensor *avg_pool2d_with(Tensor *x, int kernel, PoolOptions options) {
    const PoolSizes sizes = sizes_of("avg_pool2d", x, kernel, options);
    Tensor *y = pool_record("avg_pool2d", avg_pool2d_backward, x, &sizes);
    kernel_avg_pool(&sizes, x->data, y->data);
    node_keep(y->node, &sizes, sizeof sizes);
    return y;
}
