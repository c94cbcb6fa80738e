// What moved, who owns what, and parameters sorted into groups.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "caught.h"
#include "nn/groups.h"
#include "nn/layers.h"
#include "instruments/moved.h"
#include "instruments/ownership.h"
#include "scratch.h"

static Error error;

// One linear layer of 2 → 1 and a batch norm of it: 5 weights, 2 statistics.
static Module *network_new(void) {
    Random random = random_from_seed(1);
    Module *network = sequential_new(linear_new(2, 1), batch_norm_new(1));
    module_initialise(network, &random);
    return network;
}

static void forward(Tape *tape, Module *network) {
    const real x[] = {1, 2, 3, 5, 7, 11};
    backward(sum(multiply(module_forward(network, tape_copy(tape, SHAPE(3, 2), x)),
                          tape_copy(tape, SHAPE(3, 1), x))));
    tape_clear(tape);
}

static void test_moved(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Module *a = network_new(), *b = network_new();
    Optimizer *optimizer = adam(module_parameters(a));
    Moved *moved = moved_new(scratch_folder);
    moved_watch(moved, 0, "a", a, optimizer);
    moved_watch(moved, 1, "b", b, NULL);

    moved_before(moved);
    moved_after(moved, "nothing", ".... ....");
    moved_before(moved);
    forward(tape, a);
    moved_after(moved, "a pass", ".#.# ....");
    moved_before(moved);
    optimizer_step(optimizer);
    moved_after(moved, "a step", "#.#. ....");
    moved_before(moved);
    optimizer_zero_grad(optimizer);
    moved_after(moved, "zero_grad", ".#.. ....");
    moved_before(moved);
    b->children[0]->parameters.items[1]->tensor.data[0] *= -1; // the sign of one bias
    moved_after(moved, "one bit", ".... +...");
    moved_before(moved);
    moved_after(moved, "wrong twice", "#... ..#.");
    assert_fatal(moved_after(moved, "short", "...."), "for each of 8 columns");
    int unexpected;
    assert_true(moved_close(moved, &unexpected, &error));
    assert_int_equal(unexpected, 2);

    const char *table = scratch_read("moved.csv");
    assert_contains(table, "action,network,part,changed,total,as_expected\n"
                           "nothing,a,weights,0,5,1\n");
    assert_contains(table, "a pass,a,gradients,5,5,1\n");
    assert_contains(table, "a pass,a,batch-norm statistics,2,2,1\n");
    // Of each parameter a count of steps, and two buffers; b has no optimizer.
    assert_contains(table, "a step,a,optimizer state,14,14,1\n");
    assert_contains(table, "one bit,b,weights,1,5,1\n");
    assert_contains(table, "wrong twice,b,optimizer state,0,0,0\n");
    optimizer_free(optimizer);
    module_free(a);
    module_free(b);
    tape_free(tape);
}

// The state of a group that joins wasn't there before; some of a network is not all of it.
static void test_joining(void **state) {
    (void)state;
    Module *network = network_new();
    Optimizer *optimizer = adam(module_parameters(network->children[0]));
    Moved *moved = moved_new(scratch_folder);
    moved_watch(moved, 0, "net", network, optimizer);
    moved_before(moved);
    optimizer_add_group(optimizer, module_parameters(network->children[1]), .lr = 0.5);
    moved_after(moved, "a group joins", "..+.");
    moved_before(moved);
    moved_after(moved, "wrong", "..+.");
    moved_before(moved);
    const ParameterList statistics = module_buffers(network);
    for (int i = 0; i < statistics.count; i++)
        statistics.items[i]->tensor.data[0] += 1;
    moved_after(moved, "wrong too: all of it", "...+");
    int unexpected;
    assert_true(moved_close(moved, &unexpected, &error));
    assert_int_equal(unexpected, 2);
    assert_contains(scratch_read("moved.csv"), "a group joins,net,optimizer state,6,14,1\n");
    optimizer_free(optimizer);
    module_free(network);
}

static void test_ownership(void **state) {
    (void)state;
    Module *network = network_new();
    const ParameterList all = module_parameters(network);
    const ParameterList weight = {1, {all.items[0]}}, bias = {1, {all.items[1]}};
    Optimizer *optimizer = sgd(weight, .lr = 0.5);
    optimizer_add_group(optimizer, bias, .momentum = 0.25);
    optimizer_name_group(optimizer, 1, "the bias");
    assert_true(ownership_write(scratch_folder, "owned.csv", network, optimizer, &error));
    const char *table = scratch_read("owned.csv");
    assert_contains(table,
                    "kind,group,name,value,count\nlayer,,0,Linear,2\nparameter,,0.weight,1×2,2\n");
    assert_contains(
        table, "parameter,,1.bias,1,1\nalgorithm,,sgd,,\ngroup,0,group 0,,2\nknob,0,lr,0.5,\n");
    assert_contains(
        table,
        "pointer,0,0.weight,,2\ngroup,1,the bias,,1\nknob,1,lr,0.5,\nknob,1,momentum,0.25,\n");
    optimizer_free(optimizer);
    module_free(network);
}

static void test_groups(void **state) {
    (void)state;
    Module *network = sequential_new(conv2d_new(1, 4, 3), batch_norm_new(4), relu_new(),
                                     flatten_new(), linear_new(4, 3));
    const ParameterList all = module_parameters(network);
    const DecaySplit split = parameters_split_by_decay(all);
    assert_int_equal(split.decay.count, 2);
    assert_string_equal(split.decay.items[0]->name, "0.weight");
    assert_string_equal(split.decay.items[1]->name, "4.weight");
    assert_int_equal(split.no_decay.count, 4);
    assert_string_equal(split.no_decay.items[1]->name, "1.weight"); // of the norm: one dimension

    ParameterList layers[3];
    assert_int_equal(module_layers(network, layers, 3), 3);
    assert_string_equal(layers[0].items[1]->name, "0.bias");
    assert_string_equal(layers[2].items[0]->name, "4.weight");
    assert_fatal(module_layers(network, layers, 2), "more than 2 layers");
    module_free(network);

    Parameter *parameter = parameter_new("bias", SHAPE(2, 2)); // called so, whatever its shape
    assert_int_equal(parameters_split_by_decay((ParameterList){1, {parameter}}).decay.count, 0);
    parameter_free(parameter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_joining),
        cmocka_unit_test(test_ownership),
        cmocka_unit_test(test_groups),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
