// Each operation's gradient against central differences. One row an operation or more; a guard
// wants a row for each operation that the headers declare. In the double build the bound is 1e-8,
// in the float build it is loose.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "gradcheck.h"

// --- arithmetic ----------------------------------------------------------------------------------

static Tensor *apply_add(Tensor **x) {
    return add(x[0], x[1]);
}
static Tensor *apply_add_twice(Tensor **x) {
    return add(x[0], x[0]);
}
static Tensor *apply_subtract(Tensor **x) {
    return subtract(x[0], x[1]);
}
static Tensor *apply_subtract_itself(Tensor **x) {
    return subtract(scale(x[0], 3), x[0]);
}
static Tensor *apply_multiply(Tensor **x) {
    return multiply(x[0], x[1]);
}
static Tensor *apply_square(Tensor **x) {
    return multiply(x[0], x[0]);
}
static Tensor *apply_parameter_square(Tensor **x) { // a parameter used three times
    return add(multiply(x[1], multiply(x[0], x[1])), x[1]);
}
static Tensor *apply_scale(Tensor **x) {
    return scale(x[0], -1.75);
}
static Tensor *apply_sum(Tensor **x) {
    return sum(multiply(x[0], x[0]));
}
static Tensor *apply_mean(Tensor **x) {
    return mean(multiply(x[0], x[0]));
}

// --- activations ---------------------------------------------------------------------------------

static Tensor *apply_relu(Tensor **x) {
    return relu(x[0]);
}
static Tensor *apply_relu6(Tensor **x) { // the kinks at 0 and at 6 lie between the inputs
    return relu6(scale(x[0], 10));
}
static Tensor *apply_leaky_relu(Tensor **x) {
    return leaky_relu(x[0], 0.2);
}
static Tensor *apply_hyperbolic_tangent(Tensor **x) {
    return hyperbolic_tangent(x[0]);
}
static Tensor *apply_sigmoid(Tensor **x) {
    return sigmoid(x[0]);
}

// --- matrix products and views -------------------------------------------------------------------

static Tensor *apply_linear(Tensor **x) {
    return linear(x[0], x[1], x[2]);
}
static Tensor *apply_linear_of_itself(Tensor **x) { // x is the input and makes the weight
    return linear(x[0], hyperbolic_tangent(x[0]), NULL);
}
static Tensor *apply_linear_squared(Tensor **x) {
    return linear(x[0], x[0], NULL);
}
static Tensor *apply_linear_twice(Tensor **x) { // tied weights
    return linear(hyperbolic_tangent(linear(x[0], x[1], x[2])), x[1], x[2]);
}
static Tensor *apply_reshape(Tensor **x) {
    return add(multiply(reshape(x[0], SHAPE(3, 4)), reshape(x[0], SHAPE(3, 4))),
               reshape(reshape(x[0], SHAPE(12)), SHAPE(3, 4)));
}
static Tensor *apply_flatten(Tensor **x) {
    return linear(flatten(x[0]), x[1], NULL);
}

// --- convolution ---------------------------------------------------------------------------------

static Tensor *apply_conv2d(Tensor **x) {
    return conv2d(x[0], x[1], x[2]);
}
static Tensor *apply_conv2d_no_bias(Tensor **x) {
    return conv2d(x[0], x[1], NULL);
}
static Tensor *apply_conv2d_padding_1(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .padding = 1);
}
static Tensor *apply_conv2d_stride_2(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 2, .padding = 1);
}
static Tensor *apply_conv2d_stride_3_padding_2(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 3, .padding = 2);
}
static Tensor *apply_conv2d_padding_4(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .padding = 4);
}
static Tensor *apply_conv2d_twice(Tensor **x) { // one weight in two layers
    return conv2d(hyperbolic_tangent(conv2d(x[0], x[1], x[2], .padding = 1)), x[1], x[2]);
}

static Tensor *apply_conv2d_groups_2(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 2, .padding = 1, .groups = 2);
}
static Tensor *apply_conv2d_depthwise(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 2, .padding = 1, .groups = 3);
}
static Tensor *apply_conv2d_pointwise_groups_3(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .groups = 3);
}
static Tensor *apply_conv2d_same(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .padding = PADDING_SAME);
}
static Tensor *apply_conv2d_same_stride_2(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 2, .padding = PADDING_SAME);
}
static Tensor *apply_conv2d_same_stride_3(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 3, .padding = PADDING_SAME);
}
static Tensor *apply_conv2d_same_depthwise(Tensor **x) {
    return conv2d(x[0], x[1], x[2], .stride = 2, .padding = PADDING_SAME, .groups = 3);
}
static Tensor *apply_transpose(Tensor **x) {
    return conv_transpose2d(x[0], x[1], x[2]);
}
static Tensor *apply_transpose_no_bias(Tensor **x) {
    return conv_transpose2d(x[0], x[1], NULL, .stride = 2);
}
static Tensor *apply_transpose_stride_2(Tensor **x) {
    return conv_transpose2d(x[0], x[1], x[2], .stride = 2, .padding = 1);
}
static Tensor *apply_transpose_output_padding(Tensor **x) {
    return conv_transpose2d(x[0], x[1], x[2], .stride = 3, .padding = 1, .output_padding = 2);
}
static Tensor *apply_transpose_groups_2(Tensor **x) {
    return conv_transpose2d(x[0], x[1], x[2], .stride = 2, .padding = 1, .output_padding = 1,
                            .groups = 2);
}
static Tensor *apply_transpose_depthwise(Tensor **x) {
    return conv_transpose2d(x[0], x[1], x[2], .stride = 2, .groups = 3);
}
static Tensor *apply_transpose_of_conv2d(Tensor **x) { // one weight, there and back
    return conv_transpose2d(hyperbolic_tangent(conv2d(x[0], x[1], NULL, .stride = 2)), x[1], x[2],
                            .stride = 2);
}

// --- pooling -------------------------------------------------------------------------------------

static Tensor *apply_max_pool2d(Tensor **x) {
    return max_pool2d(x[0], 2);
}
static Tensor *apply_max_pool2d_overlap(Tensor **x) {
    return max_pool2d(x[0], 3, .stride = 1);
}
static Tensor *apply_max_pool2d_padding(Tensor **x) {
    return max_pool2d(x[0], 3, .stride = 2, .padding = 1);
}
static Tensor *apply_max_pool2d_gaps(Tensor **x) {
    return max_pool2d(x[0], 2, .stride = 3);
}
static Tensor *apply_avg_pool2d(Tensor **x) {
    return avg_pool2d(x[0], 2);
}
static Tensor *apply_avg_pool2d_overlap(Tensor **x) {
    return avg_pool2d(x[0], 3, .stride = 1);
}
static Tensor *apply_avg_pool2d_padding(Tensor **x) {
    return avg_pool2d(x[0], 3, .stride = 2, .padding = 1);
}
static Tensor *apply_avg_pool2d_gaps(Tensor **x) {
    return avg_pool2d(x[0], 2, .stride = 3);
}

// --- normalisation and dropout -------------------------------------------------------------------

static Tensor *normalise(Tensor **x, bool training, double eps) {
    static const real means[] = {(real)0.3, (real)-0.2, (real)0.1},
                      variances[] = {(real)0.5, (real)1.5, (real)2};
    Tensor *running_mean = tape_copy(x[0]->tape, x[1]->shape, means);
    Tensor *running_var = tape_copy(x[0]->tape, x[1]->shape, variances);
    return batch_norm(x[0], x[1], x[2], running_mean, running_var,
                      (BatchNormOptions){.training = training, .momentum = 0.1, .eps = eps});
}
static Tensor *apply_batch_norm(Tensor **x) {
    return normalise(x, true, 1e-5);
}
static Tensor *apply_batch_norm_two_rows(Tensor **x) { // ±1 whatever x is, were it not for eps
    return normalise(x, true, 0.1);
}
static Tensor *apply_batch_norm_evaluation(Tensor **x) {
    return normalise(x, false, 1e-5);
}
static Tensor *drop(Tensor *x, double p) {
    Random random = random_from_seed(5);
    return dropout(x, p, true, &random);
}
static Tensor *apply_dropout(Tensor **x) {
    return drop(x[0], 0.4);
}
static Tensor *apply_dropout_twice(Tensor **x) {
    return add(drop(x[0], 0.4), drop(x[0], 0.2));
}

// In evaluation u and v are constants, as backward takes them. All numbers are positive, and σ is far
// from 0.
static Tensor *apply_spectral_norm(Tensor **x) {
    static const real numbers[] = {0.5, 0.25, 1, 0.75, 0.5, 0.375, 0.875, 1};
    const int rows = x[0]->shape.dims[0], columns = (int)x[0]->size / rows;
    Tape *tape = x[0]->tape;
    Tensor *twos = tape_tensor(tape, x[0]->shape);
    for (size_t i = 0; i < twos->size; i++)
        twos->data[i] = 2;
    return spectral_norm(add(x[0], twos), tape_copy(tape, SHAPE(rows), numbers + 1),
                         tape_copy(tape, SHAPE(columns), numbers), false);
}

// --- chains --------------------------------------------------------------------------------------

static Tensor *
apply_chain(Tensor **x) { // kinks only where x itself is: later ones can't be kept off
    Tensor *h = max_pool2d(leaky_relu(x[0], 0.1), 3, .stride = 1, .padding = 1);
    h = hyperbolic_tangent(conv2d(h, x[1], NULL, .padding = 1));
    h = add(avg_pool2d(h, 2), avg_pool2d(h, 2));
    return sigmoid(linear(flatten(h), x[2], NULL));
}
static Tensor *apply_residual(Tensor **x) { // x goes two ways and is normalised
    Tensor *norm[] = {x[0], x[1], x[2]};
    return add(hyperbolic_tangent(normalise(norm, true, 1e-5)), x[0]);
}

// clang-format off
#define S1(a) {1, {a}}
#define S2(a, b) {2, {a, b}}
#define S4(a, b, c, d) {4, {a, b, c, d}}

static const GradientCase cases[] = {
    {"add", "matrices", apply_add, {S2(3, 5), S2(3, 5)}},
    {"add", "x + x", apply_add_twice, {S1(7)}},
    {"subtract", "matrices", apply_subtract, {S2(3, 5), S2(3, 5)}},
    {"subtract", "3 x - x", apply_subtract_itself, {S1(7)}},
    {"multiply", "matrices", apply_multiply, {S2(3, 5), S2(3, 5)}},
    {"multiply", "x x", apply_square, {S1(7)}},
    {"multiply", "p x p + p", apply_parameter_square, {S1(7), S1(7)}},
    {"scale", "", apply_scale, {S1(9)}},
    {"sum", "of squares", apply_sum, {S2(3, 7)}},
    {"sum", "one number", apply_sum, {S1(1)}},
    {"mean", "of squares", apply_mean, {S2(3, 7)}},
    {"relu", "", apply_relu, {S2(5, 7)}},
    {"relu6", "", apply_relu6, {S2(5, 7)}},
    {"leaky_relu", "", apply_leaky_relu, {S2(5, 7)}},
    {"hyperbolic_tangent", "", apply_hyperbolic_tangent, {S2(5, 7)}},
    {"sigmoid", "", apply_sigmoid, {S2(5, 7)}},
    {"linear", "3x5 -> 4", apply_linear, {S2(3, 5), S2(4, 5), S1(4)}},
    {"linear", "batch of 1", apply_linear, {S2(1, 7), S2(3, 7), S1(3)}},
    {"linear", "one in, one out", apply_linear, {S2(5, 1), S2(1, 1), S1(1)}},
    {"linear", "x, tanh x", apply_linear_of_itself, {S2(3, 4)}},
    {"linear", "x x", apply_linear_squared, {S2(4, 4)}},
    {"linear", "tied weights", apply_linear_twice, {S2(3, 4), S2(4, 4), S1(4)}},
    {"reshape", "two ways", apply_reshape, {S4(2, 3, 1, 2)}},
    {"flatten", "", apply_flatten, {S4(2, 3, 1, 2), S2(3, 6)}},
    {"conv2d", "3x3", apply_conv2d, {S4(2, 2, 5, 4), S4(3, 2, 3, 3), S1(3)}},
    {"conv2d", "no bias", apply_conv2d_no_bias, {S4(2, 2, 5, 4), S4(3, 2, 3, 3)}},
    {"conv2d", "1x1", apply_conv2d, {S4(2, 3, 3, 4), S4(2, 3, 1, 1), S1(2)}},
    {"conv2d", "1x1 stride 2 padding 1", apply_conv2d_stride_2, {S4(2, 3, 3, 4), S4(2, 3, 1, 1), S1(2)}},
    {"conv2d", "the kernel is the image", apply_conv2d, {S4(2, 2, 3, 4), S4(3, 2, 3, 4), S1(3)}},
    {"conv2d", "padding 1, batch of 1", apply_conv2d_padding_1, {S4(1, 2, 5, 3), S4(2, 2, 3, 3), S1(2)}},
    {"conv2d", "stride 2", apply_conv2d_stride_2, {S4(2, 2, 6, 5), S4(2, 2, 3, 3), S1(2)}},
    {"conv2d", "2x3 stride 3 padding 2", apply_conv2d_stride_3_padding_2, {S4(2, 1, 7, 5), S4(2, 1, 2, 3), S1(2)}},
    {"conv2d", "4x1 stride 2", apply_conv2d_stride_2, {S4(1, 1, 7, 4), S4(2, 1, 4, 1), S1(2)}},
    {"conv2d", "taps that see only padding", apply_conv2d_padding_4, {S4(1, 1, 1, 2), S4(2, 1, 5, 5), S1(2)}},
    {"conv2d", "11 images in 8 pieces", apply_conv2d_padding_1, {S4(11, 1, 3, 3), S4(2, 1, 3, 3), S1(2)}},
    {"conv2d", "11 images, 1x1", apply_conv2d, {S4(11, 2, 2, 2), S4(2, 2, 1, 1), S1(2)}},
    {"conv2d", "one weight twice", apply_conv2d_twice, {S4(2, 2, 4, 4), S4(2, 2, 3, 3), S1(2)}},
    {"conv2d", "two groups, stride 2", apply_conv2d_groups_2, {S4(2, 4, 5, 4), S4(6, 2, 3, 3), S1(6)}},
    {"conv2d", "depthwise, stride 2", apply_conv2d_depthwise, {S4(2, 3, 6, 5), S4(3, 1, 3, 3), S1(3)}},
    {"conv2d", "depthwise, two outputs a channel", apply_conv2d_depthwise, {S4(2, 3, 4, 5), S4(6, 1, 3, 2), S1(6)}},
    {"conv2d", "1x1, three groups", apply_conv2d_pointwise_groups_3, {S4(9, 6, 2, 3), S4(3, 2, 1, 1), S1(3)}},
    {"conv2d", "SAME, 3x3", apply_conv2d_same, {S4(2, 2, 4, 3), S4(2, 2, 3, 3), S1(2)}},
    {"conv2d", "SAME, 2x4", apply_conv2d_same, {S4(2, 1, 4, 5), S4(2, 1, 2, 4), S1(2)}},
    {"conv2d", "SAME, stride 2, odd sizes", apply_conv2d_same_stride_2, {S4(2, 2, 5, 7), S4(2, 2, 3, 3), S1(2)}},
    {"conv2d", "SAME, stride 2, even sizes", apply_conv2d_same_stride_2, {S4(2, 2, 6, 4), S4(2, 2, 3, 3), S1(2)}},
    {"conv2d", "SAME, stride 3 beyond the kernel", apply_conv2d_same_stride_3, {S4(2, 1, 7, 6), S4(2, 1, 2, 1), S1(2)}},
    {"conv2d", "SAME, depthwise, stride 2", apply_conv2d_same_depthwise, {S4(2, 3, 6, 5), S4(3, 1, 3, 3), S1(3)}},
    {"conv_transpose2d", "3x3", apply_transpose, {S4(2, 2, 3, 4), S4(2, 3, 3, 3), S1(3)}},
    {"conv_transpose2d", "no bias, gaps", apply_transpose_no_bias, {S4(2, 2, 3, 4), S4(2, 3, 1, 1)}},
    {"conv_transpose2d", "1x1", apply_transpose, {S4(2, 2, 3, 4), S4(2, 3, 1, 1), S1(3)}},
    {"conv_transpose2d", "of 1x1, as a generator starts", apply_transpose, {S4(3, 4, 1, 1), S4(4, 2, 3, 3), S1(2)}},
    {"conv_transpose2d", "4x4 stride 2 padding 1", apply_transpose_stride_2, {S4(2, 2, 3, 2), S4(2, 3, 4, 4), S1(3)}},
    {"conv_transpose2d", "11 images", apply_transpose_stride_2, {S4(11, 1, 2, 2), S4(1, 2, 3, 4), S1(2)}},
    {"conv_transpose2d", "stride 3, output padding 2", apply_transpose_output_padding, {S4(2, 2, 3, 2), S4(2, 2, 3, 4), S1(2)}},
    {"conv_transpose2d", "two groups", apply_transpose_groups_2, {S4(2, 4, 3, 2), S4(4, 3, 3, 3), S1(6)}},
    {"conv_transpose2d", "depthwise", apply_transpose_depthwise, {S4(2, 3, 3, 2), S4(3, 1, 3, 2), S1(3)}},
    {"conv_transpose2d", "the weight of a conv2d", apply_transpose_of_conv2d, {S4(2, 2, 5, 5), S4(3, 2, 3, 3), S1(2)}},
    {"max_pool2d", "2", apply_max_pool2d, {S4(2, 3, 4, 6)}},
    {"max_pool2d", "2, odd image, batch of 1", apply_max_pool2d, {S4(1, 2, 5, 7)}},
    {"max_pool2d", "overlapping", apply_max_pool2d_overlap, {S4(2, 2, 5, 4)}},
    {"max_pool2d", "overlapping with padding", apply_max_pool2d_padding, {S4(2, 2, 5, 6)}},
    {"max_pool2d", "gaps", apply_max_pool2d_gaps, {S4(1, 2, 6, 5)}},
    {"avg_pool2d", "2", apply_avg_pool2d, {S4(2, 3, 4, 6)}},
    {"avg_pool2d", "2, odd image, batch of 1", apply_avg_pool2d, {S4(1, 2, 5, 7)}},
    {"avg_pool2d", "overlapping", apply_avg_pool2d_overlap, {S4(2, 2, 5, 4)}},
    {"avg_pool2d", "overlapping with padding", apply_avg_pool2d_padding, {S4(2, 2, 5, 6)}},
    {"avg_pool2d", "gaps", apply_avg_pool2d_gaps, {S4(1, 2, 6, 5)}},
    {"batch_norm", "training, matrix", apply_batch_norm, {S2(5, 3), S1(3), S1(3)}},
    {"batch_norm", "training, two rows", apply_batch_norm_two_rows, {S2(2, 3), S1(3), S1(3)}},
    {"batch_norm", "training, images", apply_batch_norm, {S4(3, 2, 3, 2), S1(2), S1(2)}},
    {"batch_norm", "training, batch of 1", apply_batch_norm, {S4(1, 3, 2, 3), S1(3), S1(3)}},
    {"batch_norm", "evaluation, matrix", apply_batch_norm_evaluation, {S2(5, 3), S1(3), S1(3)}},
    {"batch_norm", "evaluation, images", apply_batch_norm_evaluation, {S4(3, 2, 3, 2), S1(2), S1(2)}},
    {"batch_norm", "evaluation, one number", apply_batch_norm_evaluation, {S2(1, 1), S1(1), S1(1)}},
    {"spectral_norm", "of a matrix", apply_spectral_norm, {S2(3, 5)}},
    {"spectral_norm", "of a convolution", apply_spectral_norm, {S4(2, 1, 2, 3)}},
    {"spectral_norm", "one row", apply_spectral_norm, {S2(1, 4)}},
    {"dropout", "", apply_dropout, {S2(5, 7)}},
    {"dropout", "two of one tensor", apply_dropout_twice, {S2(5, 7)}},
    {"chain", "conv, leaky relu, pools, linear, sigmoid", apply_chain, {S4(2, 1, 5, 5), S4(2, 1, 3, 3), S2(3, 8)}},
    {"chain", "batch norm, tanh, residual", apply_residual, {S4(2, 2, 3, 2), S1(2), S1(2)}},
};
// clang-format on
enum { CASE_COUNT = sizeof cases / sizeof cases[0] };

static void test_gradients(void **state) {
    (void)state;
    for (int i = 0; i < CASE_COUNT; i++) {
        const double worst = gradcheck_run(&cases[i]);
        print_message("%-20s %-42s %.1e\n", cases[i].operation, cases[i].label, worst);
    }
}

static void test_each_operation_has_a_row(void **state) {
    (void)state;
    gradcheck_guard(KNOBS_ROOT "/common/tensor/operations.h", cases, CASE_COUNT);
}

// The check must be able to fail.
static Tensor *apply_wrong(Tensor **x) {
    return multiply(x[0], detach(x[0]));
}

static void test_a_wrong_gradient_is_seen(void **state) {
    (void)state;
    const GradientCase wrong = {"multiply", "x detach(x)", apply_wrong, {S1(5)}};
    Tape *tape = tape_new();
    GradientInputs inputs = gradcheck_inputs(&wrong);
    gradcheck_differences(tape, &wrong, &inputs);
    Tensor *leaf;
    backward(gradcheck_loss(tape, &wrong, &inputs, 1, &leaf));
    assert_true(gradcheck_error(leaf, inputs.numeric[0], 1) > 0.1);
    gradcheck_free(&inputs);
    tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_operation_has_a_row),
        cmocka_unit_test(test_a_wrong_gradient_is_seen),
        cmocka_unit_test(test_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
