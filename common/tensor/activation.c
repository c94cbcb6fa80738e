// Activations. Each backward needs only the output y, so the input may be released:
//
//     relu, leaky_relu     y = x where x > 0, else slope·x     dx = dy where y > 0, else slope·dy
//     relu6                y = min(relu(x), 6)                 dx = dy where 0 < y < 6, else 0
//     hyperbolic_tangent   y = tanh x                          dx = dy·(1 − y²)
//     sigmoid              y = 1/(1 + e⁻ˣ)                     dx = dy·y·(1 − y)
#include <math.h>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "tensor/operations.h"

typedef struct RectifyNode {
    Node node;
    real slope, ceiling;
} RectifyNode;

static void rectify_backward(Node *node) {
    const RectifyNode *rectify_node = (RectifyNode *)node;
    Tensor *x = node->inputs[0], *y = node->output;
    const real *dy = y->grad;
    GradTarget dx = tensor_grad_target_over(x, y);
    kernel_rectify_gradient(y->size, y->data, rectify_node->slope, rectify_node->ceiling, dy,
                            dx.add, dx.grad);
    tape_count(y->tape, 0);
}

static Tensor *rectify(const char *operation, Tensor *x, double slope, double ceiling) {
    Tape *tape = tape_of(operation, x, NULL, NULL);
    const real *numbers = x->data;
    Tensor *y = tape_result(tape, x);
    kernel_rectify(x->size, numbers, (real)slope, (real)ceiling, y->data);
    tape_count(tape, 0);
    Node *node =
        tape_record(tape, operation, sizeof(RectifyNode), rectify_backward, y, x, NULL, NULL);
    if (node) {
        ((RectifyNode *)node)->slope = (real)slope;
        ((RectifyNode *)node)->ceiling = (real)ceiling;
        node_save(node, y);
    }
    return y;
}

Tensor *relu(Tensor *x) {
    return rectify("relu", x, 0, NAN);
}

Tensor *relu6(Tensor *x) {
    return rectify("relu6", x, 0, 6);
}

Tensor *leaky_relu(Tensor *x, double negative_slope) {
    if (!(negative_slope >= 0)) // a negative one would hide the sign of x from the backward
        fatal("leaky_relu: negative_slope is %g, it must be 0 or more", negative_slope);
    return rectify("leaky_relu", x, negative_slope, NAN);
}

// For functions of one input whose derivative is a function of the output.
typedef void (*ForwardKernel)(size_t n, const real *x, real *y);

static Tensor *activate(const char *operation, Tensor *x, ForwardKernel forward,
                        BackwardFunction backward_function) {
    Tape *tape = tape_of(operation, x, NULL, NULL);
    const real *numbers = x->data;
    Tensor *y = tape_result(tape, x);
    forward(x->size, numbers, y->data);
    tape_count(tape, 0);
    Node *node = tape_record(tape, operation, sizeof(Node), backward_function, y, x, NULL, NULL);
    if (node)
        node_save(node, y);
    return y;
}

static void hyperbolic_tangent_backward(Node *node) {
    Tensor *y = node->output;
    const real *dy = y->grad;
    GradTarget dx = tensor_grad_target_over(node->inputs[0], y);
    kernel_tanh_gradient(y->size, y->data, dy, dx.add, dx.grad);
    tape_count(y->tape, 0);
}

Tensor *hyperbolic_tangent(Tensor *x) {
    return activate("hyperbolic_tangent", x, kernel_tanh, hyperbolic_tangent_backward);
}

static void sigmoid_backward(Node *node) {
    Tensor *y = node->output;
    const real *dy = y->grad;
    GradTarget dx = tensor_grad_target_over(node->inputs[0], y);
    kernel_sigmoid_gradient(y->size, y->data, dy, dx.add, dx.grad);
    tape_count(y->tape, 0);
}

Tensor *sigmoid(Tensor *x) {
    return activate("sigmoid", x, kernel_sigmoid, sigmoid_backward);
}
