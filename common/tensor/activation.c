// Activations. Each backward needs only the output y, so the input may be released:
//
//     relu                 y = max(x, 0)                      dx = dy where y > 0, else 0
//     relu6                y = min(max(x, 0), 6)              dx = dy where 0 < y < 6, else 0
//     leaky_relu           y = x where x > 0, else slope·x    dx = dy where y > 0, else slope·dy
//     hyperbolic_tangent   y = tanh x                          dx = dy·(1 − y²)
//     sigmoid              y = 1/(1 + e⁻ˣ)                     dx = dy·y·(1 − y)
#include <math.h>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "tensor/operations.h"

static void rectify_backward(Node *node) {
    const real ceiling = *(const real *)node->context;
    Tensor *y = node->output;
    const real *dy = y->grad; // taken before its memory becomes dx's
    GradTarget dx = tensor_grad_target_over(node->inputs[0], y);
    kernel_rectify_gradient(y->size, y->data, ceiling, dy, dx.add, dx.grad);
}

// ceiling NaN: there is none.
static Tensor *rectify_new(const char *operation, Tensor *x, real ceiling) {
    Tensor *y = tape_record_over(operation, rectify_backward, x, NULL, NULL);
    kernel_rectify(x->size, x->data, ceiling, y->data);
    node_keep(y->node, &ceiling, sizeof ceiling);
    node_save(y->node, y, true);
    return y;
}

Tensor *relu(Tensor *x) {
    return rectify_new("relu", x, (real)NAN);
}

Tensor *relu6(Tensor *x) {
    return rectify_new("relu6", x, 6);
}

static void leaky_relu_backward(Node *node) {
    const real slope = *(const real *)node->context;
    Tensor *y = node->output;
    const real *dy = y->grad;
    GradTarget dx = tensor_grad_target_over(node->inputs[0], y);
    kernel_leak_gradient(y->size, y->data, slope, dy, dx.add, dx.grad);
}

Tensor *leaky_relu(Tensor *x, double negative_slope) {
    // A negative one would hide the sign of x from the backward.
    if (!(negative_slope >= 0 && isfinite(negative_slope)))
        fatal("leaky_relu: negative_slope is %g, it must be a number of 0 or more", negative_slope);
    const real slope = (real)negative_slope;
    Tensor *y = tape_record_over("leaky_relu", leaky_relu_backward, x, NULL, NULL);
    kernel_leak(x->size, x->data, slope, y->data);
    node_keep(y->node, &slope, sizeof slope);
    node_save(y->node, y, true);
    return y;
}

// A function of one input whose derivative is a function of the output.
typedef struct Curve {
    const char *name;
    void (*forward)(size_t n, const real *x, real *y);
    void (*gradient)(size_t n, const real *y, const real *dy, bool add, real *dx);
} Curve;

static void curve_backward(Node *node) {
    const Curve *curve = node->context;
    Tensor *y = node->output;
    const real *dy = y->grad;
    GradTarget dx = tensor_grad_target_over(node->inputs[0], y);
    curve->gradient(y->size, y->data, dy, dx.add, dx.grad);
}

static Tensor *curve_new(const Curve *curve, Tensor *x) {
    Tensor *y = tape_record_over(curve->name, curve_backward, x, NULL, NULL);
    curve->forward(x->size, x->data, y->data);
    node_keep(y->node, curve, sizeof *curve);
    node_save(y->node, y, true);
    return y;
}

Tensor *hyperbolic_tangent(Tensor *x) {
    return curve_new(&(Curve){"hyperbolic_tangent", kernel_tanh, kernel_tanh_gradient}, x);
}

Tensor *sigmoid(Tensor *x) {
    return curve_new(&(Curve){"sigmoid", kernel_sigmoid, kernel_sigmoid_gradient}, x);
}
