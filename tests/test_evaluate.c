// Evaluating a classifier leaves all as it was: modes, statistics, weights, what is recorded. The small
// networks that lessons share, and weights compared with a copy.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/layers.h"
#include "nn/loss.h"
#include "nn/networks.h"
#include "digits.h"
#include "instruments/evaluate.h"
#include "instruments/slope.h"
#include "instruments/weights.h"

// --- evaluation ----------------------------------------------------------------------------------

// A frozen part in evaluation mode, and a head in training mode.
static Module *network_new(Random *random) {
    Module *backbone =
        sequential_new(conv2d_new(1, 4, 3, .padding = 1), batch_norm_new(4), relu_new());
    Module *network = sequential_new(backbone, flatten_new(), dropout_new(0.5, random),
                                     linear_new(4 * 8 * 8, 10), batch_norm_new(10));
    module_initialise(network, random);
    module_train(backbone, false);
    return network;
}

static void assert_modes(Module *network) {
    assert_true(network->training && module_find(network, "4")->training);
    assert_false(module_find(network, "0")->training || module_find(network, "0.1")->training);
}

static void test_evaluation_changes_nothing(void **state) {
    (void)state;
    Random random = random_from_seed(1);
    Tape *tape = tape_new();
    Module *network = network_new(&random);
    const ParameterList all =
        parameter_list_join(module_parameters(network), module_buffers(network));
    const uint64_t draws = random.counter;
    real *before = weights_copy(&all);
    for (int recording = 0; recording < 2; recording++) {
        tape_set_recording(tape, recording);
        const Evaluation first = evaluate(network, tape, &test_digits);
        const Evaluation second = evaluate(network, tape, &test_digits);
        assert_true(first.loss == second.loss && first.accuracy == second.accuracy);
        assert_modes(network);
        assert_true(tape->recording == recording && tape->values.used == 0);
    }
    assert_int_equal(weights_differ(&all, before), 0);
    assert_true(random.counter == draws);
    free(before);
    module_free(network);
    tape_free(tape);
}

// The loss of all images in one batch is the evaluation's, and the step under way goes on.
static void test_batch_loss(void **state) {
    (void)state;
    Random random = random_from_seed(2);
    Tape *tape = tape_new();
    Module *network = network_new(&random);
    const ParameterList all =
        parameter_list_join(module_parameters(network), module_buffers(network));
    Batches *batches = batches_new(&test_digits, .size = test_digits.count, .shuffle = false);
    Batch batch;
    batches_next(batches, tape, &batch);
    Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
    real *before = weights_copy(&all);
    const double found = batch_loss(network, batch);
    assert_int_equal(weights_differ(&all, before), 0);
    assert_modes(network);
    assert_true(tape->recording);
    backward(loss);
    assert_true(fabs(found / evaluate(network, tape, &test_digits).loss - 1) < 1e-5);
    free(before);
    batches_free(batches);
    module_free(network);
    tape_free(tape);
}

// The measured slope is the gradient's length, also where a part is frozen; where there is no gradient there is no
// slope, and no weight moves.
static void test_slope(void **state) {
    (void)state;
    Random random = random_from_seed(4);
    Tape *tape = tape_new();
    Module *network =
        sequential_new(flatten_new(), linear_new(64, 16), relu_new(), linear_new(16, 10));
    module_initialise(network, &random);
    const ParameterList all = module_parameters(network);
    Batches *batches = batches_new(&test_digits, .size = 200, .shuffle = false);
    Batch batch;
    batches_next(batches, tape, &batch);
    real *before = weights_copy(&all);
    assert_true(isnan(gradient_error(network, all, batch)));
    assert_int_equal(weights_differ(&all, before), 0);
    all.items[0]->tensor.requires_grad = false;
    backward(cross_entropy(module_forward(network, batch.images), batch.labels));
    assert_true(gradient_error(network, all, batch) < 1e-2);
    free(before);
    batches_free(batches);
    module_free(network);
    tape_free(tape);
}

// --- weights before and after --------------------------------------------------------------------

static void test_weights(void **state) {
    (void)state;
    Parameter *a = parameter_new("a", SHAPE(2)), *b = parameter_new("b", SHAPE(1, 3));
    const ParameterList list = {2, {a, b}};
    b->tensor.data[1] = (real)NAN;
    real *before = weights_copy(&list);
    assert_int_equal(weights_differ(&list, before), 0);
    a->tensor.data[0] = -(real)0.0; // another bit
    assert_int_equal(weights_differ(&list, before), 1);
    b->tensor.data[1] = before[3] = 5;
    a->tensor.data[1] = 3;
    b->tensor.data[2] = -4;
    assert_int_equal(weights_differ(&list, before), 3);
    assert_true(weights_distance(&list, before) == 5);
    before[0] = before[1] = before[2] = 0, before[3] = 5, before[4] = 0; // ‖before‖ = 5
    assert_true(weights_drift(&list, before) == 1);
    free(before);
    parameter_free(a);
    parameter_free(b);
}

// --- networks ------------------------------------------------------------------------------------

static void check_network(Module *network, const char *const *names, int count, size_t numbers) {
    Random random = random_from_seed(3);
    Tape *tape = tape_new();
    module_initialise(network, &random);
    const ParameterList list = module_parameters(network);
    assert_int_equal(list.count, count);
    for (int i = 0; i < count; i++)
        assert_string_equal(list.items[i]->name, names[i]);
    assert_int_equal(parameter_list_size(&list), numbers);
    Tensor *x = tape_tensor(tape, SHAPE(2, 1, 28, 28));
    random_fill_normal(&random, x->size, 0, 1, x->data);
    assert_true(shape_equal(module_forward(network, x)->shape, SHAPE(2, 10)));
    tape_free(tape);
}

static void test_networks(void **state) {
    (void)state;
    static const char *const plain[] = {"conv1.weight", "conv1.bias",  "conv2.weight",
                                        "conv2.bias",   "head.weight", "head.bias"};
    static const char *const normed[] = {"conv1.weight", "conv1.bias", "norm1.weight", "norm1.bias",
                                         "conv2.weight", "conv2.bias", "norm2.weight", "norm2.bias",
                                         "head.weight",  "head.bias"};
    static const char *const lenet[] = {"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias",
                                        "fc1.weight",   "fc1.bias",   "fc2.weight",   "fc2.bias",
                                        "fc3.weight",   "fc3.bias"};
    static const char *const blocks[] = {
        "block1.conv.weight", "block1.conv.bias", "block1.norm.weight", "block1.norm.bias",
        "block2.conv.weight", "block2.conv.bias", "block2.norm.weight", "block2.norm.bias",
        "block3.conv.weight", "block3.conv.bias", "block3.norm.weight", "block3.norm.bias",
        "head.weight",        "head.bias"};
    Module *networks[] = {conv_net_new(false), conv_net_new(true), lenet_new(), block_net_new(10)};
    check_network(networks[0], plain, 6, 8 * 9 + 8 + 16 * 8 * 9 + 16 + 10 * 784 + 10);
    check_network(networks[1], normed, 10, 8 * 9 + 8 + 16 * 8 * 9 + 16 + 10 * 784 + 10 + 2 * 24);
    check_network(networks[2], lenet, 10, 61706);
    check_network(networks[3], blocks, 14, 23845 + 5 * 65);
    for (int i = 0; i < 6; i++) { // the norms take no draws
        const Tensor *of_plain = &module_find_parameter(networks[0], plain[i])->tensor;
        const Tensor *of_normed = &module_find_parameter(networks[1], plain[i])->tensor;
        assert_memory_equal(of_plain->data, of_normed->data, of_plain->size * sizeof(real));
    }
    for (int i = 0; i < 4; i++)
        module_free(networks[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evaluation_changes_nothing),
        cmocka_unit_test(test_batch_loss),
        cmocka_unit_test(test_slope),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_networks),
    };
    return cmocka_run_group_tests(tests, digits_load, digits_free);
}
