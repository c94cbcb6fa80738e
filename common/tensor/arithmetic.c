// Element by element arithmetic and sums.
//
//     add        c = a + b      da = dc           db = dc
//     subtract   c = a − b      da = dc           db = −dc
//     multiply   c = a b        da = dc b         db = dc a        (a b may be the same tensor:
//     both parts add up) scale      y = f x        dx = f dy add_constant  y = x + f   dx = dy sum,
//     mean  y = f Σ x      dx = f dy for each element;  f = 1, or 1/size
#include "base/error.h"
#include "kernels/elementwise.h"
#include "tensor/operations.h"

static void check_equal_shapes(const char *operation, const Tensor *a, const Tensor *b) {
    if (!shape_equal(a->shape, b->shape))
        fatal("%s: the shapes %s and %s differ", operation, shape_text(a->shape).text,
              shape_text(b->shape).text);
}

// x's gradient += factor · dy · other, where other may be NULL.
static void pass_grad(Tensor *x, double factor, const Tensor *y, const Tensor *other) {
    if (!wants_grad(x))
        return;
    GradTarget dx = tensor_grad_target(x);
    if (other)
        kernel_multiply(x->size, y->grad, other->data, dx.add, dx.grad);
    else
        kernel_combine(x->size, (real)factor, y->grad, 0, NULL, dx.add, dx.grad);
    tape_count(y->tape, 0);
}

static void add_backward(Node *node) {
    pass_grad(node->inputs[0], 1, node->output, NULL);
    pass_grad(node->inputs[1], 1, node->output, NULL);
}

static void subtract_backward(Node *node) {
    pass_grad(node->inputs[0], 1, node->output, NULL);
    pass_grad(node->inputs[1], -1, node->output, NULL);
}

static Tensor *combine(const char *operation, Tensor *a, Tensor *b, double b_factor,
                       BackwardFunction backward_function) {
    Tape *tape = tape_of(operation, a, b, NULL);
    check_equal_shapes(operation, a, b);
    Tensor *c = tape_tensor(tape, a->shape);
    kernel_combine(a->size, 1, a->data, (real)b_factor, b->data, false, c->data);
    tape_count(tape, 0);
    tape_record(tape, operation, sizeof(Node), backward_function, c, a, b, NULL);
    return c;
}

Tensor *add(Tensor *a, Tensor *b) {
    return combine("add", a, b, 1, add_backward);
}

Tensor *subtract(Tensor *a, Tensor *b) {
    return combine("subtract", a, b, -1, subtract_backward);
}

static void multiply_backward(Node *node) {
    pass_grad(node->inputs[0], 1, node->output, node->inputs[1]);
    pass_grad(node->inputs[1], 1, node->output, node->inputs[0]);
}

Tensor *multiply(Tensor *a, Tensor *b) {
    Tape *tape = tape_of("multiply", a, b, NULL);
    check_equal_shapes("multiply", a, b);
    Tensor *c = tape_tensor(tape, a->shape);
    kernel_multiply(a->size, a->data, b->data, false, c->data);
    tape_count(tape, 0);
    Node *node = tape_record(tape, "multiply", sizeof(Node), multiply_backward, c, a, b, NULL);
    if (node && wants_grad(a))
        node_save(node, b);
    if (node && wants_grad(b))
        node_save(node, a);
    return c;
}

typedef struct FactorNode {
    Node node;
    double factor;
} FactorNode;

static void scale_backward(Node *node) {
    pass_grad(node->inputs[0], ((FactorNode *)node)->factor, node->output, NULL);
}

static Tensor *record_factor(const char *operation, Tensor *y, Tensor *x, double factor,
                             BackwardFunction backward_function) {
    Node *node =
        tape_record(y->tape, operation, sizeof(FactorNode), backward_function, y, x, NULL, NULL);
    if (node)
        ((FactorNode *)node)->factor = factor;
    return y;
}

Tensor *scale(Tensor *x, double factor) {
    Tensor *y = tape_tensor(tape_of("scale", x, NULL, NULL), x->shape);
    kernel_combine(x->size, (real)factor, x->data, 0, NULL, false, y->data);
    tape_count(y->tape, 0);
    return record_factor("scale", y, x, factor, scale_backward);
}

Tensor *add_constant(Tensor *x, double amount) {
    Tensor *y = tape_tensor(tape_of("add_constant", x, NULL, NULL), x->shape);
    kernel_fill(y->size, (real)amount, false, y->data);
    kernel_combine(x->size, 1, x->data, 0, NULL, true, y->data);
    tape_count(y->tape, 0);
    return record_factor("add_constant", y, x, 1, scale_backward);
}

static void sum_backward(Node *node) {
    Tensor *x = node->inputs[0];
    GradTarget dx = tensor_grad_target(x);
    double value = ((FactorNode *)node)->factor * (double)node->output->grad[0];
    kernel_fill(x->size, (real)value, dx.add, dx.grad);
    tape_count(node->output->tape, 0);
}

static Tensor *sum_times(const char *operation, Tensor *x, double factor) {
    Tensor *y = tape_tensor(tape_of(operation, x, NULL, NULL), SHAPE_SCALAR);
    y->data[0] = (real)(factor * kernel_sum(x->size, x->data));
    tape_count(y->tape, 0);
    return record_factor(operation, y, x, factor, sum_backward);
}

Tensor *sum(Tensor *x) {
    return sum_times("sum", x, 1);
}

Tensor *mean(Tensor *x) {
    return sum_times("mean", x, 1 / (double)x->size);
}
