// Element by element arithmetic and sums.
//
//     add        c = a + b      da = dc           db = dc
//     subtract   c = a − b      da = dc           db = −dc
//     multiply   c = a b        da = dc b         db = dc a     (the same tensor twice: both add up)
//     scale      y = f x        dx = f dy
//     sum, mean  y = f Σ x      dx = f dy for each element;  f = 1, or 1/size
#include "kernels/elementwise.h"
#include "tensor/operations.h"

// --- sums of two, and multiples ------------------------------------------------------------------

typedef struct Factors {
    real a, b;
} Factors;

static void pass_multiple(Tensor *x, real factor, const Tensor *y) {
    GradTarget dx = tensor_grad_target(x);
    if (dx.grad)
        kernel_combine(x->size, factor, y->grad, 0, NULL, dx.add, dx.grad);
}

static void combine_backward(Node *node) {
    const Factors *factors = node->context;
    pass_multiple(node->inputs[0], factors->a, node->output);
    pass_multiple(node->inputs[1], factors->b, node->output);
}

// factors.a · a + factors.b · b, where b may be NULL.
static Tensor *combine(const char *operation, Tensor *a, Tensor *b, Factors factors) {
    if (b)
        shape_check(operation, "the second", b->shape, a->shape);
    Tensor *c = tape_record(operation, combine_backward, a->shape, a, b, NULL);
    kernel_combine(a->size, factors.a, a->data, factors.b, b ? b->data : NULL, false, c->data);
    node_keep(c->node, &factors, sizeof factors);
    return c;
}

Tensor *add(Tensor *a, Tensor *b) {
    return combine("add", a, b, (Factors){1, 1});
}

Tensor *subtract(Tensor *a, Tensor *b) {
    return combine("subtract", a, b, (Factors){1, -1});
}

Tensor *scale(Tensor *x, double factor) {
    return combine("scale", x, NULL, (Factors){(real)factor, 0});
}

// --- products ------------------------------------------------------------------------------------

static void pass_product(Tensor *x, const Tensor *other, const Tensor *y) {
    GradTarget dx = tensor_grad_target(x);
    if (dx.grad)
        kernel_multiply(x->size, y->grad, other->data, dx.add, dx.grad);
}

static void multiply_backward(Node *node) {
    pass_product(node->inputs[0], node->inputs[1], node->output);
    pass_product(node->inputs[1], node->inputs[0], node->output);
}

Tensor *multiply(Tensor *a, Tensor *b) {
    shape_check("multiply", "the second", b->shape, a->shape);
    Tensor *c = tape_record("multiply", multiply_backward, a->shape, a, b, NULL);
    kernel_multiply(a->size, a->data, b->data, false, c->data);
    node_save(c->node, b, wants_grad(a));
    node_save(c->node, a, wants_grad(b));
    return c;
}

// --- sums of all elements ------------------------------------------------------------------------

static void sum_backward(Node *node) {
    Tensor *x = node->inputs[0];
    GradTarget dx = tensor_grad_target(x);
    double value = *(const double *)node->context * (double)node->output->grad[0];
    kernel_fill(x->size, (real)value, dx.add, dx.grad);
}

static Tensor *sum_times(const char *operation, Tensor *x, double factor) {
    Tensor *y = tape_record(operation, sum_backward, SHAPE_SCALAR, x, NULL, NULL);
    y->data[0] = (real)(factor * kernel_sum(x->size, x->data));
    node_keep(y->node, &factor, sizeof factor);
    return y;
}

Tensor *sum(Tensor *x) {
    return sum_times("sum", x, 1);
}

Tensor *mean(Tensor *x) {
    return sum_times("mean", x, 1 / (double)x->size);
}
