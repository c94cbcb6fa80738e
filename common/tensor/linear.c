// Matrix products.
//
//     linear   y = x Wᵀ + b       dx = dy W       dW = dyᵀ x      db = Σ_rows dy
//              x [n, in], W [out, in], b [out], y [n, out]; saved: x (for dW), W (a parameter:
//              checked by version)
//     matmul   c = a b            da = dc bᵀ      db = aᵀ dc
#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "tensor/operations.h"

static uint64_t product(int a, int b, int c) {
    return (uint64_t)a * (uint64_t)b * (uint64_t)c;
}

static void linear_backward(Node *node) {
    Tensor *x = node->inputs[0], *weight = node->inputs[1], *bias = node->inputs[2];
    const Tensor *y = node->output;
    const int n = y->shape.dims[0], out = y->shape.dims[1], in = weight->shape.dims[1];
    if (wants_grad(weight)) {
        GradTarget dw = tensor_grad_target(weight);
        kernel_gemm(TRANSPOSED, PLAIN, out, in, n, y->grad, x->data, dw.add, dw.grad);
        tape_count(y->tape, product(n, in, out));
    }
    if (wants_grad(bias)) {
        GradTarget db = tensor_grad_target(bias);
        kernel_sum_rows((size_t)n, (size_t)out, y->grad, db.add, db.grad);
    }
    if (wants_grad(x)) {
        GradTarget dx = tensor_grad_target(x);
        kernel_gemm(PLAIN, PLAIN, n, in, out, y->grad, weight->data, dx.add, dx.grad);
        tape_count(y->tape, product(n, in, out));
    }
}

Tensor *linear(Tensor *x, Tensor *weight, Tensor *bias) {
    Tape *tape = tape_of("linear", x, weight, bias);
    if (x->shape.rank != 2 || weight->shape.rank != 2 || x->shape.dims[1] != weight->shape.dims[1])
        fatal("linear: x %s doesn't fit the weight %s, whose columns are the inputs",
              shape_text(x->shape).text, shape_text(weight->shape).text);
    const int n = x->shape.dims[0], in = x->shape.dims[1], out = weight->shape.dims[0];
    if (bias)
        shape_check("linear", "the bias", bias->shape, SHAPE(out));
    Tensor *y = tape_tensor(tape, SHAPE(n, out));
    if (bias)
        kernel_broadcast_rows((size_t)n, (size_t)out, bias->data, y->data);
    kernel_gemm(PLAIN, TRANSPOSED, n, out, in, x->data, weight->data, bias != NULL, y->data);
    tape_count(tape, product(n, in, out));
    Node *node = tape_record("linear", linear_backward, y, x, weight, bias);
    node_save(node, x, wants_grad(weight));
    node_save(node, weight, wants_grad(x));
    return y;
}

static void matmul_backward(Node *node) {
    Tensor *a = node->inputs[0], *b = node->inputs[1];
    const Tensor *c = node->output;
    const int m = c->shape.dims[0], n = c->shape.dims[1], k = a->shape.dims[1];
    if (wants_grad(a)) {
        GradTarget da = tensor_grad_target(a);
        kernel_gemm(PLAIN, TRANSPOSED, m, k, n, c->grad, b->data, da.add, da.grad);
        tape_count(c->tape, product(m, n, k));
    }
    if (wants_grad(b)) {
        GradTarget db = tensor_grad_target(b);
        kernel_gemm(TRANSPOSED, PLAIN, k, n, m, a->data, c->grad, db.add, db.grad);
        tape_count(c->tape, product(m, n, k));
    }
}

Tensor *matmul(Tensor *a, Tensor *b) {
    Tape *tape = tape_of("matmul", a, b, NULL);
    if (a->shape.rank != 2 || b->shape.rank != 2 || a->shape.dims[1] != b->shape.dims[0])
        fatal("matmul: %s · %s doesn't fit: the first's columns must be the second's rows",
              shape_text(a->shape).text, shape_text(b->shape).text);
    const int m = a->shape.dims[0], k = a->shape.dims[1], n = b->shape.dims[1];
    Tensor *c = tape_tensor(tape, SHAPE(m, n));
    kernel_gemm(PLAIN, PLAIN, m, n, k, a->data, b->data, false, c->data);
    tape_count(tape, product(m, n, k));
    Node *node = tape_record("matmul", matmul_backward, c, a, b, NULL);
    node_save(node, b, wants_grad(a));
    node_save(node, a, wants_grad(b));
    return c;
}
