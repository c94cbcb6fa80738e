// Losses: values and gradients against PyTorch (tests/golden/nn.txt), gradients against central
// differences, wrong uses.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caught.h"
#include "golden.h"
#include "gradcheck.h"
#include "nn/loss.h"

// --- PyTorch -------------------------------------------------------------------------------------

static Tensor *golden_leaf(Tape *tape, const Golden *golden, const char *prefix, const char *name) {
    const GoldenTensor *values = golden_find(golden, prefix, name);
    Tensor *leaf = tape_tensor(tape, values->shape);
    for (size_t i = 0; i < leaf->size; i++)
        leaf->data[i] = (real)values->values[i];
    tape_require_grad(leaf);
    return leaf;
}

static void check_cross_entropy(const Golden *golden, const char *prefix) {
    Tape *tape = tape_new();
    const GoldenTensor *expected_labels = golden_find(golden, prefix, "labels");
    int labels[16];
    assert_true(expected_labels->size <= 16);
    for (size_t i = 0; i < expected_labels->size; i++)
        labels[i] = (int)expected_labels->values[i];
    const double smoothing = golden_find(golden, prefix, "smoothing")->values[0];
    Tensor *logits = golden_leaf(tape, golden, prefix, "logits");
    Tensor *loss = smoothing == 0 ? cross_entropy(logits, labels)
                                  : cross_entropy(logits, labels, .label_smoothing = smoothing);
    golden_compare(golden, prefix, "loss", loss->shape, loss->data);
    backward(loss);
    golden_compare(golden, prefix, "gradient", logits->shape, logits->grad);
    tape_set_recording(tape, false); // the same number where no probabilities are kept
    const double again = tensor_item(cross_entropy(logits, labels, .label_smoothing = smoothing));
    assert_true(again == tensor_item(loss));
    tape_free(tape);
}

static void test_cross_entropy_as_pytorch(void **state) {
    (void)state;
    static const char *const kinds[] = {"batch",      "one-row",     "one-class",
                                        "one-number", "two-classes", "extreme"};
    static const char *const smoothings[] = {"0", "0.1", "1"};
    Golden golden = golden_read("nn.txt");
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t s = 0; s < sizeof smoothings / sizeof smoothings[0]; s++) {
            char prefix[64];
            snprintf(prefix, sizeof prefix, "cross_entropy.%s-%s", kinds[k], smoothings[s]);
            check_cross_entropy(&golden, prefix);
        }
    golden_free(&golden);
}

// p and q are 1: nothing is left to learn, to the last bit.
static void test_cross_entropy_of_one_class(void **state) {
    (void)state;
    const int labels[] = {0, 0, 0};
    for (int percent = 0; percent <= 100; percent++) {
        Tape *tape = tape_new();
        Tensor *logits = tape_copy(tape, SHAPE(3, 1), (const real[]){3, -2, (real)1.7});
        tape_require_grad(logits);
        Tensor *loss = cross_entropy(logits, labels, .label_smoothing = percent / 100.0);
        backward(loss);
        assert_true(tensor_item(loss) == 0);
        for (int i = 0; i < 3; i++)
            assert_true(logits->grad[i] == 0);
        tape_free(tape);
    }
}

static void test_mse_as_pytorch(void **state) {
    (void)state;
    static const char *const cases[] = {"mse.matrix", "mse.one-number", "mse.images",
                                        "mse.extreme"};
    Golden golden = golden_read("nn.txt");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Tape *tape = tape_new();
        Tensor *prediction = golden_leaf(tape, &golden, cases[i], "prediction");
        Tensor *target = golden_leaf(tape, &golden, cases[i], "target");
        Tensor *loss = mse_loss(prediction, target);
        backward(loss);
        golden_compare(&golden, cases[i], "loss", loss->shape, loss->data);
        golden_compare(&golden, cases[i], "gradient", prediction->shape, prediction->grad);
        golden_compare(&golden, cases[i], "target_gradient", target->shape, target->grad);
        tape_free(tape);
    }
    golden_free(&golden);
}

static void test_binary_cross_entropy_as_pytorch(void **state) {
    (void)state;
    static const char *const cases[] = {"bce.matrix",          "bce.matrix-hard", "bce.one-number",
                                        "bce.one-number-hard", "bce.images",      "bce.images-hard",
                                        "bce.extreme"};
    Golden golden = golden_read("nn.txt");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Tape *tape = tape_new();
        Tensor *logits = golden_leaf(tape, &golden, cases[i], "prediction");
        Tensor *target = detach(golden_leaf(tape, &golden, cases[i], "target"));
        Tensor *loss = binary_cross_entropy_with_logits(logits, target);
        backward(loss);
        golden_compare(&golden, cases[i], "loss", loss->shape, loss->data);
        golden_compare(&golden, cases[i], "gradient", logits->shape, logits->grad);
        tape_free(tape);
    }
    golden_free(&golden);
}

// --- by hand -------------------------------------------------------------------------------------

static void test_by_hand(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const real zeros[8] = {0}, ones[2] = {1, 1}, twos[2] = {3, -1};
    const int labels[] = {1, 3};
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-15 : 1e-7;
    Tensor *even = tape_copy(tape, SHAPE(2, 4), zeros); // four equal classes
    assert_true(fabs(tensor_item(cross_entropy(even, labels)) - log(4)) < tolerance);
    assert_true(fabs(tensor_item(cross_entropy(even, labels, .label_smoothing = 0.3)) - log(4)) <
                tolerance);
    Tensor *a = tape_copy(tape, SHAPE(2), ones), *b = tape_copy(tape, SHAPE(2), twos);
    assert_true(tensor_item(mse_loss(a, b)) == 4);
    Tensor *nothing = tape_copy(tape, SHAPE(2), zeros);
    assert_true(fabs(tensor_item(binary_cross_entropy_with_logits(nothing, a)) - log(2)) <
                tolerance);
    tape_free(tape);
}

static void test_a_broken_number_is_seen(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const int labels[] = {0};
    for (int at = 0; at < 3; at++) {
        real row[3] = {1, 2, 3};
        row[at] = (real)NAN;
        Tensor *logits = tape_copy(tape, SHAPE(1, 3), row);
        assert_true(isnan(tensor_item(cross_entropy(logits, labels))));
        assert_true(isnan(tensor_item(mse_loss(logits, logits))));
        assert_true(isnan(tensor_item(binary_cross_entropy_with_logits(logits, logits))));
    }
    tape_free(tape);
}

static void test_count_correct(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const real rows[] = {1, 5, 2, /**/ -3, -2, -1, /**/ 4, 4, 0, /**/ 0, 0, 7};
    Tensor *logits = tape_copy(tape, SHAPE(4, 3), rows);
    assert_int_equal(count_correct(logits, (const int[]){1, 2, 0, 2}), 4); // the first of two equal
    assert_int_equal(count_correct(logits, (const int[]){1, 2, 1, 2}), 3);
    assert_int_equal(count_correct(logits, (const int[]){0, 0, 2, 1}), 0);
    assert_fatal(count_correct(logits, (const int[]){0, 3, 0, 0}), "label 3 of row 1");
    // The first NaN is the largest, as PyTorch has it.
    logits->data[2] = logits->data[3] = (real)NAN;
    assert_int_equal(count_correct(logits, (const int[]){2, 0, 0, 2}), 4);
    tape_free(tape);
}

// --- wrong uses ----------------------------------------------------------------------------------

static void test_wrong_labels_and_shapes(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Tensor *logits = tape_copy(tape, SHAPE(2, 3), (const real[6]){0});
    Tensor *vector = tape_copy(tape, SHAPE(6), (const real[6]){0});
    Tensor *empty = tape_tensor(tape, SHAPE(0, 3)), *classless = tape_tensor(tape, SHAPE(3, 0));
    const int good[] = {0, 2};
    assert_fatal(cross_entropy(logits, ((const int[]){0, 3})),
                 "label 3 of row 1 isn't among the classes 0 … 2");
    assert_fatal(cross_entropy(logits, ((const int[]){-1, 0})), "label -1 of row 0");
    assert_fatal(cross_entropy(vector, good), "they are [6]");
    assert_fatal(cross_entropy(empty, good), "they are [0, 3]");
    assert_fatal(cross_entropy(classless, good), "they are [3, 0]");
    assert_fatal(cross_entropy(logits, good, .label_smoothing = 1.01), "label_smoothing is 1.01");
    assert_fatal(cross_entropy(logits, good, .label_smoothing = -0.1), "label_smoothing is -0.1");
    assert_fatal(cross_entropy(logits, good, .label_smoothing = NAN), "label_smoothing is");
    assert_fatal(mse_loss(logits, vector), "mse_loss: the target is [6], it must be [2, 3]");
    assert_fatal(binary_cross_entropy_with_logits(vector, logits),
                 "binary_cross_entropy_with_logits: the target is [2, 3], it must be [6]");
    Tensor *wanting = tape_copy(tape, SHAPE(6), (const real[6]){0});
    tape_require_grad(wanting);
    assert_fatal(binary_cross_entropy_with_logits(vector, wanting), "detach it");
    tape_free(tape);
}

// --- central differences -------------------------------------------------------------------------

static const int some_labels[] = {2, 0, 3, 1, 2};

static Tensor *apply_cross_entropy(Tensor **x) {
    return cross_entropy(x[0], some_labels);
}
static Tensor *apply_smoothed_cross_entropy(Tensor **x) {
    return scale(cross_entropy(x[0], some_labels, .label_smoothing = 0.1), -2.5);
}
static Tensor *apply_one_class(Tensor **x) { // always 0
    static const int zeros[] = {0, 0, 0};
    return cross_entropy(x[0], zeros);
}
static Tensor *apply_two_cross_entropies(Tensor **x) { // the second backward adds
    static const int others[] = {0, 0, 1, 2, 3};
    return add(cross_entropy(x[0], some_labels), cross_entropy(x[0], others, .label_smoothing = 1));
}
static Tensor *apply_mse(Tensor **x) {
    return mse_loss(x[0], x[1]);
}
static Tensor *apply_mse_both_sides(Tensor **x) {
    return mse_loss(multiply(x[0], x[0]), x[0]);
}
static Tensor *targets(const Tensor *x) {
    Tensor *target = tape_tensor(x->tape, x->shape);
    for (size_t i = 0; i < x->size; i++)
        target->data[i] = (real)(i % 5) / 4;
    return target;
}
static Tensor *apply_binary_cross_entropy(Tensor **x) {
    return binary_cross_entropy_with_logits(x[0], targets(x[0]));
}
static Tensor *apply_two_binary_cross_entropies(Tensor **x) {
    return add(binary_cross_entropy_with_logits(x[0], targets(x[0])),
               scale(binary_cross_entropy_with_logits(scale(x[0], 2), targets(x[0])), 3));
}

static const GradientCase cases[] = {
    {"cross_entropy", "", apply_cross_entropy, {{2, {5, 4}}}},
    {"cross_entropy", "one row", apply_cross_entropy, {{2, {1, 4}}}},
    {"cross_entropy", "smoothed, times -2.5", apply_smoothed_cross_entropy, {{2, {5, 4}}}},
    {"cross_entropy", "one class", apply_one_class, {{2, {3, 1}}}},
    {"cross_entropy", "two of one tensor", apply_two_cross_entropies, {{2, {5, 4}}}},
    {"mse_loss", "", apply_mse, {{2, {3, 4}}, {2, {3, 4}}}},
    {"mse_loss", "x x, x", apply_mse_both_sides, {{1, {7}}}},
    {"binary_cross_entropy_with_logits", "", apply_binary_cross_entropy, {{2, {3, 4}}}},
    {"binary_cross_entropy_with_logits", "two", apply_two_binary_cross_entropies, {{1, {7}}}},
};
enum { CASE_COUNT = sizeof cases / sizeof cases[0] };

static void test_gradients(void **state) {
    (void)state;
    for (int i = 0; i < CASE_COUNT; i++)
        print_message("%-34s %-22s %.1e\n", cases[i].operation, cases[i].label,
                      gradcheck_run(&cases[i]));
}

static void test_each_loss_has_a_row(void **state) {
    (void)state;
    gradcheck_guard(KNOBS_ROOT "/common/nn/loss.h", cases, CASE_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross_entropy_as_pytorch),
        cmocka_unit_test(test_cross_entropy_of_one_class),
        cmocka_unit_test(test_mse_as_pytorch),
        cmocka_unit_test(test_binary_cross_entropy_as_pytorch),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_a_broken_number_is_seen),
        cmocka_unit_test(test_count_correct),
        cmocka_unit_test(test_wrong_labels_and_shapes),
        cmocka_unit_test(test_each_loss_has_a_row),
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
