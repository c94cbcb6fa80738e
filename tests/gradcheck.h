// Gradients against central differences. A case is one operation on inputs of given shapes:
//
//     static Tensor *apply_add(Tensor **x) { return add(x[0], x[1]); }
//     {"add", "vectors", apply_add, {{1, {5}}, {1, {5}}}},
//
// gradcheck_run fails the test (cmocka) where a gradient is wrong, for each choice of the inputs
// that want one. For more than one number of output the loss is a weighted sum of them.
#ifndef KNOBS_TESTS_GRADCHECK_H
#define KNOBS_TESTS_GRADCHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/operations.h"

enum { GRADCHECK_INPUTS = 3 };

typedef struct GradientCase {
    const char *operation; // as its header declares it
    const char *label;
    // x[0] is a leaf of a tape, the others are parameters. Called many times: it must give the same
    // function each time.
    Tensor *(*apply)(Tensor **x);
    Shape shapes[GRADCHECK_INPUTS]; // {0} behind the last one; a scalar can't be an input
} GradientCase;

// Truncation is of the fourth order in the step, rounding goes as 1 / step.
#ifdef KNOBS_DOUBLE
static const double GRADCHECK_STEP = 1e-3, GRADCHECK_BOUND = 1e-8;
#else
static const double GRADCHECK_STEP = 8e-3, GRADCHECK_BOUND = 2e-2;
#endif
// Two values of one input are never closer than this and none is closer to 0 than half of it, so
// that no step crosses the kink of a relu or changes the winner of a maximum.
static const double GRADCHECK_GAP = 0.05;

typedef struct GradientInputs {
    int count;
    Shape shapes[GRADCHECK_INPUTS];
    real *values[GRADCHECK_INPUTS];    // of x[0]; the others are the parameters' own
    double *numeric[GRADCHECK_INPUTS]; // the gradients by differences
    Parameter *parameters[GRADCHECK_INPUTS];
} GradientInputs;

static inline void gradcheck_fill(real *values, size_t n, uint64_t seed) {
    Random random = random_from_seed(seed);
    int *order = malloc((n + 1) * sizeof *order);
    random_permutation(&random, n, order);
    for (size_t i = 0; i < n; i++)
        values[i] = (real)(GRADCHECK_GAP * (order[i] + 0.5 - (double)(n / 2)));
    free(order);
}

static inline GradientInputs gradcheck_inputs(const GradientCase *c) {
    GradientInputs inputs = {0};
    for (int i = 0; i < GRADCHECK_INPUTS && c->shapes[i].rank > 0; i++) {
        const size_t size = shape_size(c->shapes[i]);
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        inputs.shapes[i] = c->shapes[i];
        inputs.parameters[i] = parameter_new(name, c->shapes[i]);
        inputs.values[i] = inputs.parameters[i]->tensor.data;
        inputs.numeric[i] = calloc(size + 1, sizeof(double));
        gradcheck_fill(inputs.values[i], size, 7 + (uint64_t)i);
        inputs.count++;
    }
    return inputs;
}

static inline void gradcheck_free(GradientInputs *inputs) {
    for (int i = 0; i < inputs->count; i++) {
        parameter_free(inputs->parameters[i]);
        free(inputs->numeric[i]);
    }
}

// The loss for the inputs of `wanted` (a bit each); x[0] comes back as a leaf of the tape.
static inline Tensor *gradcheck_loss(Tape *tape, const GradientCase *c, GradientInputs *inputs,
                                     unsigned wanted, Tensor **leaf) {
    Tensor *x[GRADCHECK_INPUTS] = {0};
    x[0] = *leaf = tape_copy(tape, inputs->shapes[0], inputs->values[0]);
    if (wanted & 1)
        tape_require_grad(x[0]);
    for (int i = 1; i < inputs->count; i++) {
        x[i] = &inputs->parameters[i]->tensor;
        x[i]->requires_grad = wanted >> i & 1;
    }
    Tensor *y = c->apply(x);
    if (y->size == 1)
        return y;
    Tensor *factors = tape_tensor(tape, y->shape);
    for (size_t i = 0; i < y->size; i++)
        factors->data[i] = (real)(0.3 + cos(1.7 * (double)i));
    return sum(multiply(y, factors));
}

static inline double gradcheck_value(Tape *tape, const GradientCase *c, GradientInputs *inputs) {
    Tensor *leaf;
    tape_set_recording(tape, false);
    const double value = tensor_item(gradcheck_loss(tape, c, inputs, 0, &leaf));
    tape_set_recording(tape, true);
    tape_clear(tape);
    return value;
}

static inline void gradcheck_differences(Tape *tape, const GradientCase *c,
                                         GradientInputs *inputs) {
    static const double at[] = {1, -1, 2, -2}, weights[] = {8, -8, -1, 1};
    for (int i = 0; i < inputs->count; i++)
        for (size_t j = 0; j < shape_size(inputs->shapes[i]); j++) {
            const real before = inputs->values[i][j];
            double total = 0;
            for (int k = 0; k < 4; k++) {
                inputs->values[i][j] = (real)((double)before + at[k] * GRADCHECK_STEP);
                total += weights[k] * gradcheck_value(tape, c, inputs);
            }
            inputs->values[i][j] = before;
            inputs->numeric[i][j] = total / (12 * GRADCHECK_STEP);
        }
}

// The largest difference, relative to the largest gradient; `factor` times the numeric one is
// expected.
static inline double gradcheck_error(const Tensor *x, const double *numeric, double factor) {
    double error = 0, scale = 0;
    for (size_t i = 0; i < x->size; i++) {
        const double difference = fabs((double)x->grad[i] - factor * numeric[i]);
        if (!(difference <= error)) // a NaN too
            error = difference;
        scale = fmax(scale, fabs(factor * numeric[i]));
    }
    return scale > 1e-3 ? error / scale : error;
}

static inline double gradcheck_compare(const GradientCase *c, GradientInputs *inputs, Tensor *leaf,
                                       unsigned wanted, double factor) {
    double worst = 0;
    for (int i = 0; i < inputs->count; i++) {
        const Tensor *x = i == 0 ? leaf : &inputs->parameters[i]->tensor;
        if (x->grad_state != (wanted >> i & 1 ? GRAD_VALUE : GRAD_NONE))
            fail_msg("%s (%s): input %d of choice %u: the gradient's state is %d", c->operation,
                     c->label, i, wanted, (int)x->grad_state);
        if (!(wanted >> i & 1))
            continue;
        const double error = gradcheck_error(x, inputs->numeric[i], factor);
        if (!(error < GRADCHECK_BOUND))
            fail_msg("%s (%s): input %d of choice %u, gradient number %g: relative error %g",
                     c->operation, c->label, i, wanted, factor, error);
        worst = fmax(worst, error);
    }
    return worst;
}

static inline double gradcheck_run(const GradientCase *c) {
    Tape *tape = tape_new();
    GradientInputs inputs = gradcheck_inputs(c);
    gradcheck_differences(tape, c, &inputs);
    double worst = 0;
    for (unsigned wanted = 1; wanted < 1u << inputs.count; wanted++) {
        Tensor *leaf;
        Tensor *loss = gradcheck_loss(tape, c, &inputs, wanted, &leaf);
        for (int i = 1; i < inputs.count; i++)
            parameter_clear_grad(inputs.parameters[i]);
        for (int pass = 1; pass <= 2; pass++) { // the second one adds
            backward(loss);
            worst = fmax(worst, gradcheck_compare(c, &inputs, leaf, wanted, pass));
        }
        tape_clear(tape);
    }
    Tensor *leaf; // nothing wants a gradient: nothing is recorded
    if (gradcheck_loss(tape, c, &inputs, 0, &leaf)->requires_grad)
        fail_msg("%s (%s): nothing wants a gradient, yet the loss requires one", c->operation,
                 c->label);
    gradcheck_free(&inputs);
    tape_free(tape);
    return worst;
}

// Each `Tensor *name(` of the header (name_with counts as name) needs a case.
static inline void gradcheck_guard(const char *header, const GradientCase *cases, size_t count) {
    FILE *file = fopen(header, "r");
    if (!file)
        fail_msg("cannot read %s", header);
    char line[512], name[128];
    int declared = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Tensor *%127[a-z0-9_](", name) != 1)
            continue;
        size_t length = strlen(name);
        if (length > 5 && strcmp(name + length - 5, "_with") == 0)
            name[length - 5] = 0;
        declared++;
        bool found = false;
        for (size_t i = 0; i < count; i++)
            found = found || strcmp(cases[i].operation, name) == 0;
        if (!found)
            fail_msg("%s declares %s, which has no row in the table of gradients", header, name);
    }
    fclose(file);
    if (declared == 0)
        fail_msg("%s declares no operation: the guard reads it wrongly", header);
}

#endif
