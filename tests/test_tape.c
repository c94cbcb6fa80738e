// What the tape promises: who gets a gradient, what backward costs, whose memory lives how long,
// and what a wrong use says. And the arena below it.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "caught.h"
#include "tensor/arena.h"
#include "tensor/operations.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define UNDER_ASAN 1
#endif
#ifdef UNDER_ASAN
#include <sanitizer/asan_interface.h>
#endif

// --- arena ---------------------------------------------------------------------------------------

static void test_arena_counts(void **state) {
    (void)state;
    Arena memory = {0}, *arena = &memory;
    assert_int_equal(arena->held, 0);
    void *a = arena_alloc(arena, 100), *b = arena_alloc(arena, 64), *c = arena_alloc(arena, 0);
    assert_int_equal((uintptr_t)a % 64 + (uintptr_t)b % 64 + (uintptr_t)c % 64, 0);
    assert_int_equal(arena->used, 128 + 64);
    arena_release(arena, c);
    arena_release(arena, b);
    assert_int_equal(arena->used, 128);
    assert_int_equal(arena->peak, 128 + 64);
    arena->peak = arena->used;
    assert_int_equal(arena->peak, 128);
    assert_ptr_equal(arena_alloc(arena, 64), b); // the hole is found again
    arena_clear(arena);
    assert_int_equal(arena->used, 0);
    assert_true(arena->held > 0);
    arena_free(arena);
}

// A block that is split and whose parts are released in any order is whole again.
static void test_arena_merges(void **state) {
    (void)state;
    static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {0, 2, 1, 3}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        Arena memory = {0}, *arena = &memory;
        void *whole = arena_alloc(arena, 4096);
        arena_release(arena, whole);
        void *parts[4];
        for (int j = 0; j < 4; j++)
            parts[j] = arena_alloc(arena, 512);
        assert_ptr_equal(parts[0], whole);
        for (int j = 0; j < 4; j++)
            arena_release(arena, parts[orders[i][j]]);
        assert_ptr_equal(arena_alloc(arena, 4096), whole);
        arena_free(arena);
    }
}

// Random blocks, each filled with its own byte: none may overlap another, and the count must agree
// with a plain list.
enum { MODEL_BLOCKS = 64 };

typedef struct Model {
    unsigned char *memory[MODEL_BLOCKS];
    size_t bytes[MODEL_BLOCKS], used, peak;
} Model;

static void model_check(const Model *model, int i) {
    for (size_t j = 0; j < model->bytes[i]; j++)
        if (model->memory[i][j] != i)
            fail_msg("block %d of %zu bytes was overwritten at %zu", i, model->bytes[i], j);
}

static void model_step(Model *model, Arena *arena, Random *random) {
    const int i = (int)random_below(random, MODEL_BLOCKS);
    if (model->memory[i]) {
        model_check(model, i);
        arena_release(arena, model->memory[i]);
        model->memory[i] = NULL;
        model->used -= (model->bytes[i] + 63) / 64 * 64;
        return;
    }
    model->bytes[i] = 1 + random_below(random, random_below(random, 8) == 0 ? 50000 : 900);
    model->memory[i] = arena_alloc(arena, model->bytes[i]);
    memset(model->memory[i], i, model->bytes[i]);
    model->used += (model->bytes[i] + 63) / 64 * 64;
}

static void test_arena_random_blocks(void **state) {
    (void)state;
    Arena memory = {0}, *arena = &memory;
    Random random = random_from_seed(1);
    for (int round = 0; round < 5; round++) {
        Model model = {0};
        for (int step = 0; step < 4000; step++) {
            model_step(&model, arena, &random);
            assert_int_equal(arena->used, model.used);
        }
        for (int i = 0; i < MODEL_BLOCKS; i++)
            if (model.memory[i])
                model_check(&model, i);
        if (round % 2 == 0) {
            arena_clear(arena);
            continue;
        }
        for (int i = 0; i < MODEL_BLOCKS; i++)
            if (model.memory[i])
                arena_release(arena, model.memory[i]);
        assert_int_equal(arena->used, 0);
    }
    arena_clear(arena);
    const size_t held = arena->held; // in one piece: all of it can be had at once
    arena_alloc(arena, held - 256);
    assert_int_equal(arena->held, held);
    arena_free(arena);
}

// --- gradients and their states ------------------------------------------------------------------

static Parameter *filled(const char *name, Shape shape, double first) {
    Parameter *parameter = parameter_new(name, shape);
    for (size_t i = 0; i < parameter->tensor.size; i++)
        parameter->tensor.data[i] = (real)(first + (double)i);
    return parameter;
}

static void test_gradient_states(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *p = filled("p", SHAPE(2), 3), *unused = filled("unused", SHAPE(2), 1);
    assert_int_equal(p->tensor.grad_state, GRAD_NONE);
    for (int pass = 1; pass <= 3; pass++) { // it adds up until it is cleared
        backward(sum(scale(tape_use(tape, p), 2)));
        tape_clear(tape);
        assert_int_equal(p->tensor.grad_state, GRAD_VALUE);
        assert_true(p->tensor.grad[0] == (real)(2 * pass) && p->tensor.grad[1] == (real)(2 * pass));
    }
    assert_int_equal(unused->tensor.grad_state, GRAD_NONE);
    parameter_zero_grad(p);
    assert_int_equal(p->tensor.grad_state, GRAD_ZERO);
    assert_true(p->tensor.grad[0] == 0 && p->tensor.grad[1] == 0);
    backward(sum(tape_use(tape, p)));
    assert_int_equal(p->tensor.grad_state, GRAD_VALUE);
    assert_true(p->tensor.grad[0] == 1);
    parameter_clear_grad(p);
    assert_int_equal(p->tensor.grad_state, GRAD_NONE);
    backward(sum(tape_use(tape, p))); // what was there is forgotten
    assert_true(p->tensor.grad[0] == 1);
    ParameterList list = {0};
    parameter_list_append(&list, p);
    parameter_list_require_grad(&list, false); // freezing leaves it, as in PyTorch
    assert_int_equal(p->tensor.grad_state, GRAD_VALUE);
    assert_true(p->tensor.grad[0] == 1);
    backward(sum(add(tape_use(tape, p), tape_use(tape, unused))));
    assert_true(p->tensor.grad[0] == 1 && unused->tensor.grad[0] == 1);
    parameter_list_append(&list, unused);
    parameter_list_clear_grad(&list);
    assert_true(p->tensor.grad_state == GRAD_NONE && unused->tensor.grad_state == GRAD_NONE);
    tape_free(tape);
    parameter_free(p);
    parameter_free(unused);
}

static void test_two_passes_over_one_recording(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *p = filled("p", SHAPE(2), 3);
    Tensor *x = tape_use(tape, p), *square = multiply(x, x);
    Tensor *first = sum(square), *second = sum(scale(square, 10)), *third = mean(x);
    backward(first);
    assert_true(p->tensor.grad[0] == 6 && p->tensor.grad[1] == 8);
    backward(second);
    assert_true(p->tensor.grad[0] == 66 && p->tensor.grad[1] == 88);
    backward(first); // an earlier loss after a later one
    assert_true(p->tensor.grad[0] == 72 && p->tensor.grad[1] == 96);
    backward(third);
    assert_true(fabs((double)p->tensor.grad[0] - 72.5) < 1e-12);
    tape_free(tape);
    parameter_free(p);
}

static void test_retained_gradients(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *p = filled("p", SHAPE(2), 3);
    Tensor *x = tape_use(tape, p), *kept = scale(x, 2), *view = reshape(kept, SHAPE(2, 1)),
           *dropped = scale(view, 5), *loss = sum(dropped);
    tensor_retain_grad(kept);
    tensor_retain_grad(view);
    for (int pass = 1; pass <= 2; pass++) { // each pass starts anew for what isn't a leaf
        backward(loss);
        assert_int_equal(kept->grad_state, GRAD_VALUE);
        assert_true(kept->grad[0] == 5 && kept->grad[1] == 5);
        assert_true(view->grad[0] == 5 && view->grad[1] == 5);
        assert_int_equal(dropped->grad_state, GRAD_NONE);
        assert_true(p->tensor.grad[0] == (real)(10 * pass));
    }
    assert_fatal(tensor_retain_grad(tape_tensor(tape, SHAPE(3))), "[3] requires no gradient");
    assert_fatal(tape_require_grad(kept), "the result of scale");
    tape_free(tape);
    parameter_free(p);
}

static void test_detach(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *p = filled("p", SHAPE(2), 3);
    Tensor *x = tape_use(tape, p);
    Tensor *cut = detach(scale(x, 2));
    assert_false(cut->requires_grad);
    assert_true(cut->data[0] == 6 && cut->data[1] == 8);
    backward(sum(multiply(x, cut)));
    assert_true(p->tensor.grad[0] == 6 && p->tensor.grad[1] == 8); // not 12 and 16
    assert_fatal(backward(sum(cut)), "nothing that the loss depends on requires a gradient");
    assert_fatal(backward(&p->tensor), "the loss must be one number");
    Parameter *number = parameter_new("number", SHAPE(1));
    assert_fatal(backward(&number->tensor), "the loss is on no tape");
    parameter_free(number);
    tape_free(tape);
    parameter_free(p);
}

static void test_leaf_of_the_tape(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const real values[] = {1, 2, 3};
    Tensor *image = tape_copy(tape, SHAPE(3), values);
    assert_false(image->requires_grad);
    tape_require_grad(image);
    backward(sum(multiply(reshape(image, SHAPE(3, 1)), reshape(image, SHAPE(3, 1)))));
    for (int i = 0; i < 3; i++)
        assert_true(image->grad[i] == 2 * values[i]);
    tape_free(tape);
}

static void test_no_recording(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *p = filled("p", SHAPE(2), 3);
    assert_true(tape->recording);
    tape_set_recording(tape, false);
    Tensor *loss = sum(multiply(tape_use(tape, p), tape_use(tape, p)));
    assert_false(loss->requires_grad);
    assert_null(loss->node);
    assert_true(tensor_item(loss) == 25);
    assert_fatal(backward(loss), "the tape wasn't recording");
    tape_set_recording(tape, true);
    backward(sum(tape_use(tape, p)));
    tape_free(tape);
    parameter_free(p);
}

// --- wrong use -----------------------------------------------------------------------------------

static void test_changed_parameter(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *weight = filled("net.weight", SHAPE(1, 2), 3);
    Tensor *x = tape_tensor(tape, SHAPE(1, 2));
    x->data[0] = x->data[1] = 1;
    Tensor *loss = sum(linear(x, &weight->tensor, NULL));
    backward(loss);
    parameter_changed(weight);
    assert_fatal(backward(loss), "parameter 'net.weight' changed after the forward of linear");
    tape_clear(tape);
    // A frozen one, seen through a view: its numbers are what the other's gradient is made of.
    Parameter *frozen = filled("frozen", SHAPE(2), 1), *other = filled("other", SHAPE(2), 1);
    frozen->tensor.requires_grad = false;
    loss = sum(multiply(tape_use(tape, frozen), tape_use(tape, other)));
    parameter_changed(frozen);
    assert_fatal(backward(loss), "parameter 'frozen' changed after the forward of multiply");
    tape_clear(tape);
    // Unfrozen after a forward that saved nothing for it.
    ParameterList list = {0};
    parameter_list_append(&list, frozen);
    loss = sum(multiply(tape_use(tape, frozen), tape_use(tape, other)));
    parameter_list_require_grad(&list, true);
    assert_fatal(backward(loss), "parameter 'frozen' changed");
    tape_clear(tape);
    loss = sum(multiply(tape_use(tape, frozen), tape_use(tape, other)));
    backward(loss);
    tape_free(tape);
    parameter_free(weight);
    parameter_free(frozen);
    parameter_free(other);
}

static void test_wrong_uses(void **state) {
    (void)state;
    Tape *tape = tape_new(), *other = tape_new();
    Parameter *p = filled("p", SHAPE(2), 3);
    assert_fatal(relu(&p->tensor), "relu: no input is on a tape");
    assert_fatal(add(&p->tensor, &p->tensor), "tape_use(tape, parameter)");
    assert_fatal(add(tape_use(tape, p), tape_use(other, p)),
                 "add: its inputs are on two different");
    assert_fatal(backward(tape_use(tape, p)), "the loss must be one number, it has shape [2]");
    assert_fatal(backward(sum(tape_tensor(tape, SHAPE(0)))), "requires a gradient");
    assert_fatal(tensor_item(tape_use(tape, p)), "one number");
    Tensor *x = tape_tensor(tape, SHAPE(3));
    tensor_release(x);
    assert_fatal(tensor_release(x), "released before");
    assert_fatal(reshape(tape_tensor(tape, SHAPE(3)), SHAPE(2)), "[3] doesn't fit into [2]");
    assert_fatal(SHAPE(2, -1), "dimension 1 is -1");
    assert_fatal(SHAPE(1, 1, 1, 1, 1), "5 dimensions");
    assert_fatal(SHAPE(1 << 30, 1 << 30, 1 << 30), "too large");
    tape_free(tape);
    tape_free(other);
    parameter_free(p);
}

// --- cost ----------------------------------------------------------------------------------------

enum { BATCH = 4, CHANNELS = 3, SIDE = 8, CLASSES = 5 };

// A backbone of `depth` convolutions and a head, whose results are released as soon as they are
// used.
typedef struct Net {
    int depth;
    Parameter *weights[16], *head;
} Net;

static Net net_new(int depth) {
    Net net = {.depth = depth};
    Random random = random_from_seed(4);
    for (int i = 0; i < depth; i++) {
        net.weights[i] = parameter_new("backbone", SHAPE(CHANNELS, CHANNELS, 3, 3));
        Tensor *weight = &net.weights[i]->tensor;
        random_fill_normal(&random, weight->size, 0, 0.3, weight->data);
    }
    net.head = filled("head", SHAPE(CLASSES, CHANNELS * SIDE * SIDE), -1);
    return net;
}

static void net_free(Net *net) {
    for (int i = 0; i < net->depth; i++)
        parameter_free(net->weights[i]);
    parameter_free(net->head);
}

static void net_freeze_backbone(Net *net) {
    for (int i = 0; i < net->depth; i++)
        net->weights[i]->tensor.requires_grad = false;
}

static Tensor *then(Tensor *before, Tensor *after) {
    tensor_release(before);
    return after;
}

static Tensor *net_loss(Tape *tape, Net *net) {
    Tensor *h = tape_tensor(tape, SHAPE(BATCH, CHANNELS, SIDE, SIDE));
    for (size_t i = 0; i < h->size; i++)
        h->data[i] = (real)cos((double)i);
    for (int i = 0; i < net->depth; i++) {
        h = then(h, conv2d(h, &net->weights[i]->tensor, NULL, .padding = 1));
        h = then(h, relu(h));
    }
    h = then(h, flatten(h));
    h = then(h, linear(h, &net->head->tensor, NULL));
    return then(h, mean(h));
}

static const uint64_t CONV_COST = (uint64_t)BATCH * CHANNELS * SIDE * SIDE * CHANNELS * 3 * 3,
                      HEAD_COST = (uint64_t)BATCH * CLASSES * CHANNELS * SIDE * SIDE;

static void test_frozen_prefix_costs_nothing(void **state) {
    (void)state;
    for (int depth = 1; depth <= 8; depth *= 2) {
        Tape *tape = tape_new();
        Net net = net_new(depth);
        const uint64_t layers = (uint64_t)depth;
        backward(net_loss(tape, &net));
        // Each convolution: its weight's gradient and, but for the first, its input's; relu; the
        // head twice; flatten and mean cost none.
        assert_int_equal(tape->backward.multiply_adds,
                         (2 * layers - 1) * CONV_COST + 2 * HEAD_COST);
        assert_int_equal(tape->backward.operations, 2 * layers + 3);
        tape_clear(tape);
        tape_reset_counts(tape);
        net_freeze_backbone(&net);
        backward(net_loss(tape, &net));
        assert_int_equal(tape->forward.multiply_adds, layers * CONV_COST + HEAD_COST);
        assert_int_equal(tape->forward.operations, 2 * layers + 3);
        assert_int_equal(tape->backward.multiply_adds, HEAD_COST);
        assert_int_equal(tape->backward.operations, 2); // the head and the mean
        tape_free(tape);
        net_free(&net);
    }
}

// A depthwise and a transposed convolution of a channel count of 6 cost what their formulas say,
// and each gradient costs as much, where it is wanted.
static void test_costs_of_convolutions(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *depthwise = filled("depthwise", SHAPE(6, 1, 3, 3), 1),
              *transposed = filled("transposed", SHAPE(6, 2, 4, 4), 1),
              *bias = filled("bias", SHAPE(2), 1);
    const uint64_t of_depthwise = (uint64_t)BATCH * 6 * 3 * 3 * 4 * 4, // 8×8 → 4×4
        of_transposed = (uint64_t)BATCH * 6 * 2 * 4 * 4 * 4 * 4;       // 4×4 → 8×8
    for (unsigned wanted = 1; wanted < 8; wanted++) {
        depthwise->tensor.requires_grad = wanted & 1;
        transposed->tensor.requires_grad = wanted >> 1 & 1;
        bias->tensor.requires_grad = wanted >> 2 & 1;
        Tensor *x = tape_tensor(tape, SHAPE(BATCH, 6, 8, 8));
        memset(x->data, 0, x->size * sizeof(real));
        Tensor *h =
            conv2d(x, &depthwise->tensor, NULL, .stride = 2, .padding = PADDING_SAME, .groups = 6);
        h = conv_transpose2d(h, &transposed->tensor, &bias->tensor, .stride = 2, .padding = 1);
        assert_true(shape_equal(h->shape, SHAPE(BATCH, 2, 8, 8)));
        tape_reset_counts(tape);
        backward(sum(h));
        const uint64_t first = wanted & 1, second = wanted >> 1 & 1;
        assert_int_equal(tape->backward.multiply_adds,
                         first * (of_depthwise + of_transposed) + second * of_transposed);
        assert_int_equal(tape->backward.operations, first + 2);
        tape_clear(tape);
    }
    tape_free(tape);
    parameter_free(depthwise);
    parameter_free(transposed);
    parameter_free(bias);
}

// The most that one step needs, with a backbone of this depth.
typedef enum Mode { TRAINING, FROZEN, EVALUATION } Mode;

static size_t peak_of(int depth, Mode mode) {
    Tape *tape = tape_new();
    Net net = net_new(depth);
    if (mode == FROZEN)
        net_freeze_backbone(&net);
    tape_set_recording(tape, mode != EVALUATION);
    Tensor *loss = net_loss(tape, &net);
    if (mode != EVALUATION)
        backward(loss);
    const size_t peak = tape->values.peak;
    tape_free(tape);
    net_free(&net);
    return peak;
}

static void test_released_memory(void **state) {
    (void)state;
    assert_true(peak_of(12, TRAINING) > peak_of(2, TRAINING) + 8 * BATCH * CHANNELS * SIDE * SIDE);
    assert_int_equal(peak_of(12, FROZEN), peak_of(2, FROZEN));
    assert_int_equal(peak_of(12, EVALUATION), peak_of(2, EVALUATION));
}

// A frozen suffix, as the discriminator is to the generator: the gradient goes through it, yet
// without the weights' gradients no input needs to be kept.
static size_t peak_of_frozen_suffix(int depth) {
    Tape *tape = tape_new();
    Net net = net_new(depth);
    net_freeze_backbone(&net);
    Tensor *h = tape_tensor(tape, SHAPE(BATCH, CHANNELS, SIDE, SIDE));
    for (size_t i = 0; i < h->size; i++)
        h->data[i] = (real)cos((double)i);
    tape_require_grad(h);
    for (int i = 0; i < depth; i++)
        h = i % 2 ? then(h, conv2d(h, &net.weights[i]->tensor, NULL, .padding = 1))
                  : then(h, conv_transpose2d(h, &net.weights[i]->tensor, NULL, .padding = 1));
    const size_t peak = tape->values.peak;
    tape_free(tape);
    net_free(&net);
    return peak;
}

static void test_frozen_suffix_keeps_no_inputs(void **state) {
    (void)state;
    assert_int_equal(peak_of_frozen_suffix(9), peak_of_frozen_suffix(2));
}

// The layers that keep work memory for their backward keep none where nothing is recorded.
static size_t peak_of_layers(int depth, bool recording) {
    Tape *tape = tape_new();
    Parameter *p[4];
    for (int i = 0; i < 4; i++) {
        p[i] = filled("p", SHAPE(CHANNELS), 1);
        p[i]->tensor.requires_grad = false;
    }
    Random random = random_from_seed(2);
    Tensor *h = tape_tensor(tape, SHAPE(BATCH, CHANNELS, SIDE, SIDE));
    random_fill_normal(&random, h->size, 0, 1, h->data);
    tape_set_recording(tape, recording);
    for (int i = 0; i < depth; i++) {
        h = then(h, batch_norm(h, &p[0]->tensor, &p[1]->tensor, &p[2]->tensor, &p[3]->tensor,
                               (BatchNormOptions){.training = true, .momentum = 0.1, .eps = 1e-5}));
        h = then(h, max_pool2d(h, 3, .stride = 1, .padding = 1));
        h = then(h, avg_pool2d(h, 3, .stride = 1, .padding = 1));
        h = then(h, dropout(h, 0.5, true, &random));
    }
    const size_t peak = tape->values.peak;
    tape_free(tape);
    for (int i = 0; i < 4; i++)
        parameter_free(p[i]);
    return peak;
}

static void test_released_work_memory(void **state) {
    (void)state;
    assert_int_equal(peak_of_layers(9, true), peak_of_layers(1, true));
    assert_int_equal(peak_of_layers(9, false), peak_of_layers(1, false));
}

static size_t held_by(const Tape *tape) {
    return tape->values.held + tape->records.held;
}

static void test_flat_memory(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Net net = net_new(6);
    size_t held = 0;
    for (int step = 1; step <= 30; step++) {
        Tensor *loss = net_loss(tape, &net);
        backward(loss);
        backward(loss);
        if (step > 2)
            assert_int_equal(held_by(tape), held);
        held = held_by(tape);
        tape_clear(tape);
        if (step > 1)
            assert_int_equal(held_by(tape), held);
    }
    tape_free(tape);
    net_free(&net);
}

// What backward needs outlives the caller's release: the gradients are the same bits.
static void test_release_changes_no_gradient(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Net net = net_new(3);
    backward(net_loss(tape, &net));
    Tensor *h = tape_tensor(tape, SHAPE(BATCH, CHANNELS, SIDE, SIDE));
    for (size_t i = 0; i < h->size; i++)
        h->data[i] = (real)cos((double)i);
    real *first = memory_alloc(net.weights[0]->tensor.size * sizeof(real));
    memcpy(first, net.weights[0]->tensor.grad, net.weights[0]->tensor.size * sizeof(real));
    for (int i = 0; i < net.depth; i++) {
        parameter_clear_grad(net.weights[i]);
        h = relu(conv2d(h, &net.weights[i]->tensor, NULL, .padding = 1));
    }
    backward(mean(linear(flatten(h), &net.head->tensor, NULL)));
    assert_memory_equal(first, net.weights[0]->tensor.grad,
                        net.weights[0]->tensor.size * sizeof(real));
    free(first);
    tape_free(tape);
    net_free(&net);
}

// A loop without tape_clear is told so before it fills the memory; many losses of one forward, and a
// batch in many pieces, are none.
static void test_forgotten_clear(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Net net = net_new(2);
    for (int step = 1; step <= 100; step++)
        backward(net_loss(tape, &net));
    assert_fatal(backward(net_loss(tape, &net)), "backward: 101 passes without a tape_clear");
    tape_clear(tape);
    for (int piece = 1; piece <= 300; piece++) {
        backward(net_loss(tape, &net));
        if (piece % 64 == 0)
            tape_clear(tape);
    }
    tape_clear(tape);
    Tensor *loss = net_loss(tape, &net);
    for (int pass = 0; pass < 300; pass++)
        backward(scale(loss, pass));
    tape_free(tape);
    net_free(&net);
}

// Backward gives back the gradients of results and the work memory as it goes.
static void test_backward_leaves_no_gradients(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Net net = net_new(4);
    Tensor *loss = net_loss(tape, &net);
    tape_reset_counts(tape); // the peak starts at what is in use now
    const size_t before = tape->values.peak;
    backward(loss);
    tape_reset_counts(tape);
    assert_int_equal(tape->values.peak, before);
    tape_free(tape);
    net_free(&net);
}

// --- a stale read --------------------------------------------------------------------------------

static bool is_poisoned(const real *number) {
#ifdef UNDER_ASAN
    return __asan_address_is_poisoned(number);
#else
    return isnan(*number);
#endif
}

static void test_stale_reads_are_caught(void **state) {
    (void)state;
#ifndef KNOBS_DEBUG
    skip();
#endif
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(100));
    for (int i = 0; i < 100; i++)
        x->data[i] = 1;
    Tensor *y = scale(x, 2), *z = scale(x, 3);
    const real *released = y->data, *cleared = z->data;
    assert_false(is_poisoned(released) || is_poisoned(released + 99));
    tensor_release(y);
    assert_null(y->data);
    assert_true(is_poisoned(released) && is_poisoned(released + 99));
    assert_false(is_poisoned(cleared));
    tape_clear(tape);
    assert_true(is_poisoned(cleared) && is_poisoned(cleared + 99));
    Tensor *anew = tape_tensor(tape, SHAPE(100)); // and the memory is usable again
    anew->data[99] = 5;
    assert_true(anew->data[99] == 5);
    tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_counts),
        cmocka_unit_test(test_arena_merges),
        cmocka_unit_test(test_arena_random_blocks),
        cmocka_unit_test(test_gradient_states),
        cmocka_unit_test(test_two_passes_over_one_recording),
        cmocka_unit_test(test_retained_gradients),
        cmocka_unit_test(test_detach),
        cmocka_unit_test(test_leaf_of_the_tape),
        cmocka_unit_test(test_no_recording),
        cmocka_unit_test(test_changed_parameter),
        cmocka_unit_test(test_wrong_uses),
        cmocka_unit_test(test_frozen_prefix_costs_nothing),
        cmocka_unit_test(test_costs_of_convolutions),
        cmocka_unit_test(test_released_memory),
        cmocka_unit_test(test_frozen_suffix_keeps_no_inputs),
        cmocka_unit_test(test_released_work_memory),
        cmocka_unit_test(test_flat_memory),
        cmocka_unit_test(test_release_changes_no_gradient),
        cmocka_unit_test(test_forgotten_clear),
        cmocka_unit_test(test_backward_leaves_no_gradients),
        cmocka_unit_test(test_stale_reads_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
