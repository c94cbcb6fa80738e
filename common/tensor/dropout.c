// Dropout (Srivastava et al. 2014), scaled while training so that evaluation has nothing to do.
//
//     y = x m,   m = 0 with probability p, else 1 / (1 − p)         dx = dy m
//
// Saved: one byte an element, kept or not. Drawing again in the backward would save the byte, but
// ten rounds of the generator cost more than reading it.
#include "base/error.h"
#include "kernels/dropout.h"
#include "tensor/operations.h"

typedef struct Dropout {
    double p;
    uint8_t *kept; // on the tape until it is cleared
} Dropout;

static void dropout_backward(Node *node) {
    const Dropout *drop = node->context;
    const Tensor *y = node->output;
    GradTarget dx = tensor_grad_target(node->inputs[0]);
    kernel_dropout_gradient(y->size, drop->p, drop->kept, y->grad, dx.add, dx.grad);
}

Tensor *dropout(Tensor *x, double p, bool training, Random *random) {
    if (!(p >= 0 && p <= 1))
        fatal("dropout: p is %g, it must be 0 to 1", p);
    if (!training)
        return x;
    const Random first = *random;
    random->counter += x->size; // for p = 0 too: turning that knob moves nothing else
    if (p == 0)
        return x;
    Tensor *y = tape_record("dropout", dropout_backward, x->shape, x, NULL, NULL);
    uint8_t *kept = NULL;
    if (y->node)
        kept = (uint8_t *)tape_scratch(y->tape, x->size / sizeof(real) + 1);
    kernel_dropout(x->size, x->data, p, first, kept, y->data);
    node_keep(y->node, &(Dropout){.p = p, .kept = kept}, sizeof(Dropout));
    return y;
}
