// Weights between worlds: PyTorch's state_dict becomes the same function here, and what is saved
// here is what PyTorch takes, by a reader that was written from the format's specification; a file
// that doesn't fit is one line that names all that is wrong, and changes nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include "golden.h"
#include "nn/layers.h"
#include "run/backbone.h"
#include "run/process.h"
#include "files/safetensors.h"
#include "run/weights_file.h"
#include "scratch.h"

#define STATE_DICT KNOBS_ROOT "/tests/golden/state_dict.safetensors"

static Error error;

// The network of scripts/golden_safetensors.py, with as many classes; 0: without a classifier.
static Module *network_new(int classes) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "features",
                      sequential_new(conv2d_new(2, 3, 3, .padding = 1), batch_norm_new(3),
                                     relu_new(), max_pool2d_new(2)));
    sequential_append(network, "flatten", flatten_new());
    if (classes)
        sequential_append(network, "classifier", linear_new(12, classes));
    return network;
}

static ParameterList all_of(const Module *module) {
    return parameter_list_join(module_parameters(module), module_buffers(module));
}

static bool same_numbers(const Module *a, const Module *b) {
    const ParameterList as = all_of(a), bs = all_of(b);
    bool same = as.count == bs.count;
    for (int i = 0; same && i < as.count; i++) {
        const Tensor *x = &as.items[i]->tensor, *y = &bs.items[i]->tensor;
        same = x->size == y->size && memcmp(x->data, y->data, x->size * sizeof(real)) == 0;
    }
    return same;
}

static void load(const char *path, Module *module, const char *without) {
    if (!weights_load(path, module, without, &error))
        fail_msg("%s", error.message);
}

// --- theirs and ours -----------------------------------------------------------------------------

// F16, BF16, F32 and F64, of three batches in PyTorch: the logits are PyTorch's.
static void test_theirs(void **state) {
    (void)state;
    Golden golden = golden_read("safetensors.txt");
    Module *network = network_new(4);
    Parameter *frozen = module_find_parameter(network, "features.0.weight");
    frozen->tensor.requires_grad = false;
    parameter_zero_grad(frozen);
    const uint64_t version = frozen->version;
    load(STATE_DICT, network, NULL);
    assert_true(network->initialised);
    assert_int_equal(frozen->tensor.grad_state, GRAD_NONE); // of a value that it hasn't any more
    assert_false(frozen->tensor.requires_grad);
    assert_true(frozen->version > version);

    module_train(network, false);
    Tape *tape = tape_new();
    Tensor *images = tape_tensor(tape, SHAPE(5, 2, 4, 4));
    const GoldenTensor *given = golden_find(&golden, "state_dict", "images");
    for (size_t i = 0; i < images->size; i++)
        images->data[i] = (real)given->values[i];
    const Tensor *logits = module_forward(network, images);
    golden_compare(&golden, "state_dict", "logits", logits->shape, logits->data);
    tape_free(tape);
    module_free(network);
    golden_free(&golden);
}

static void test_ours(void **state) {
    (void)state;
    Module *network = network_new(4), *again = network_new(4);
    load(STATE_DICT, network, NULL);
    assert_true(weights_save(scratch("ours"), network, &error));
    SafetensorsFile *file = safetensors_open(scratch("ours"), &error);
    assert_non_null(file);
    assert_int_equal(file->count, 9);
    const SafetensorsEntry *counted = safetensors_find(file, "features.1.num_batches_tracked");
    assert_non_null(counted);
    assert_string_equal(safetensors_type_text(counted).text, "I64 []");
    assert_string_equal(safetensors_type_text(safetensors_find(file, "features.0.weight")).text,
                        "F32 [3, 2, 3, 3]");
    safetensors_close(file);

    load(scratch("ours"), again, NULL);
    assert_true(sizeof(real) == 8 || same_numbers(network, again)); // F32 has fewer digits
    assert_true(weights_save(scratch("again"), again, &error));
    load(scratch("again"), network, NULL);
    assert_true(same_numbers(network, again));
    module_free(again);
    module_free(network);
}

// By the reader of the script, which also asks PyTorch where it is there.
static void test_ours_read_by_others(void **state) {
    (void)state;
    Module *network = network_new(4);
    load(STATE_DICT, network, NULL);
    assert_true(weights_save(scratch("ours"), network, &error));
    module_free(network);
    char *const arguments[] = {KNOBS_ROOT "/scripts/golden_safetensors.py", "--check",
                               (char *)scratch("ours"), NULL};
    const pid_t process = process_start(arguments, -1, scratch("words"));
    int status = 127 << 8; // no such program
    assert_true(process == 0 || waitpid(process, &status, 0) == process);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) >= 126) {
        print_message("skipped: /usr/bin/python3 with numpy isn't here\n");
        skip();
    }
    print_message("%s", scratch_read("words"));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_root(void **state) {
    (void)state;
    Module *norm = batch_norm_new(2), *other = batch_norm_new(2);
    norm->buffers.items[0]->tensor.data[1] = 7;
    assert_true(weights_save(scratch("norm"), norm, &error));
    SafetensorsFile *file = safetensors_open(scratch("norm"), &error);
    assert_non_null(file);
    assert_int_equal(file->count, 5);
    assert_non_null(safetensors_find(file, "num_batches_tracked"));
    safetensors_close(file);
    load(scratch("norm"), other, NULL);
    assert_true(same_numbers(norm, other));
    module_free(other);
    module_free(norm);
}

// --- parts ---------------------------------------------------------------------------------------

static void test_other_head(void **state) {
    (void)state;
    Module *whole = network_new(4), *five = network_new(5);
    load(STATE_DICT, whole, NULL);
    Parameter *head = module_find_parameter(five, "classifier.weight");
    head->tensor.data[0] = 3;
    load(STATE_DICT, five, "classifier");
    assert_true(head->tensor.data[0] == 3);
    assert_true(same_numbers(module_find(whole, "features"), module_find(five, "features")));
    assert_true(module_find(five, "features.1")->initialised);
    assert_false(module_find(five, "classifier")->initialised);    // it had no values and got none
    assert_false(weights_load(STATE_DICT, five, "class", &error)); // no part has that name
    assert_contains(error.message, "0 missing; 0 unexpected; 2 of another shape or type: "
                                   "classifier.weight is F64 [4, 12], expected F32 [5, 12], "
                                   "classifier.bias is F16 [4], expected F32 [5]");
    module_free(five);
    module_free(whole);
}

static void test_no_head(void **state) {
    (void)state;
    Module *whole = network_new(4), *backbone = network_new(0);
    load(STATE_DICT, whole, NULL);
    assert_false(weights_load(STATE_DICT, backbone, NULL, &error));
    assert_contains(error.message, "0 missing; 2 unexpected: classifier.");
    load(STATE_DICT, backbone, "classifier");
    assert_true(same_numbers(module_find(whole, "features"), module_find(backbone, "features")));
    // A file without a head, for a network that has one.
    assert_true(weights_save(scratch("backbone"), backbone, &error));
    assert_false(weights_load(scratch("backbone"), whole, NULL, &error));
    assert_contains(error.message, "2 missing: classifier.weight, classifier.bias; 0 unexpected");
    load(scratch("backbone"), whole, "classifier");
    module_free(backbone);
    module_free(whole);
}

// The weights that are committed for lessons 12 to 14, with their head and for others.
static void test_committed_backbone(void **state) {
    (void)state;
    Random random = random_from_seed(1);
    Module *whole = block_net_new(GARMENTS), *ten = block_net_new(10), *backbone = block_net_new(0);
    load(BACKBONE_PATH, whole, NULL);
    module_initialise(ten, &random);
    assert_true(backbone_load(BACKBONE_PATH, ten, &error));
    assert_true(backbone_load(BACKBONE_PATH, backbone, &error));
    assert_true(same_numbers(module_find(whole, "block3"), module_find(ten, "block3")));
    assert_true(same_numbers(module_find(whole, "block1"), module_find(backbone, "block1")));
    assert_false(backbone_load(STATE_DICT, backbone, &error));
    assert_contains(error.message, "18 missing: block1.conv.weight");
    assert_contains(error.message, "; `make backbone` makes one");
    module_free(whole);
    module_free(ten);
    module_free(backbone);
}

// --- what doesn't fit ----------------------------------------------------------------------------

static void refused(Module *module, const char *path, const char *says) {
    const ParameterList all = all_of(module);
    real before[64];
    size_t count = 0;
    for (int i = 0; i < all.count; i++)
        for (size_t j = 0; j < all.items[i]->tensor.size; j++)
            before[count++] = all.items[i]->tensor.data[j];
    assert_true(count <= sizeof before / sizeof *before);
    if (weights_load(path, module, NULL, &error))
        fail_msg("taken, wanted \"%s\"", says);
    assert_contains(error.message, says);
    assert_int_equal(strncmp(error.message, path, strlen(path)), 0);
    assert_null(strchr(error.message, '\n'));
    assert_false(module->initialised);
    count = 0;
    for (int i = 0; i < all.count; i++)
        for (size_t j = 0; j < all.items[i]->tensor.size; j++)
            assert_true(before[count++] == all.items[i]->tensor.data[j]);
}

static void write_entries(const char *path, SafetensorsEntry *entries, int count) {
    if (!safetensors_save(path, entries, count, &error))
        fail_msg("%s", error.message);
}

static void test_all_at_once(void **state) {
    (void)state;
    Module *norm = batch_norm_new(2);
    const char *path = scratch("odd");
    char zeros[64] = {0}, name[64];
    SafetensorsEntry odd[] = {
        {"bias", DTYPE_I64, SHAPE(2), zeros},
        {"weight", DTYPE_F16, SHAPE(1, 2), zeros},
        {"running_mean", DTYPE_F32, SHAPE(2), zeros},
        {"line\nbreak", DTYPE_U8, SHAPE_SCALAR, zeros},
        {"x.num_batches_tracked", DTYPE_I64, SHAPE_SCALAR, zeros},
    };
    write_entries(path, odd, 5);
    refused(norm, path,
            "odd: the weights of another network: 1 missing: running_var; 2 unexpected: "
            "x.num_batches_tracked, line?break; 2 of another shape or type: weight is F16 [1, 2], "
            "expected F32 [2], bias is I64 [2], expected F32 [2]");
    write_entries(path, odd, 0);
    refused(norm, path, "4 missing: weight, bias, running_mean, …; 0 unexpected; 0 of");
    // More than a line can hold.
    enum { MANY = 1000 };
    SafetensorsEntry *many = memory_alloc(MANY * sizeof *many);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "a.name.that.is.longer.than.any.of.ours.%d", i + 1000);
        many[i] = (SafetensorsEntry){memory_string(name), DTYPE_U8, SHAPE_SCALAR, zeros};
    }
    write_entries(path, many, MANY);
    refused(norm, path,
            "ours.1001, a.name.that.is.longer.than.any.of.ours.1002, …; 0 of another shape");
    assert_contains(error.message, "; 1000 unexpected: a.name");
    for (int i = 0; i < MANY; i++)
        free((char *)many[i].name);
    free(many);
    module_free(norm);
}

static void test_no_files(void **state) {
    (void)state;
    Module *norm = batch_norm_new(2);
    refused(norm, scratch("nosuch"), "nosuch: can't open: No such file or directory");
    scratch_write("text", "this is a text");
    refused(norm, scratch("text"), "text: not a sound .safetensors file: a header of");
    assert_contains(error.message, " in a file of 14, expected at most 6");
    assert_false(weights_save(scratch("no/where"), norm, &error));
    assert_contains(error.message, "no/where: can't write: No such file or directory");
    module_free(norm);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_theirs),
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_ours_read_by_others),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_other_head),
        cmocka_unit_test(test_no_head),
        cmocka_unit_test(test_committed_backbone),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_no_files),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
