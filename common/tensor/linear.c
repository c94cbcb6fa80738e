// Matrix products.
//
//     linear   y = x Wᵀ + b       dx = dy W       dW = dyᵀ x      db = Σ_rows dy
//
// x [n, in], W [out, in], b [out], y [n, out]. Saved: x (for dW), W (for dx; a parameter: checked by
// version).
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
    GradTarget dw = tensor_grad_target(weight), db = tensor_grad_target(bias),
               dx = tensor_grad_target(x);
    if (dw.grad) {
        kernel_gemm(TRANSPOSED, PLAIN, out, in, n, y->grad, x->data, dw.add, dw.grad);
        tape_count(y->tape, product(n, in, out));
    }
    if (db.grad)
        kernel_sum_rows((size_t)n, (size_t)out, y->grad, db.add, db.grad);
    if (dx.grad) {
        kernel_gemm(PLAIN, PLAIN, n, in, out, y->grad, weight->data, dx.add, dx.grad);
        tape_count(y->tape, product(n, in, out));
    }
}

Tensor *linear(Tensor *x, Tensor *weight, Tensor *bias) {
    if (x->shape.rank != 2 || weight->shape.rank != 2 || x->shape.dims[1] != weight->shape.dims[1])
        fatal("linear: x %s doesn't fit the weight %s, whose columns are the inputs",
              shape_text(x->shape).text, shape_text(weight->shape).text);
    const int n = x->shape.dims[0], in = x->shape.dims[1], out = weight->shape.dims[0];
    if (bias)
        shape_check("linear", "the bias", bias->shape, SHAPE(out));
    Tensor *y = tape_record("linear", linear_backward, SHAPE(n, out), x, weight, bias);
    if (bias)
        kernel_broadcast_rows((size_t)n, (size_t)out, bias->data, y->data);
    kernel_gemm(PLAIN, TRANSPOSED, n, out, in, x->data, weight->data, bias != NULL, y->data);
    tape_count(y->tape, product(n, in, out));
    node_save(y->node, x, wants_grad(weight));
    node_save(y->node, weight, wants_grad(x));
    return y;
}
