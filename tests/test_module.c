// The registry of modules: names, order, counts, modes, wrong uses; what a forward keeps in memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caught.h"
#include "nn/groups.h"
#include "nn/init.h"
#include "nn/layers.h"

// --- a network of two levels ---------------------------------------------------------------------

static Module *network_new(void) {
    Module *features = sequential_new(
        conv2d_new(1, 8, 3, .padding = 1), relu_new(), max_pool2d_new(2),
        conv2d_new(8, 16, 3, .padding = 1, .bias = false), batch_norm_new(16), relu_new());
    Module *head = sequential_new(NULL);
    sequential_append(head, "flatten", flatten_new());
    sequential_append(head, "fc1", linear_new(256, 32));
    sequential_append(head, "act", hyperbolic_tangent_new());
    sequential_append(head, "fc2", linear_new(32, 10, .bias = false));
    Module *network = sequential_new(NULL);
    sequential_append(network, "features", features);
    sequential_append(network, "head", head);
    return network;
}

static void check_list(const ParameterList *list, const char *const *names, const Shape *shapes,
                       int count) {
    assert_int_equal(list->count, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(list->items[i]->name, names[i]);
        assert_true(shape_equal(list->items[i]->tensor.shape, shapes[i]));
    }
}

static void test_names_order_and_counts(void **state) {
    (void)state;
    static const char *const names[] = {"features.0.weight", "features.0.bias", "features.3.weight",
                                        "features.4.weight", "features.4.bias", "head.fc1.weight",
                                        "head.fc1.bias",     "head.fc2.weight"};
    const Shape shapes[] = {SHAPE(8, 1, 3, 3), SHAPE(8),       SHAPE(16, 8, 3, 3), SHAPE(16),
                            SHAPE(16),         SHAPE(32, 256), SHAPE(32),          SHAPE(10, 32)};
    static const char *const buffer_names[] = {"features.4.running_mean", "features.4.running_var"};
    const Shape buffer_shapes[] = {SHAPE(16), SHAPE(16)};
    Module *network = network_new();
    const ParameterList parameters = module_parameters(network), buffers = module_buffers(network);
    check_list(&parameters, names, shapes, 8);
    check_list(&buffers, buffer_names, buffer_shapes, 2);
    // 8·9 + 8, 16·8·9, 16 + 16, 32·256 + 32, 10·32
    assert_int_equal(parameter_list_size(&parameters), 80 + 1152 + 32 + 8224 + 320);
    for (int i = 0; i < parameters.count; i++)
        assert_true(parameters.items[i]->tensor.requires_grad);
    for (int i = 0; i < buffers.count; i++)
        assert_false(buffers.items[i]->tensor.requires_grad);
    module_free(network);
}

static void test_find(void **state) {
    (void)state;
    Module *network = network_new();
    assert_ptr_equal(module_find(network, "features"), network->children[0]);
    assert_ptr_equal(module_find(network, "features.4"), network->children[0]->children[4]);
    assert_string_equal(module_find(network, "head.fc1")->kind, "Linear");
    assert_string_equal(module_find_parameter(network, "head.fc1.bias")->name, "head.fc1.bias");
    // From a child the names are still those of the root.
    Module *head = module_find(network, "head");
    assert_ptr_equal(module_find_parameter(head, "head.fc1.bias"),
                     module_find_parameter(network, "head.fc1.bias"));
    assert_fatal(module_find(network, "heads"),
                 "Sequential has no child 'heads'; its children: features, head");
    assert_fatal(module_find(network, "head.fc"), "no child 'fc'; its children: flatten, fc1, act");
    assert_fatal(module_find(network, "head.fc1.weight"), "Linear has no child 'weight'");
    assert_fatal(module_find(network, ""), "no child ''");
    assert_fatal(module_find_parameter(network, "head.fc2.bias"),
                 "no parameter 'head.fc2.bias'; it has: features.0.weight, features.0.bias");
    module_free(network);
}

static void assert_under(const Module *network, const char *name, const char *first, int count) {
    const ParameterList under = module_parameters_under(network, name);
    assert_int_equal(under.count, count);
    assert_string_equal(under.items[0]->name, first);
}

static void test_parameters_under(void **state) {
    (void)state;
    Module *network = network_new();
    assert_under(network, "features", "features.0.weight", 5);
    assert_under(network, "features.4", "features.4.weight", 2);
    assert_under(network, "head.fc1", "head.fc1.weight", 2);
    assert_under(network, "head.fc1.bias", "head.fc1.bias", 1);
    assert_under(module_find(network, "head"), "head.fc2", "head.fc2.weight",
                 1); // the root's names
    static const char *const wrong[] = {"", "head.fc", "head.fc1.", "features.1", "fc1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_fatal(module_parameters_under(network, wrong[i]),
                     "it has: features.0.weight, features.0.bias");
    assert_fatal(module_parameters_under(network, "fc1"),
                 "module_parameters_under: Sequential has no parameter 'fc1'");
    module_free(network);
}

static void assert_mode(const Module *module, bool training) {
    assert_true(module->training == training);
    for (int i = 0; i < module->child_count; i++)
        assert_mode(module->children[i], training);
}

static void test_modes(void **state) {
    (void)state;
    Module *network = network_new();
    assert_mode(network, true);
    module_train(network, false);
    assert_mode(network, false);
    module_train(module_find(network, "head"), true); // a part alone
    assert_mode(module_find(network, "head"), true);
    assert_mode(module_find(network, "features"), false);
    assert_false(network->training);
    module_train(network, true);
    assert_mode(network, true);
    module_free(network);
}

static void test_pinned_modes(void **state) {
    (void)state;
    Module *network = network_new(), *features = module_find(network, "features");
    module_pin_mode(features, false);
    assert_mode(features, false);
    module_train(network, true);
    module_train(features, true); // not even itself
    module_train(features->children[4], true);
    assert_mode(features, false);
    assert_mode(module_find(network, "head"), true);
    module_unpin_mode(features);
    assert_mode(features, false);
    module_train(network, true);
    assert_mode(network, true);
    module_free(network);
}

// Each module's own mode comes back, whatever the modes were, also of evaluations within others.
static void test_evaluation_leaves_the_modes(void **state) {
    (void)state;
    Module *network = network_new(), *features = module_find(network, "features");
    Module *head = module_find(network, "head");
    module_train(features, false); // not pinned
    module_pin_mode(head, true);
    module_begin_evaluation(network);
    assert_mode(network, false);
    module_begin_evaluation(head);
    assert_mode(network, false);
    module_end_evaluation(head);
    assert_mode(network, false);
    module_end_evaluation(network);
    assert_true(network->training);
    assert_mode(features, false);
    assert_mode(head, true);
    module_train(network, false);
    assert_mode(head, true); // it is still pinned
    module_free(network);
}

// --- what the modes do ---------------------------------------------------------------------------

static void test_batch_norm_and_dropout_hear_the_mode(void **state) {
    (void)state;
    Random random = random_from_seed(4);
    Module *network = sequential_new(batch_norm_new(2), dropout_new(0.5, &random));
    module_initialise(network, &random);
    const real *running_mean = module_buffers(network).items[0]->tensor.data;
    Tape *tape = tape_new();
    const real rows[] = {1, 2, 3, 6};
    module_train(network, false);
    const uint64_t before = random.counter;
    Tensor *y = module_forward(network, tape_copy(tape, SHAPE(2, 2), rows));
    assert_true(running_mean[0] == 0 && running_mean[1] == 0 && random.counter == before);
    assert_true((double)y->data[3] > 5.9 && (double)y->data[3] < 6.1);
    module_train(network, true);
    module_forward(network, tape_copy(tape, SHAPE(2, 2), rows));
    assert_true((double)running_mean[0] > 0.19 && (double)running_mean[0] < 0.21);
    assert_true((double)running_mean[1] > 0.39 && (double)running_mean[1] < 0.41);
    assert_int_equal(random.counter, before + 4);
    tape_free(tape);
    module_free(network);
}

// A layer is its operation on its own parameters, with its own options.
static void test_layers_are_their_operations(void **state) {
    (void)state;
    Random random = random_from_seed(5);
    Module *network = sequential_new(conv2d_new(2, 3, 3, .stride = 2, .padding = 1, .bias = false),
                                     leaky_relu_new(0.2), max_pool2d_new(2, .stride = 1),
                                     avg_pool2d_new(2, .padding = 1), sigmoid_new(), flatten_new(),
                                     linear_new(12, 4), hyperbolic_tangent_new(), relu_new());
    module_initialise(network, &random);
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(3, 2, 6, 6));
    random_fill_normal(&random, x->size, 0, 1, x->data);
    Tensor *y = module_forward(network, x);
    Tensor *h = conv2d(x, &module_find_parameter(network, "0.weight")->tensor, NULL, .stride = 2,
                       .padding = 1);
    h = max_pool2d(leaky_relu(h, 0.2), 2, .stride = 1);
    h = flatten(sigmoid(avg_pool2d(h, 2, .padding = 1)));
    h = relu(hyperbolic_tangent(linear(h, &module_find_parameter(network, "6.weight")->tensor,
                                       &module_find_parameter(network, "6.bias")->tensor)));
    assert_true(shape_equal(y->shape, h->shape));
    assert_memory_equal(y->data, h->data, y->size * sizeof(real));
    tape_free(tape);
    module_free(network);
}

// The layers of a generator and of MobileNet.
static void test_layers_of_groups_and_transposes(void **state) {
    (void)state;
    Random random = random_from_seed(5);
    Module *network = sequential_new(
        conv2d_new(4, 4, 3, .stride = 2, .padding = PADDING_SAME, .groups = 4, .bias = false),
        conv2d_new(4, 6, 1, .groups = 2), relu6_new(),
        conv_transpose2d_new(6, 3, 3, .stride = 2, .padding = 1, .output_padding = 1),
        conv_transpose2d_new(3, 6, 4, .groups = 3, .bias = false));
    static const char *const names[] = {"0.weight", "1.weight", "1.bias",
                                        "3.weight", "3.bias",   "4.weight"};
    const Shape shapes[] = {SHAPE(4, 1, 3, 3), SHAPE(6, 2, 1, 1), SHAPE(6),
                            SHAPE(6, 3, 3, 3), SHAPE(3),          SHAPE(3, 2, 4, 4)};
    const ParameterList list = module_parameters(network);
    check_list(&list, names, shapes, 6);
    module_initialise(network, &random);
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(3, 4, 7, 6)), *p[6];
    random_fill_normal(&random, x->size, 0, 9, x->data);
    for (int i = 0; i < 6; i++)
        p[i] = &list.items[i]->tensor;
    Tensor *y = module_forward(network, x);
    Tensor *h = conv2d(x, p[0], NULL, .stride = 2, .padding = PADDING_SAME, .groups = 4);
    h = relu6(conv2d(h, p[1], p[2], .groups = 2));
    h = conv_transpose2d(h, p[3], p[4], .stride = 2, .padding = 1, .output_padding = 1);
    h = conv_transpose2d(h, p[5], NULL, .groups = 3);
    assert_true(shape_equal(y->shape, SHAPE(3, 6, 11, 9)) && shape_equal(h->shape, y->shape));
    assert_memory_equal(y->data, h->data, y->size * sizeof(real));
    tape_free(tape);
    module_free(network);
    assert_fatal(conv2d_new(4, 6, 3, .groups = 4), "Conv2d: 4 → 6 channels can't be cut into 4");
    assert_fatal(conv2d_new(6, 4, 3, .groups = 4), "6 → 4 channels");
    assert_fatal(conv2d_new(4, 4, 3, .groups = 0), "into 0 groups");
}

// --- a layer of one's own ------------------------------------------------------------------------

typedef struct Gain {
    Module module;
    Parameter *factor;
    Tensor *calls; // a buffer
} Gain;

static Tensor *gain_forward(Module *module, Tensor *x) {
    Gain *gain = (Gain *)module;
    gain->calls->data[0] += 1;
    return multiply(x, &gain->factor->tensor);
}

static void gain_initialise(Module *module, Random *random) {
    (void)random;
    init_constant(((Gain *)module)->factor, 2);
}

static Module *gain_new(int rows, int columns) {
    Gain *gain = module_new(sizeof *gain, "Gain", gain_forward);
    gain->module.initialise = gain_initialise;
    gain->factor = module_add_parameter(&gain->module, "factor", SHAPE(rows, columns));
    gain->calls = module_add_buffer(&gain->module, "calls", SHAPE(1));
    return &gain->module;
}

static void test_a_layer_of_ones_own(void **state) {
    (void)state;
    Random random = random_from_seed(6);
    Module *network = sequential_new(gain_new(2, 3), sequential_new(gain_new(2, 3)));
    module_initialise(network, &random);
    const ParameterList parameters = module_parameters(network), buffers = module_buffers(network);
    const Shape shapes[] = {SHAPE(2, 3), SHAPE(2, 3)}, buffer_shapes[] = {SHAPE(1), SHAPE(1)};
    check_list(&parameters, (const char *const[]){"0.factor", "1.0.factor"}, shapes, 2);
    check_list(&buffers, (const char *const[]){"0.calls", "1.0.calls"}, buffer_shapes, 2);
    Tape *tape = tape_new();
    Tensor *x = tape_copy(tape, SHAPE(2, 3), (const real[]){1, 2, 3, 4, 5, 6});
    Tensor *y = module_forward(network, x);
    assert_true(y->data[5] == 24); // 2 · 2 · 6
    backward(sum(y));
    assert_true(parameters.items[0]->tensor.grad[5] == 12);
    assert_true(buffers.items[0]->tensor.data[0] == 1 && buffers.items[1]->tensor.data[0] == 1);
    tape_free(tape);
    module_free(network);
}

static void test_initialise(void **state) {
    (void)state;
    Module *a = network_new(), *b = network_new();
    Random random = random_from_seed(7), same = random_from_seed(7), other = random_from_seed(8);
    module_initialise(a, &random);
    module_initialise(b, &same);
    const ParameterList of_a = module_parameters(a), of_b = module_parameters(b);
    for (int i = 0; i < of_a.count; i++) {
        const Tensor *x = &of_a.items[i]->tensor, *y = &of_b.items[i]->tensor;
        assert_memory_equal(x->data, y->data, x->size * sizeof(real));
    }
    const uint64_t version = of_b.items[0]->version;
    module_initialise(b, &other);
    assert_true(of_b.items[0]->tensor.data[0] != of_a.items[0]->tensor.data[0]);
    assert_true(of_b.items[0]->version > version);
    module_free(a);
    module_free(b);
}

// --- freezing ------------------------------------------------------------------------------------

static Module *three_layers(Random *random) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "block",
                      sequential_new(linear_new(4, 6), batch_norm_new(6), relu_new()));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "middle", linear_new(6, 5));
    sequential_append(network, "head", linear_new(5, 3));
    module_initialise(network, random);
    return network;
}

// How many parameters require a gradient, and how many have one.
static void assert_wanted(const Module *module, int wanted, int there) {
    const ParameterList all = module_parameters(module);
    for (int i = 0; i < all.count; i++) {
        wanted -= all.items[i]->tensor.requires_grad;
        there -= all.items[i]->tensor.grad_state != GRAD_NONE;
    }
    assert_int_equal(wanted, 0);
    assert_int_equal(there, 0);
}

static void train_once(Module *network, Tape *tape, Random *random) {
    Tensor *x = tape_tensor(tape, SHAPE(7, 4));
    random_fill_normal(random, x->size, 0, 1, x->data);
    backward(sum(multiply(module_forward(network, x), module_forward(network, x))));
    tape_clear(tape);
}

static void test_freeze(void **state) {
    (void)state;
    Random random = random_from_seed(11);
    Module *network = three_layers(&random), *block = module_find(network, "block");
    Tape *tape = tape_new();
    train_once(network, tape, &random);
    assert_wanted(network, 8, 8);
    module_freeze(block);
    assert_wanted(network, 4, 4); // its gradients went: nothing stale is left to step with
    assert_wanted(block, 0, 0);
    train_once(network, tape, &random);
    assert_wanted(network, 4, 4);
    assert_true(module_buffers(block).items[0]->tensor.data[0] != 0); // it is still training
    module_unfreeze(block);
    assert_wanted(network, 8, 4);
    train_once(network, tape, &random);
    assert_wanted(network, 8, 8);
    tape_free(tape);
    module_free(network);
}

static void test_freeze_to(void **state) {
    (void)state;
    Random random = random_from_seed(12);
    Module *network = three_layers(&random);
    static const struct {
        int count, wanted; // of the block 4, of each Linear 2; flatten is no layer
    } cases[] = {{0, 8}, {1, 4}, {2, 2}, {3, 0}, {-1, 2}, {-2, 4}, {-3, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        module_freeze_to(network, cases[i].count);
        assert_wanted(network, cases[i].wanted, 0);
        assert_true(module_find_parameter(network, "head.bias")->tensor.requires_grad ==
                    (cases[i].wanted > 0));
    }
    assert_fatal(module_freeze_to(network, 4),
                 "module_freeze_to: 4 layers of Sequential; it has 3");
    assert_fatal(module_freeze_to(network, -4), "-4 layers");
    module_free(network);
}

// --- wrong uses ----------------------------------------------------------------------------------

static void test_wrong_images(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Module *pool = global_avg_pool2d_new();
    assert_fatal(module_forward(pool, tape_tensor(tape, SHAPE(1, 2, 7, 4))),
                 "global_avg_pool2d: x is [1, 2, 7, 4]");
    assert_fatal(module_forward(pool, tape_tensor(tape, SHAPE(4, 4))),
                 "it must be [n, c, side, side]");
    module_free(pool);
    tape_free(tape);
}

static void test_wrong_names(void **state) {
    (void)state;
    Module *network = network_new(), *spare = relu_new();
    assert_fatal(module_add_child(network, "head", spare),
                 "module Sequential: the name 'head' is taken");
    assert_fatal(module_add_child(network, "head.new", spare), "'head.new' is no name");
    assert_fatal(module_add_child(network, "", spare), "'' is no name");
    assert_fatal(module_add_parameter(network, "features", SHAPE(1)), "'features' is taken");
    assert_fatal(module_add_buffer(network, "head", SHAPE(1)), "'head' is taken");
    assert_fatal(module_add_parameter(network, "a.b", SHAPE(1)), "'a.b' is no name");
    module_add_parameter(network, "temperature", SHAPE(1));
    module_add_buffer(network, "count", SHAPE(1));
    assert_fatal(module_add_buffer(network, "temperature", SHAPE(1)), "'temperature' is taken");
    assert_fatal(module_add_parameter(network, "count", SHAPE(1)), "'count' is taken");
    assert_fatal(module_add_child(network, "count", spare), "'count' is taken");
    module_free(spare);
    module_free(network);
}

// Names are made when a child is added, so a part of a whole gets nothing new.
static void test_registration_ends_with_adoption(void **state) {
    (void)state;
    Module *network = network_new(), *head = module_find(network, "head"), *spare = relu_new();
    assert_fatal(module_add_child(head, "new", spare), "'new' can't be added");
    assert_fatal(module_add_parameter(head, "new", SHAPE(1)),
                 "register 'new' before the module becomes a child");
    Module *other = sequential_new(linear_new(1, 1));
    assert_fatal(module_add_child(other, "stolen", head), "'stolen' can't be added");
    module_free(other);
    module_free(spare);
    module_free(network);
}

static void test_forward_before_initialise(void **state) {
    (void)state;
    Module *network = sequential_new(relu_new(), linear_new(2, 3));
    Tape *tape = tape_new();
    Tensor *x = tape_copy(tape, SHAPE(1, 2), (const real[]){1, 2});
    assert_fatal(module_forward(network, x),
                 "the parameters of Linear ('1.weight' …) have no values yet");
    tape_clear(tape);
    Random random = random_from_seed(9);
    module_initialise(network, &random);
    x = tape_copy(tape, SHAPE(1, 2), (const real[]){1, 2});
    assert_true(shape_equal(module_forward(network, x)->shape, SHAPE(1, 3)));
    x = tape_copy(tape, SHAPE(1, 3), (const real[]){1, 2, 3});
    assert_fatal(module_forward(network, x), "linear: x [1, 3]");
    tape_free(tape);
    module_free(network);
    module_free(NULL);
}

// --- memory --------------------------------------------------------------------------------------

static Module *deep_new(int blocks, Random *random) {
    Module *network = sequential_new(NULL);
    for (int i = 0; i < blocks; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        sequential_append(
            network, name,
            sequential_new(conv2d_new(4, 4, 3, .padding = 1), batch_norm_new(4), relu_new()));
    }
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(4 * 8 * 8, 10));
    module_initialise(network, random);
    return network;
}

static size_t peak_bytes(int blocks, bool recording, bool frozen) {
    Random random = random_from_seed(10);
    Module *network = deep_new(blocks, &random);
    if (frozen)
        module_freeze_to(network, -1);
    module_train(network, false);
    Tape *tape = tape_new();
    tape_set_recording(tape, recording);
    Tensor *x = tape_tensor(tape, SHAPE(16, 4, 8, 8));
    random_fill_normal(&random, x->size, 0, 1, x->data);
    Tensor *y = module_forward(network, x);
    assert_true(y->requires_grad == recording);
    if (recording)
        backward(mean(y));
    const size_t peak = tape->values.peak;
    tape_free(tape);
    module_free(network);
    return peak;
}

static void test_evaluation_keeps_one_layer(void **state) {
    (void)state;
    assert_int_equal(peak_bytes(2, false, false), peak_bytes(20, false, false));
}

static void test_frozen_prefix_keeps_one_layer(void **state) {
    (void)state;
    assert_int_equal(peak_bytes(2, true, true), peak_bytes(20, true, true));
    // The measure sees what is kept: training does keep each layer's result.
    assert_true(peak_bytes(20, true, false) > 2 * peak_bytes(2, true, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_order_and_counts),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_parameters_under),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_pinned_modes),
        cmocka_unit_test(test_evaluation_leaves_the_modes),
        cmocka_unit_test(test_batch_norm_and_dropout_hear_the_mode),
        cmocka_unit_test(test_layers_are_their_operations),
        cmocka_unit_test(test_layers_of_groups_and_transposes),
        cmocka_unit_test(test_a_layer_of_ones_own),
        cmocka_unit_test(test_initialise),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_freeze_to),
        cmocka_unit_test(test_wrong_names),
        cmocka_unit_test(test_wrong_images),
        cmocka_unit_test(test_registration_ends_with_adoption),
        cmocka_unit_test(test_forward_before_initialise),
        cmocka_unit_test(test_evaluation_keeps_one_layer),
        cmocka_unit_test(test_frozen_prefix_keeps_one_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
