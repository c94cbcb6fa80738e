#include "tensor/tape.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tensor/arena.h"

struct Tape {
    Arena values;  // data and gradients
    Arena records; // Tensor and Node structs, which live until tape_clear
    Node *last;    // the newest recorded operation; each knows the one before
    bool recording;
    bool in_backward;
    TapeCounts forward, backward;
};

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
}

void tape_set_recording(Tape *tape, bool recording) {
    tape->recording = recording;
}

bool tape_is_recording(const Tape *tape) {
    return tape->recording;
}

// --- tensors -------------------------------------------------------------------------------------

static Tensor *tape_tensor_struct(Tape *tape, Shape shape) {
    Tensor *tensor = arena_alloc(&tape->records, sizeof *tensor);
    *tensor = (Tensor){.shape = shape, .size = shape_size(shape), .tape = tape, .holds = 1};
    return tensor;
}

Tensor *tape_tensor(Tape *tape, Shape shape) {
    Tensor *tensor = tape_tensor_struct(tape, shape);
    tensor->data = arena_alloc(&tape->values, tensor->size * sizeof(real));
    return tensor;
}

Tensor *tape_copy(Tape *tape, Shape shape, const real *data) {
    Tensor *tensor = tape_tensor(tape, shape);
    memcpy(tensor->data, data, tensor->size * sizeof(real));
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
    else if (tensor->data) // not if a result took it
        arena_release(&tensor->tape->values, tensor->data);
    tensor->data = NULL;
}

void tensor_give(Tensor *tensor) {
    tensor->given = true;
}

Tensor *tape_result(Tape *tape, Tensor *x) {
    if (!x->given || x->holds > 1 || x->base || !x->tape)
        return tape_tensor(tape, x->shape);
    Tensor *y = tape_tensor_struct(tape, x->shape);
    y->data = x->data;
    x->data = NULL;
    return y;
}

real *tape_scratch(Tape *tape, size_t count) {
    return arena_alloc(&tape->values, count * sizeof(real));
}

void tape_release_scratch(Tape *tape, real *scratch) {
    arena_release(&tape->values, scratch);
}

// --- recording -----------------------------------------------------------------------------------

Tape *tape_of(const char *operation, const Tensor *a, const Tensor *b, const Tensor *c) {
    const Tensor *inputs[] = {a, b, c};
    Tape *tape = NULL;
    for (int i = 0; i < 3; i++) {
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

bool wants_grad(const Tensor *input) {
    return input && input->requires_grad;
}

bool tape_would_record(const Tape *tape, const Tensor *a, const Tensor *b, const Tensor *c) {
    return tape->recording && (wants_grad(a) || wants_grad(b) || wants_grad(c));
}

Node *tape_record(const char *operation, BackwardFunction backward_function, Tensor *output,
                  Tensor *a, Tensor *b, Tensor *c) {
    Tape *tape = output->tape;
    tape->forward.operations++;
    if (!tape_would_record(tape, a, b, c))
        return NULL;
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
    return node;
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
    if (!tensor->grad)
        tensor->grad = tensor->tape
                           ? arena_alloc(&tensor->tape->values, tensor->size * sizeof(real))
                           : memory_alloc(tensor->size * sizeof(real));
    GradTarget target = {.grad = tensor->grad, .add = tensor->grad_state == GRAD_VALUE};
    tensor->grad_state = GRAD_VALUE;
    return target;
}

GradTarget tensor_grad_target_over(Tensor *x, Tensor *y) {
    if (!x->tape || x->grad_state != GRAD_NONE || y->retains_grad)
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

// --- operations that move no numbers -------------------------------------------------------------

static void view_backward(Node *node) {
    Tensor *x = node->inputs[0], *y = node->output;
    if (!wants_grad(x))
        return;
    const real *dy = y->grad;
    GradTarget target = tensor_grad_target_over(x, y);
    for (size_t i = 0; target.grad != dy && i < x->size; i++)
        target.grad[i] = target.add ? target.grad[i] + dy[i] : dy[i];
}

static Tensor *view_new(Tape *tape, Tensor *x, Shape shape) {
    Tensor *y = tape_tensor_struct(tape, shape);
    y->data = x->data;
    y->base = x;
    y->parameter = x->parameter; // the version check looks through views
    tensor_hold(x);
    return y;
}

Tensor *tape_view(const char *operation, Tensor *x, Shape shape) {
    if (shape_size(shape) != x->size)
        fatal("%s: %s doesn't fit into %s", operation, shape_text(x->shape).text,
              shape_text(shape).text);
    Tape *tape = tape_of(operation, x, NULL, NULL);
    Tensor *y = view_new(tape, x, shape);
    tape_record(operation, view_backward, y, x, NULL, NULL);
    return y;
}

Tensor *tape_use(Tape *tape, Parameter *parameter) {
    Tensor *y = view_new(tape, &parameter->tensor, parameter->tensor.shape);
    tape_record("tape_use", view_backward, y, &parameter->tensor, NULL, NULL);
    return y;
}

Tensor *detach(Tensor *x) {
    return view_new(tape_of("detach", x, NULL, NULL), x, x->shape);
}

// --- counting ------------------------------------------------------------------------------------

void tape_count(Tape *tape, uint64_t multiply_adds) {
    (tape->in_backward ? &tape->backward : &tape->forward)->multiply_adds += multiply_adds;
}

TapeCounts tape_forward_counts(const Tape *tape) {
    return tape->forward;
}

TapeCounts tape_backward_counts(const Tape *tape) {
    return tape->backward;
}

void tape_reset_counts(Tape *tape) {
    tape->forward = tape->backward = (TapeCounts){0};
    tape->values.peak = tape->values.used;
}

size_t tape_peak_bytes(const Tape *tape) {
    return tape->values.peak;
}

size_t tape_held_bytes(const Tape *tape) {
    return tape->values.held + tape->records.held;
}
