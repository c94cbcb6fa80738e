// A layer of your own: PReLU, with a learnable slope for each channel. He, Zhang, Ren, Sun,
// "Delving deep into rectifiers", 2015.
//
//     y = x where x > 0, slope[c]·x elsewhere             x, y [n, channels, h, w]
//     dx = dy where x > 0, slope[c]·dy elsewhere
//     dslope[c] = Σ dy·x over channel c where x ≤ 0       backward needs x: it is saved
//
// All of it stands here: the struct, backward, forward, the first value. No file of common/ knows
// of it.
#ifndef KNOBS_LESSON_02_PRELU_H
#define KNOBS_LESSON_02_PRELU_H

#include "base/error.h"
#include "nn/init.h"
#include "nn/module.h"

typedef struct PRelu {
    Module module;
    Parameter *slope; // [channels]: how much of a negative input comes through
} PRelu;

static int channel_of(const Tensor *x, size_t i) {
    const int area = x->shape.dims[2] * x->shape.dims[3];
    return (int)(i / (size_t)area) % x->shape.dims[1];
}

static void prelu_backward(Node *node) {
    Tensor *x = node->inputs[0], *slope = node->inputs[1];
    const real *dy = node->output->grad;
    if (wants_grad(x)) {
        GradTarget dx = tensor_grad_target(x);
        for (size_t i = 0; i < x->size; i++) {
            const real factor = x->data[i] > 0 ? 1 : slope->data[channel_of(x, i)];
            dx.grad[i] = (dx.add ? dx.grad[i] : 0) + factor * dy[i];
        }
    }
    if (wants_grad(slope)) {
        GradTarget dslope = tensor_grad_target(slope);
        for (size_t c = 0; c < slope->size && !dslope.add; c++)
            dslope.grad[c] = 0;
        for (size_t i = 0; i < x->size; i++)
            if (!(x->data[i] > 0))
                dslope.grad[channel_of(x, i)] += dy[i] * x->data[i];
    }
}

static Tensor *prelu_forward(Module *module, Tensor *x) {
    Tensor *slope = &((PRelu *)module)->slope->tensor;
    if (x->shape.rank != 4 || x->shape.dims[1] != slope->shape.dims[0])
        fatal("prelu: x is %s, wants 4 dimensions and %d channels", shape_text(x->shape).text,
              slope->shape.dims[0]);
    Tensor *y = tape_record("prelu", prelu_backward, x->shape, x, slope, NULL);
    for (size_t i = 0; i < x->size; i++)
        y->data[i] = x->data[i] > 0 ? x->data[i] : slope->data[channel_of(x, i)] * x->data[i];
    node_save(y->node, x, true);
    return y;
}

static void prelu_initialise(Module *module, Random *random) {
    (void)random;
    init_constant(((PRelu *)module)->slope, 0.25); // as in the paper
}

static Module *prelu_new(int channels) {
    PRelu *layer = module_new(sizeof *layer, "PReLU written in this lesson", prelu_forward);
    layer->module.initialise = prelu_initialise;
    layer->slope = module_add_parameter(&layer->module, "slope", SHAPE(channels));
    return &layer->module;
}

#endif
