#include "tensor/tape.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "kernels/elementwise.h"

Tape *tape_new(void) {
    Tape *tape = memory_zeroed(1, sizeof *tape);
    tape->recording = true;
    return tape;
}

void tape_free(Tape *tape) {
    if (!tape)
        return;
    arena_free(&tape->values);
    arena_free(&tape->records);
    free(tape);
}

void tape_clear(Tape *tape) {
    arena_clear(&tape->values);
    arena_clear(&tape->records);
    tape->last = NULL;
    tape->in_backward = false;
    tape->passes = 0;
}

void tape_set_recording(Tape *tape, bool recording) {
    tape->recording = recording;
}

// --- tensors -------------------------------------------------------------------------------------

real *tape_scratch(Tape *tape, size_t count) {
    return arena_alloc(&tape->values, count * sizeof(real));
}

void tape_release_scratch(Tape *tape, real *scratch) {
    arena_release(&tape->values, scratch);
}

static Tensor *tensor_new(Tape *tape, Shape shape, real *data) {
    Tensor *tensor = arena_alloc(&tape->records, sizeof *tensor);
    *tensor =
        (Tensor){.shape = shape, .size = shape_size(shape), .data = data, .tape = tape, .holds = 1};
    return tensor;
}

Tensor *tape_tensor(Tape *tape, Shape shape) {
    return tensor_new(tape, shape, tape_scratch(tape, shape_size(shape)));
}

Tensor *tape_copy(Tape *tape, Shape shape, const real *data) {
    Tensor *tensor = tape_tensor(tape, shape);
    memcpy(tensor->data, data, tensor->size * sizeof(real));
    return tensor;
}

Tensor *tape_normal(Tape *tape, Shape shape, Random *random) {
    Tensor *tensor = tape_tensor(tape, shape);
    random_fill_normal(random, tensor->size, 0, 1, tensor->data);
    return tensor;
}

void tape_require_grad(Tensor *leaf) {
    if (leaf->node)
        fatal("tape_require_grad: the tensor of shape %s is the result of %s, not a leaf; "
              "tensor_retain_grad keeps the gradient of a result",
              shape_text(leaf->shape).text, leaf->node->operation);
    leaf->requires_grad = true;
}

void tensor_retain_grad(Tensor *tensor) {
    if (!tensor->requires_grad)
        fatal("tensor_retain_grad: the tensor of shape %s requires no gradient",
              shape_text(tensor->shape).text);
    tensor->retains_grad = true;
}

// Parameters and buffers outlive the tape anyway.
static void tensor_hold(Tensor *tensor) {
    if (tensor->tape)
        tensor->holds++;
}

// From here on the data of `view` are those of `base`.
static void tensor_share(Tensor *view, Tensor *base) {
    view->base = base;
    tensor_hold(base);
}

void tensor_release(Tensor *tensor) {
    if (!tensor->tape)
        return;
    if (tensor->holds <= 0)
        fatal("tensor_release: the tensor of shape %s was released before",
              shape_text(tensor->shape).text);
    if (--tensor->holds > 0)
        return;
    if (tensor->base)
        tensor_release(tensor->base);
    else
        arena_release(&tensor->tape->values, tensor->data);
    tensor->data = NULL;
}

// --- recording -----------------------------------------------------------------------------------

bool wants_grad(const Tensor *input) {
    return input && input->requires_grad;
}

static Tape *tape_of(const char *operation, const Tensor *a, const Tensor *b, const Tensor *c) {
    const Tensor *inputs[NODE_MAX_INPUTS] = {a, b, c};
    Tape *tape = NULL;
    for (int i = 0; i < NODE_MAX_INPUTS; i++) {
        if (!inputs[i] || !inputs[i]->tape)
            continue;
        if (tape && inputs[i]->tape != tape)
            fatal("%s: its inputs are on two different tapes", operation);
        tape = inputs[i]->tape;
    }
    if (!tape)
        fatal("%s: no input is on a tape; put a parameter on one with tape_use(tape, parameter)",
              operation);
    return tape;
}

static Tensor *record(const char *operation, BackwardFunction backward_function, Tensor *output,
                      Tensor *a, Tensor *b, Tensor *c) {
    Tape *tape = output->tape;
    tape->forward.operations++;
    if (!tape->recording || !(wants_grad(a) || wants_grad(b) || wants_grad(c)))
        return output;
    Node *node = arena_alloc(&tape->records, sizeof *node);
    *node = (Node){.operation = operation,
                   .backward = backward_function,
                   .output = output,
                   .inputs = {a, b, c},
                   .before = tape->last};
    for (int i = 0; i < NODE_MAX_INPUTS; i++)
        if (node->inputs[i] && node->inputs[i]->parameter)
            node->versions[i] = node->inputs[i]->parameter->version;
    output->node = node;
    output->requires_grad = true;
    tape->last = node;
    return output;
}

Tensor *tape_record(const char *operation, BackwardFunction backward_function, Shape shape,
                    Tensor *a, Tensor *b, Tensor *c) {
    Tensor *output = tape_tensor(tape_of(operation, a, b, c), shape);
    return record(operation, backward_function, output, a, b, c);
}

Tensor *tape_record_over(const char *operation, BackwardFunction backward_function, Tensor *a,
                         Tensor *b, Tensor *c) {
    if (!a->given || a->holds > 1 || a->base || !a->tape)
        return tape_record(operation, backward_function, a->shape, a, b, c);
    Tensor *output = tensor_new(a->tape, a->shape, a->data);
    tensor_share(a, output);
    return record(operation, backward_function, output, a, b, c);
}

void node_save(Node *node, Tensor *tensor, bool needed) {
    if (node && needed)
        tensor_hold(tensor); // for good: the data stay until the tape is cleared
}

void node_keep(Node *node, const void *context, size_t bytes) {
    if (node)
        node->context = memcpy(arena_alloc(&node->output->tape->records, bytes), context, bytes);
}

// --- backward ------------------------------------------------------------------------------------

GradTarget tensor_grad_target(Tensor *tensor) {
    if (!wants_grad(tensor))
        return (GradTarget){0};
    if (!tensor->grad)
        tensor->grad = tensor->tape ? tape_scratch(tensor->tape, tensor->size)
                                    : memory_alloc(tensor->size * sizeof(real));
    GradTarget target = {.grad = tensor->grad, .add = tensor->grad_state == GRAD_VALUE};
    tensor->grad_state = GRAD_VALUE;
    return target;
}

GradTarget tensor_grad_target_over(Tensor *x, Tensor *y) {
    if (!wants_grad(x) || !x->tape || x->grad_state != GRAD_NONE || y->retains_grad)
        return tensor_grad_target(x);
    x->grad = y->grad;
    x->grad_state = GRAD_VALUE;
    y->grad = NULL;
    y->grad_state = GRAD_NONE;
    return (GradTarget){.grad = x->grad, .add = false};
}

static void grad_drop(Tensor *result) {
    arena_release(&result->tape->values, result->grad);
    result->grad = NULL;
    result->grad_state = GRAD_NONE;
}

static void node_check_versions(const Node *node) {
    for (int i = 0; i < NODE_MAX_INPUTS; i++) {
        const Parameter *parameter = node->inputs[i] ? node->inputs[i]->parameter : NULL;
        if (parameter && parameter->version != node->versions[i])
            fatal("backward: parameter '%s' changed after the forward of %s that used it; run the "
                  "forward again after an optimizer step, then backward",
                  parameter->name, node->operation);
    }
}

// Gradients of results belong to one pass; an earlier pass leaves only those that were retained.
static void forget_earlier_pass(Node *last) {
    for (Node *node = last; node; node = node->before)
        if (node->output->grad_state != GRAD_NONE)
            grad_drop(node->output);
}

// A loop that never clears its tape fills the memory, a step at a time. The limits lie beyond what a
// step of a GAN or of an accumulated batch needs; many backwards of one forward let nothing grow.
static void check_cleared(Tape *tape) {
    enum { MOST_PASSES = 100, MOST_GROWTH = 50 };
    const size_t bytes = tape->values.used + tape->records.used;
    if (tape->passes++ == 0)
        tape->first_bytes = bytes;
    if (tape->passes > MOST_PASSES && bytes / MOST_GROWTH > tape->first_bytes)
        fatal("backward: %d passes without a tape_clear, and the tape has grown from %zu to %zu "
              "bytes: call tape_clear(tape) at the end of each step",
              tape->passes, tape->first_bytes, bytes);
}

void backward(Tensor *loss) {
    if (loss->size != 1)
        fatal("backward: the loss must be one number, it has shape %s",
              shape_text(loss->shape).text);
    if (!loss->tape)
        fatal("backward: the loss is on no tape; put a parameter on one with tape_use");
    if (!loss->requires_grad)
        fatal("backward: nothing that the loss depends on requires a gradient (all frozen, "
              "detached, or the tape wasn't recording)");
    Tape *tape = loss->tape;
    check_cleared(tape);
    forget_earlier_pass(loss->node);
    tape->in_backward = true;
    GradTarget seed = tensor_grad_target(loss); // it adds only where the loss is itself a leaf
    seed.grad[0] = seed.add ? seed.grad[0] + 1 : 1;
    for (Node *node = loss->node; node; node = node->before) {
        if (node->output->grad_state == GRAD_NONE) // the loss doesn't depend on it
            continue;
        node_check_versions(node);
        node->backward(node);
        tape->backward.operations++;
        if (!node->output->retains_grad && node->output->grad)
            grad_drop(node->output);
    }
    tape->in_backward = false;
}

// --- views: no number moves ----------------------------------------------------------------------

static void view_backward(Node *node) {
    Tensor *x = node->inputs[0], *y = node->output;
    const real *dy = y->grad;
    GradTarget dx = tensor_grad_target_over(x, y);
    if (dx.grad && dx.grad != dy)
        kernel_combine(x->size, 1, dy, 0, NULL, dx.add, dx.grad);
}

static Tensor *view_new(Tape *tape, Tensor *x, Shape shape) {
    Tensor *y = tensor_new(tape, shape, x->data);
    y->parameter = x->parameter; // the version check looks through views
    tensor_share(y, x);
    return y;
}

Tensor *tape_record_view(const char *operation, Tensor *x, Shape shape) {
    Tensor *y = view_new(tape_of(operation, x, NULL, NULL), x, shape);
    return record(operation, view_backward, y, x, NULL, NULL);
}

Tensor *tape_use(Tape *tape, Parameter *parameter) {
    Tensor *x = &parameter->tensor;
    return record("tape_use", view_backward, view_new(tape, x, x->shape), x, NULL, NULL);
}

Tensor *detach(Tensor *x) {
    return view_new(tape_of("detach", x, NULL, NULL), x, x->shape);
}

// --- counting ------------------------------------------------------------------------------------

void tape_count(Tape *tape, uint64_t multiply_adds) {
    (tape->in_backward ? &tape->backward : &tape->forward)->multiply_adds += multiply_adds;
}

void tape_reset_counts(Tape *tape) {
    tape->forward = tape->backward = (TapeCounts){0};
    tape->values.peak = tape->values.used;
}
