// MobileNet v1: the network by itself, and with the ImageNet weights that build/convert-mobilenet makes of Google's
// files, against the reference tensors. Files are looked for in the mirror ($KNOBS_MIRROR, or ../shared/data); what
// isn't there is skipped, and said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/layers.h"
#include "nn/mobilenet.h"
#include "run/process.h"
#include "files/safetensors.h"
#include "run/weights_file.h"
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
    char *path = path_format("%s/mobilenet_v1/%s%s", mirror ? mirror : KNOBS_ROOT "/../shared/data",
                             size->name, ending);
    if (!file_exists(path)) {
        print_message("skipped: no %s\n", path);
        free(path);
        skip();
    }
    return path;
}

static Module *network_new(const struct Size *size, int classes) {
    Module *network = mobilenet_new(size->width, classes);
    Random random = random_from_seed(1);
    module_initialise(network, &random);
    return network;
}

// Runs build/convert-mobilenet; its exit status. What it says is then in "words".
static int convert(const char *from, const char *to) {
    char *build = program_path(); // build/tests/test_mobilenet
    for (int up = 0; up < 2; up++)
        *strrchr(build, '/') = '\0';
    char *tool = path_format("%s/convert-mobilenet", build);
    remove(scratch("words")); // else it goes on behind what is there
    const pid_t process =
        process_start((char *[]){tool, (char *)from, (char *)to, NULL}, -1, scratch("words"));
    int status;
    assert_true(process > 0);
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFEXITED(status));
    free(tool);
    free(build);
    return WEXITSTATUS(status);
}

// The path of what it makes of Google's file, or the test is skipped.
static const char *converted(const struct Size *size) {
    char *path = find_file(size, "_quant.tflite");
    if (convert(path, scratch("converted")) != 0)
        fail_msg("%s", scratch_read("words"));
    free(path);
    return scratch("converted");
}

static Module *network_loaded(const struct Size *size) {
    const char *path = converted(size);
    Module *network = mobilenet_new(size->width, 1001);
    Error error;
    if (!weights_load(path, network, NULL, &error))
        fail_msg("%s", error.message);
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

static void test_no_classifier(void **state) {
    (void)state;
    Module *network = network_new(&SIZES[1], 0);
    assert_int_equal(module_parameters(network).count, 54);
    Tape *tape = tape_new();
    Tensor *images = tape_tensor(tape, SHAPE(2, 3, 64, 64));
    memset(images->data, 0, images->size * sizeof(real));
    assert_true(shape_equal(module_forward(network, images)->shape, SHAPE(2, 256)));
    tape_free(tape);
    module_free(network);
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

static Tensor *reference_input(const SafetensorsFile *file, const struct Size *size, Tape *tape) {
    Tensor *images = tape_tensor(tape, SHAPE(1, 3, size->image, size->image));
    float *input = read_floats(file, "input", images->size);
    for (size_t i = 0; i < images->size; i++)
        images->data[i] = (real)input[i];
    free(input);
    return images;
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
    Tensor *x = reference_input(file, size, tape);
    int checked = 0;
    for (int i = 0; i < network->child_count; i++) {
        const char *name = network->children[i]->name;
        x = module_forward(network->children[i], x);
        const char *as = strcmp(name, "classifier") == 0 ? "logits" : name;
        if (safetensors_find(file, as)) {
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

// As for transfer learning: the same file, and a classifier of one's own behind it.
static void test_other_classifier(void **state) {
    (void)state;
    const struct Size *size = &SIZES[1];
    char *path = find_file(size, ".reference.safetensors");
    const char *weights = converted(size);
    Error error;
    Module *network = mobilenet_new(size->width, 5);
    assert_false(weights_load(weights, network, NULL, &error));
    assert_contains(error.message, "classifier.weight is F32 [1001, 256], expected F32 [5, 256]");
    assert_false(network->initialised);
    assert_true(weights_load(weights, network, "classifier", &error));
    module_free(network);

    network = mobilenet_new(size->width, 0);
    assert_false(weights_load(weights, network, NULL, &error));
    assert_contains(error.message, "2 unexpected: classifier.bias, classifier.weight;");
    assert_true(weights_load(weights, network, "classifier", &error));
    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    Tape *tape = tape_new();
    check_tensor(file, "pool", module_forward(network, reference_input(file, size, tape)));
    tape_clear(tape);

    Module *classifier = linear_new(size->features, 5);
    Random random = random_from_seed(1);
    module_initialise(classifier, &random);
    sequential_append(network, "classifier", classifier);
    const Tensor *logits = module_forward(network, reference_input(file, size, tape));
    assert_true(shape_equal(logits->shape, SHAPE(1, 5)));
    tape_free(tape);
    safetensors_close(file);
    module_free(network);
    free(path);
}

// --- wrong files ---------------------------------------------------------------------------------

// Refused in one line, and what lay where the result would is as it was.
static void refused(const char *from, const char *to, const char *says) {
    if (convert(from, to) != 1)
        fail_msg("taken, wanted \"%s\"", says);
    const char *words = scratch_read("words");
    assert_contains(words, says);
    assert_int_equal(strncmp(words, "error: ", 7), 0);
    assert_ptr_equal(strchr(words, '\n'), words + strlen(words) - 1);
    assert_string_equal(scratch_read("before"), "before");
}

static void test_wrong_files(void **state) {
    (void)state;
    scratch_write("before", "before");
    const char *to = scratch("before");
    refused(scratch("nosuch"), to, "nosuch: can't open: No such file or directory");
    refused(scratch_folder, to, "expected a file, found a folder");
    scratch_write("short", "TFL3");
    refused(scratch("short"), to, "found 4 other ones; run `scripts/download.sh mobilenet`");
    Error error;
    char *zeros = memory_zeroed(1, 1392847);
    assert_true(file_write(scratch("zeros"), zeros, 525598, &error));
    refused(scratch("zeros"), to, "found 525598 other ones");
    assert_true(file_write(scratch("zeros"), zeros, 1392846, &error));
    refused(scratch("zeros"), to, "found 1392846 other ones");
    assert_true(file_write(scratch("zeros"), zeros, 1392847, &error));
    refused(scratch("zeros"), to, "expected at most 1392846 bytes, found more");
    free(zeros);
}

static void test_damaged(void **state) {
    const struct Size *size = *state;
    char *path = find_file(size, "_quant.tflite"), *bytes;
    size_t length;
    Error error;
    assert_true(file_read(path, 1 << 24, &bytes, &length, &error));
    scratch_write("before", "before");
    bytes[length / 2] ^= 1;
    assert_true(file_write(scratch("damaged"), bytes, length, &error));
    refused(scratch("damaged"), scratch("before"), "other ones");
    bytes[length / 2] ^= 1;
    assert_true(file_write(scratch("damaged"), bytes, length - 1, &error));
    refused(scratch("damaged"), scratch("before"), "other ones");
    assert_int_equal(convert(path, scratch("nowhere/file")), 1);
    assert_contains(scratch_read("words"), "nowhere/file: can't write: No such file");
    free(bytes);
    free(path);
}

static void test_usage(void **state) {
    (void)state;
    assert_int_equal(convert("one", NULL), 1);
    assert_string_equal(scratch_read("words"),
                        "usage: convert-mobilenet FILE.tflite FILE.safetensors\n");
}

int main(void) {
#define FOR_SIZE(test, i) cmocka_unit_test_prestate(test, (void *)(uintptr_t)&SIZES[i])
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),      cmocka_unit_test(test_no_classifier),
        cmocka_unit_test(test_head_alone),  FOR_SIZE(test_same_bits, 0),
        FOR_SIZE(test_same_bits, 1),        FOR_SIZE(test_reference, 0),
        FOR_SIZE(test_reference, 1),        cmocka_unit_test(test_other_classifier),
        cmocka_unit_test(test_wrong_files), FOR_SIZE(test_damaged, 0),
        FOR_SIZE(test_damaged, 1),          cmocka_unit_test(test_usage),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
