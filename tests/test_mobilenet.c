// MobileNet v1: the network by itself, and with its ImageNet weights against the reference tensors. Those are looked
// for in datasets/downloads/mobilenet, then in the mirror ($KNOBS_MIRROR, or ../shared/data); what isn't there is
// skipped, and said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "caught.h"
#include "nn/mobilenet.h"
#include "run/pretrained.h"
#include "run/safetensors.h"
#include "scratch.h"
#include "tensor/operations.h"

static const struct Size {
    double width;
    const char *name;
    int image, features;
    size_t parameters;
    double multiply_adds; // million
} SIZES[] = {{0.5, "mobilenet_v1_0.5_160", 160, 512, 1326633, 76.5},
             {0.25, "mobilenet_v1_0.25_128", 128, 256, 467593, 13.6}};
enum { SIZE_COUNT = sizeof SIZES / sizeof SIZES[0] };

// The path of a file of the set, or the test is skipped; the caller frees it.
static char *find_file(const struct Size *size, const char *ending) {
    const char *mirror = getenv("KNOBS_MIRROR");
    char *folders[] = {path_format("%s/datasets/downloads/mobilenet", KNOBS_ROOT),
                       path_format("%s/mobilenet_v1", mirror ? mirror : "."),
                       path_format("%s/../shared/data/mobilenet_v1", KNOBS_ROOT)};
    char *found = NULL;
    for (int i = 0; i < 3; i++) {
        char *path = path_format("%s/%s%s", folders[i], size->name, ending);
        if (!found && file_exists(path))
            found = path;
        else
            free(path);
        free(folders[i]);
    }
    if (!found) {
        print_message(
            "skipped: no %s%s in datasets/downloads/mobilenet or $KNOBS_MIRROR/mobilenet_v1\n",
            size->name, ending);
        skip();
    }
    return found;
}

static Module *network_new(const struct Size *size, int classes) {
    Module *network = mobilenet_new(size->width, classes);
    Random random = random_from_seed(1);
    module_initialise(network, &random);
    return network;
}

static Module *network_loaded(const struct Size *size) {
    char *path = find_file(size, "_quant.tflite");
    Module *network = network_new(size, 1001);
    Error error;
    if (!mobilenet_load(network, path, &error))
        fail_msg("%s", error.message);
    free(path);
    return network;
}

// --- without weights -----------------------------------------------------------------------------

static void test_counts(void **state) {
    (void)state;
    for (int i = 0; i < SIZE_COUNT; i++) {
        const struct Size *size = &SIZES[i];
        Module *network = network_new(size, 1001);
        ParameterList parameters = module_parameters(network);
        assert_int_equal(parameters.count, 56);
        assert_int_equal(parameter_list_size(&parameters), size->parameters);
        Tape *tape = tape_new();
        tape_set_recording(tape, false);
        Tensor *images = tape_tensor(tape, SHAPE(1, 3, size->image, size->image));
        memset(images->data, 0, images->size * sizeof(real));
        Tensor *logits = module_forward(network, images);
        assert_true(shape_equal(logits->shape, SHAPE(1, 1001)));
        assert_int_equal(module_find_parameter(network, "classifier.weight")->tensor.shape.dims[1],
                         size->features);
        const double millions = (double)tape->forward.multiply_adds / 1e6;
        assert_true(fabs(millions - size->multiply_adds) < 0.5);
        tape_free(tape);
        module_free(network);
    }
}

// Unfreezing only the head is what transfer learning does: the rest costs no backward.
static void test_head_alone(void **state) {
    (void)state;
    Module *network = network_new(&SIZES[1], 5);
    ParameterList all = module_parameters(network),
                  head = module_parameters(module_find(network, "classifier"));
    parameter_list_require_grad(&all, false);
    parameter_list_require_grad(&head, true);
    Tape *tape = tape_new();
    Tensor *images = tape_tensor(tape, SHAPE(2, 3, 64, 64));
    for (size_t i = 0; i < images->size; i++)
        images->data[i] = (real)(i % 7) / 7;
    backward(sum(module_forward(network, images)));
    assert_int_equal(tape->backward.multiply_adds, 2 * 5 * 256);
    assert_int_equal(module_find_parameter(network, "block13.pw.weight")->tensor.grad_state,
                     GRAD_NONE);
    tape_free(tape);
    module_free(network);
}

// --- with weights --------------------------------------------------------------------------------

// A tensor of a .safetensors file as floats; the caller frees it.
static float *read_floats(const SafetensorsFile *file, const char *name, size_t size) {
    const SafetensorsEntry *entry = safetensors_find(file, name);
    assert_non_null(entry);
    assert_int_equal(entry->dtype, DTYPE_F32);
    assert_int_equal(shape_size(entry->shape), size);
    float *values = memory_alloc(size * sizeof(float));
    memcpy(values, entry->data, size * sizeof(float));
    return values;
}

static void test_same_bits(void **state) {
    const struct Size *size = *state;
    char *path = find_file(size, ".safetensors");
    Module *network = network_loaded(size);
    Error error;
    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    ParameterList parameters = module_parameters(network);
    assert_int_equal(file->count, parameters.count);
    for (int i = 0; i < parameters.count; i++) {
        const Parameter *parameter = parameters.items[i];
        float *wanted = read_floats(file, parameter->name, parameter->tensor.size);
        for (size_t j = 0; j < parameter->tensor.size; j++)
            if (parameter->tensor.data[j] != (real)wanted[j])
                fail_msg("%s[%zu] is %.9g, expected %.9g", parameter->name, j,
                         (double)parameter->tensor.data[j], (double)wanted[j]);
        free(wanted);
    }
    safetensors_close(file);
    module_free(network);
    free(path);
}

// The reference is computed in float64 and stored in float32.
static const double REFERENCE_BOUND = sizeof(real) == sizeof(double) ? 3e-6 : 1e-4;

static void check_tensor(const SafetensorsFile *file, const char *name, const Tensor *found) {
    float *wanted = read_floats(file, name, found->size);
    double worst = 0;
    for (size_t i = 0; i < found->size; i++)
        worst = fmax(worst, fabs((double)found->data[i] - (double)wanted[i]));
    print_message("%s: the largest difference is %.2g\n", name, worst);
    if (!(worst <= REFERENCE_BOUND))
        fail_msg("%s differs by %g from the reference", name, worst);
    free(wanted);
}

static void test_reference(void **state) {
    const struct Size *size = *state;
    char *path = find_file(size, ".reference.safetensors");
    Module *network = network_loaded(size);
    module_train(network, false);
    Error error;
    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    Tape *tape = tape_new();
    tape_set_recording(tape, false);
    Tensor *x = tape_tensor(tape, SHAPE(1, 3, size->image, size->image));
    float *input = read_floats(file, "input", x->size);
    for (size_t i = 0; i < x->size; i++)
        x->data[i] = (real)input[i];
    free(input);
    int checked = 0;
    for (int i = 0; i < network->child_count; i++) {
        const char *name = network->children[i]->name;
        x = module_forward(network->children[i], x);
        const char *as = strcmp(name, "relu6") == 0        ? "conv0" // the reference is behind it
                         : strcmp(name, "classifier") == 0 ? "logits"
                                                           : name;
        if (strcmp(name, "conv0") != 0 && safetensors_find(file, as)) {
            check_tensor(file, as, x);
            checked++;
        }
    }
    assert_int_equal(checked, 5); // conv0, block6, block13, pool, logits
    tape_free(tape);
    safetensors_close(file);
    module_free(network);
    free(path);
}

// --- wrong files ---------------------------------------------------------------------------------

static void refused(Module *network, const char *path, const char *says) {
    const real before = module_find_parameter(network, "conv0.weight")->tensor.data[0];
    Error error = {0};
    assert_false(mobilenet_load(network, path, &error));
    assert_contains(error.message, says);
    assert_null(strchr(error.message, '\n'));
    assert_true(before == module_find_parameter(network, "conv0.weight")->tensor.data[0]);
}

static void test_wrong_files(void **state) {
    (void)state;
    Module *network = network_new(&SIZES[1], 1001);
    refused(network, scratch("nosuch"), "run `scripts/download.sh mobilenet`");
    refused(network, scratch_folder, "expected a file, found a folder");
    scratch_write("short", "TFL3");
    refused(network, scratch("short"), "expected the 525598 bytes of");
    FILE *file = fopen(scratch("zeros"), "wb");
    for (int i = 0; i < 525598; i++)
        fputc(0, file);
    fclose(file);
    refused(network, scratch("zeros"), "found 525598 other ones");
    file = fopen(scratch("zeros"), "ab");
    fputc(0, file);
    fclose(file);
    refused(network, scratch("zeros"), "expected at most 525598 bytes");
    module_free(network);
    Module *other = network_new(&(struct Size){.width = 1}, 10);
    assert_fatal(mobilenet_load(other, NULL, &(Error){0}), "widths 0.5 and 0.25");
    module_free(other);
}

static void test_damaged_and_other_head(void **state) {
    (void)state;
    const struct Size *size = &SIZES[1];
    char *path = find_file(size, "_quant.tflite"), *bytes;
    size_t length;
    Error error;
    assert_true(file_read(path, 1 << 20, &bytes, &length, &error));
    bytes[length / 2] ^= 1;
    FILE *file = fopen(scratch("damaged"), "wb");
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
    free(bytes);
    Module *network = network_new(size, 5);
    refused(network, scratch("damaged"), "found 525598 other ones");
    const real head = module_find_parameter(network, "classifier.weight")->tensor.data[0],
               first = module_find_parameter(network, "conv0.weight")->tensor.data[0];
    assert_true(mobilenet_load(network, path, &error));
    assert_true(head == module_find_parameter(network, "classifier.weight")->tensor.data[0]);
    assert_true(first != module_find_parameter(network, "conv0.weight")->tensor.data[0]);
    module_free(network);
    free(path);
}

int main(void) {
#define FOR_SIZE(test, i) cmocka_unit_test_prestate(test, (void *)(uintptr_t)&SIZES[i])
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),      cmocka_unit_test(test_head_alone),
        FOR_SIZE(test_same_bits, 0),        FOR_SIZE(test_same_bits, 1),
        FOR_SIZE(test_reference, 0),        FOR_SIZE(test_reference, 1),
        cmocka_unit_test(test_wrong_files), cmocka_unit_test(test_damaged_and_other_head),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
