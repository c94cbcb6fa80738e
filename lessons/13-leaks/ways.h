// How far a leak carries a frozen backbone: along which direction, how far the formula says, and how far
// it is. Rates and other knobs are read from the optimizer, group 0.
#ifndef KNOBS_LESSON_13_WAYS_H
#define KNOBS_LESSON_13_WAYS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frozen.h"
#include "instruments/weights.h"
#include "run/lesson.h"

static double knob(const Frozen *f, const char *name) {
    return optimizer_get(f->optimizer, 0, name);
}

// --- the formulas: how far after n steps, in units of the direction ------------------------------

static double shrunk(const Frozen *f, double n, double steady) {
    (void)steady;
    return pow(1 - knob(f, "lr") * knob(f, "weight_decay"), n);
}

static double coasted(const Frozen *f, double n, double steady) {
    (void)steady;
    const double momentum = knob(f, "momentum");
    return momentum * (1 - pow(momentum, n)) / (1 - momentum);
}

// After so many steps with the same gradient: from then on m, the mean of gradients, shrinks by beta1 a
// step, v, that of squares, by beta2, and both are divided by what the correction of all steps says.
static double adam_coasted(const Frozen *f, double n, double steady) {
    const double beta1 = knob(f, "beta1"), beta2 = knob(f, "beta2");
    double sum = 0;
    for (double k = 1; k <= n; k++) {
        const double m = pow(beta1, k) * (1 - pow(beta1, steady)) / (1 - pow(beta1, steady + k));
        const double v = pow(beta2, k) * (1 - pow(beta2, steady)) / (1 - pow(beta2, steady + k));
        sum += m / sqrt(v);
    }
    return sum;
}

static double went_on(const Frozen *f, double n, double steady) {
    (void)f, (void)steady;
    return n;
}

static double followed(const Frozen *f, double n, double steady) {
    (void)f, (void)steady;
    return 1 - pow(1 - 0.1, n); // batch norm's own momentum, as PyTorch's
}

// --- the directions, at the moment of freezing ---------------------------------------------------

static real *along_weights(Frozen *f) {
    return weights_copy(&f->weights);
}

// Against each number of what `source` has for a parameter, times the rate; or against its sign.
static real *against(const Frozen *f, const real *(*source)(const Frozen *, const Parameter *),
                     bool sign) {
    real *direction = weights_copy(&f->weights), *to = direction;
    for (int i = 0; i < f->weights.count; i++) {
        const real *g = source(f, f->weights.items[i]);
        for (size_t j = 0; j < f->weights.items[i]->tensor.size; j++)
            *to++ = (real)(-knob(f, "lr") * (sign ? (g[j] > 0) - (g[j] < 0) : (double)g[j]));
    }
    return direction;
}

static const real *gradient(const Frozen *f, const Parameter *parameter) {
    (void)f;
    return parameter->tensor.grad;
}

static const real *velocity(const Frozen *f, const Parameter *parameter) {
    return optimizer_state(f->optimizer, parameter)->buffers[0];
}

static real *against_gradient(Frozen *f) {
    return against(f, gradient, false);
}

static real *against_sign(Frozen *f) {
    return against(f, gradient, true);
}

static real *against_velocity(Frozen *f) {
    return against(f, velocity, false);
}

// From the statistics as they are to those of one batch, which they have after many looks at it. They
// are put back.
static real *towards_batch(Frozen *f) {
    enum { MANY = 250 }; // 0.9²⁵⁰ of the way is left: 4e-12
    real *before = weights_copy(&f->statistics), *from = before;
    for (int i = 0; i < MANY; i++) {
        module_forward(f->backbone, first_batch(f).images);
        tape_clear(f->tape);
    }
    real *direction = weights_copy(&f->statistics), *to = direction;
    for (int i = 0; i < f->statistics.count; i++) {
        const Tensor *tensor = &f->statistics.items[i]->tensor;
        memcpy(tensor->data, from, tensor->size * sizeof(real));
        for (size_t j = 0; j < tensor->size; j++)
            *to++ -= *from++;
    }
    free(before);
    return direction;
}

// --- what is measured ----------------------------------------------------------------------------

// How far the numbers of a list are from `start`, in units of the direction; and how far from where the
// formula says, relative to the way.
typedef struct Way {
    double along, error;
} Way;

static Way way_of(const ParameterList *list, const real *start, const real *direction,
                  double formula) {
    double product = 0, square = 0, off = 0;
    for (int i = 0; i < list->count; i++) {
        const Tensor *now = &list->items[i]->tensor;
        for (size_t j = 0; j < now->size; j++, start++, direction++) {
            const double moved = (double)now->data[j] - (double)*start, unit = (double)*direction;
            product += moved * unit;
            square += unit * unit;
            off += (moved - formula * unit) * (moved - formula * unit);
        }
    }
    return (Way){product / square, sqrt(off / square) / fabs(formula)};
}

typedef struct Found {
    Way way;      // at the end
    double moved; // numbers of the backbone, in the same training cured
} Found;

static void found_add(Results *results, const char *leak, const Found *found) {
    const double values[] = {found->way.along, found->way.error, found->moved};
    static const char *const what[] = {"", "_error", "_moved"};
    for (int k = 0; k < 3; k++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", leak, what[k]);
        result_add(results, name, values[k]);
    }
}

#endif
