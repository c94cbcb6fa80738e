// The operations against PyTorch's values, the corners that it defines, what a wrong use says, and
// the same bits whatever the number of threads.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/threads.h"
#include "caught.h"
#include "golden.h"
#include "nn/loss.h"
#include "tensor/operations.h"

// --- against PyTorch -----------------------------------------------------------------------------

static Golden golden;

static int golden_setup(void **state) {
    (void)state;
    golden = golden_read("operations.txt");
    return 0;
}

static int golden_teardown(void **state) {
    (void)state;
    golden_free(&golden);
    return 0;
}

// A golden tensor as a leaf of the tape.
static Tensor *golden_leaf(Tape *tape, const char *prefix, const char *name) {
    const GoldenTensor *tensor = golden_find(&golden, prefix, name);
    Tensor *leaf = tape_tensor(tape, tensor->shape);
    for (size_t i = 0; i < tensor->size; i++)
        leaf->data[i] = (real)tensor->values[i];
    return leaf;
}

// An operation for a golden case: its inputs, its options, and the case's name.
typedef Tensor *(*GoldenOperation)(Tensor **x, const double *options, const char *prefix);

enum { GOLDEN_INPUTS = 3 };

// Compares y and the gradients of the named inputs; false where there is no such case.
static bool golden_check(const char *prefix, GoldenOperation operation,
                         const char *const names[GOLDEN_INPUTS]) {
    if (!golden_seek(&golden, prefix, "y"))
        return false;
    const GoldenTensor *options = golden_seek(&golden, prefix, "options");
    Tape *tape = tape_new();
    Tensor *x[GOLDEN_INPUTS] = {0};
    for (int i = 0; i < GOLDEN_INPUTS && names[i]; i++) {
        x[i] = golden_leaf(tape, prefix, names[i]);
        tape_require_grad(x[i]);
    }
    Tensor *y = operation(x, options ? options->values : NULL, prefix);
    golden_compare(&golden, prefix, "y", y->shape, y->data);
    backward(sum(multiply(y, golden_leaf(tape, prefix, "dy"))));
    for (int i = 0; i < GOLDEN_INPUTS && names[i]; i++) {
        char gradient[32];
        snprintf(gradient, sizeof gradient, "d%s", names[i]);
        golden_compare(&golden, prefix, gradient, x[i]->shape, x[i]->grad);
    }
    tape_free(tape);
    return true;
}

// The cases operation.0, operation.1, …; at least `least` of them.
static void golden_check_all(const char *operation_name, int least, GoldenOperation operation,
                             const char *const names[GOLDEN_INPUTS]) {
    int count = 0;
    for (;; count++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "%s.%d", operation_name, count);
        if (!golden_check(prefix, operation, names))
            break;
    }
    assert_in_range(count, least, 1000);
}

static const char *const JUST_X[GOLDEN_INPUTS] = {"x"};
static const char *const X_WEIGHT_BIAS[GOLDEN_INPUTS] = {"x", "weight", "bias"};

static Tensor *golden_conv2d(Tensor **x, const double *options, const char *prefix) {
    (void)prefix;
    const int padding = options[1] < 0 ? PADDING_SAME : (int)options[1];
    return conv2d(x[0], x[1], x[2], .stride = (int)options[0], .padding = padding,
                  .groups = (int)options[2]);
}
static Tensor *golden_conv_transpose2d(Tensor **x, const double *options, const char *prefix) {
    (void)prefix;
    return conv_transpose2d(x[0], x[1], x[2], .stride = (int)options[0], .padding = (int)options[1],
                            .output_padding = (int)options[2], .groups = (int)options[3]);
}
static Tensor *golden_max_pool2d(Tensor **x, const double *options, const char *prefix) {
    (void)prefix;
    if (!options)
        return max_pool2d(x[0], 2);
    return max_pool2d(x[0], (int)options[0], .stride = (int)options[1], .padding = (int)options[2]);
}
static Tensor *golden_avg_pool2d(Tensor **x, const double *options, const char *prefix) {
    (void)prefix;
    return avg_pool2d(x[0], (int)options[0], .stride = (int)options[1], .padding = (int)options[2]);
}
static Tensor *golden_linear(Tensor **x, const double *options, const char *prefix) {
    (void)options, (void)prefix;
    return linear(x[0], x[1], x[2]);
}
static Tensor *golden_relu(Tensor **x, const double *options, const char *prefix) {
    (void)options, (void)prefix;
    return relu(x[0]);
}
static Tensor *golden_relu6(Tensor **x, const double *options, const char *prefix) {
    (void)options, (void)prefix;
    return relu6(x[0]);
}
static Tensor *golden_leaky_relu(Tensor **x, const double *options, const char *prefix) {
    (void)prefix;
    return leaky_relu(x[0], options[0]);
}
static Tensor *golden_tanh(Tensor **x, const double *options, const char *prefix) {
    (void)options, (void)prefix;
    return hyperbolic_tangent(x[0]);
}
static Tensor *golden_sigmoid(Tensor **x, const double *options, const char *prefix) {
    (void)options, (void)prefix;
    return sigmoid(x[0]);
}
static Tensor *golden_mean(Tensor **x, const double *options, const char *prefix) {
    (void)options, (void)prefix;
    return reshape(mean(x[0]), SHAPE(1));
}
static Tensor *golden_batch_norm(Tensor **x, const double *options, const char *prefix) {
    const bool training = strncmp(prefix, "batch_norm.evaluation", 21) != 0;
    Tensor *running_mean = golden_leaf(x[0]->tape, prefix, "mean_before");
    Tensor *running_var = golden_leaf(x[0]->tape, prefix, "var_before");
    Tensor *y = batch_norm(
        x[0], x[1], x[2], running_mean, running_var,
        (BatchNormOptions){.training = training, .momentum = options[0], .eps = options[1]});
    golden_compare(&golden, prefix, "mean_after", running_mean->shape, running_mean->data);
    golden_compare(&golden, prefix, "var_after", running_var->shape, running_var->data);
    return y;
}

static void test_golden_convolution(void **state) {
    (void)state;
    golden_check_all("conv2d", 16, golden_conv2d, X_WEIGHT_BIAS);
    golden_check_all("conv_transpose2d", 9, golden_conv_transpose2d, X_WEIGHT_BIAS);
}

static void test_golden_pooling(void **state) {
    (void)state;
    golden_check_all("max_pool2d", 5, golden_max_pool2d, JUST_X);
    golden_check_all("avg_pool2d", 5, golden_avg_pool2d, JUST_X);
    assert_true(golden_check("max_pool2d.special", golden_max_pool2d, JUST_X)); // NaN, infinities
}

static void test_golden_batch_norm(void **state) {
    (void)state;
    golden_check_all("batch_norm.training", 4, golden_batch_norm, X_WEIGHT_BIAS);
    golden_check_all("batch_norm.evaluation", 4, golden_batch_norm, X_WEIGHT_BIAS);
    assert_true(golden_check("batch_norm.constant", golden_batch_norm, X_WEIGHT_BIAS)); // eps 0
}

static void test_golden_others(void **state) {
    (void)state;
    golden_check_all("linear", 2, golden_linear, X_WEIGHT_BIAS);
    golden_check_all("relu", 1, golden_relu, JUST_X);
    golden_check_all("relu6", 1, golden_relu6, JUST_X);           // 0, 6 and infinities too
    golden_check_all("leaky_relu", 4, golden_leaky_relu, JUST_X); // NaN and infinities too
    golden_check_all("hyperbolic_tangent", 1, golden_tanh, JUST_X);
    golden_check_all("sigmoid", 1, golden_sigmoid, JUST_X);
    golden_check_all("mean", 1, golden_mean, JUST_X);
}

// --- corners -------------------------------------------------------------------------------------

static void test_relu_of_what_is_not_finite(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const real values[] = {-(real)INFINITY, (real)INFINITY, (real)NAN};
    Tensor *x = tape_copy(tape, SHAPE(3), values);
    tape_require_grad(x);
    Tensor *y = relu(x);
    assert_true(y->data[0] == 0 && isinf(y->data[1]) && isnan(y->data[2]));
    backward(sum(y));
    assert_true(x->grad[0] == 0 && x->grad[1] == 1 && x->grad[2] == 1); // as PyTorch's
    y = relu6(tape_copy(tape, SHAPE(3), values));
    assert_true(y->data[0] == 0 && y->data[1] == 6 && isnan(y->data[2]));
    tape_free(tape);
}

// A loss through a convolution and a ReLU6, which is an option of it or not.
static Tensor *rectified_convolution(Tape *tape, Tensor **leaves, Conv2dOptions options,
                                     bool transposed, bool as_option) {
    Tensor *(*convolution)(Tensor *, Tensor *, Tensor *, Conv2dOptions) =
        transposed ? conv_transpose2d_with : conv2d_with;
    const int *dims = leaves[1]->shape.dims;
    leaves[2] = tape_tensor(tape, SHAPE(transposed ? dims[1] * options.groups : dims[0]));
    for (int i = 0; i < 3; i++) {
        Random random = random_from_seed((uint64_t)i);
        random_fill_normal(&random, leaves[i]->size, 0, 1, leaves[i]->data);
        tape_require_grad(leaves[i]);
    }
    options.relu = as_option ? 6 : 0;
    Tensor *y = convolution(leaves[0], leaves[1], leaves[2], options);
    y = as_option ? y : relu6(y);
    tensor_retain_grad(y);
    backward(sum(multiply(y, y)));
    return y;
}

// The same bits, those of the gradients too.
static void check_relu_option(Shape x, Shape weight, Conv2dOptions options, bool transposed) {
    Tape *tapes[] = {tape_new(), tape_new()};
    Tensor *all[2][4]; // x, weight, bias and y
    for (int i = 0; i < 2; i++) {
        all[i][0] = tape_tensor(tapes[i], x);
        all[i][1] = tape_tensor(tapes[i], weight);
        all[i][3] = rectified_convolution(tapes[i], all[i], options, transposed, i == 1);
    }
    assert_memory_equal(all[0][3]->data, all[1][3]->data, all[0][3]->size * sizeof(real));
    for (int i = 0; i < 4; i++)
        assert_memory_equal(all[0][i]->grad, all[1][i]->grad, all[0][i]->size * sizeof(real));
    tape_free(tapes[0]);
    tape_free(tapes[1]);
}

static void test_relu_as_an_option_of_a_convolution(void **state) {
    (void)state;
    const Conv2dOptions plain = {.stride = 1, .groups = 1};
    check_relu_option(SHAPE(3, 8, 5, 5), SHAPE(20, 8, 1, 1), plain, false);
    check_relu_option(SHAPE(2, 300, 6, 4), SHAPE(9, 300, 1, 1), plain, false); // in two depths
    check_relu_option(SHAPE(2, 8, 6, 4), SHAPE(8, 20, 1, 1), plain, true);
    check_relu_option(SHAPE(2, 3, 9, 8), SHAPE(5, 3, 3, 3), plain, false);
    check_relu_option(SHAPE(9, 32, 12, 12), SHAPE(32, 32, 3, 3), plain, false);
    check_relu_option(SHAPE(2, 4, 3, 3), SHAPE(5, 4, 3, 3), plain, false);
    for (int stride = 1; stride <= 2; stride++) {
        const Conv2dOptions depthwise = {.stride = stride, .padding = 1, .groups = 16};
        check_relu_option(SHAPE(2, 16, 40, 40), SHAPE(16, 1, 3, 3), depthwise, false);
        check_relu_option(SHAPE(2, 16, 7, 7), SHAPE(16, 1, 3, 3), depthwise, false);
        check_relu_option(SHAPE(2, 16, 20, 20), SHAPE(16, 1, 3, 3), depthwise, true);
    }
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(1, 2, 3, 3)),
           *weight = tape_tensor(tape, SHAPE(4, 2, 1, 1));
    for (size_t i = 0; i < x->size; i++) // no number reaches a ceiling that isn't there
        x->data[i] = (real)INFINITY;
    for (size_t i = 0; i < weight->size; i++)
        weight->data[i] = (real)0.5;
    tape_require_grad(x);
    backward(sum(conv2d(x, weight, NULL, .relu = INFINITY)));
    assert_true(x->grad[0] == 4 * (real)0.5);
    assert_fatal(conv2d(x, weight, NULL, .relu = -1), "relu is -1");
    assert_fatal(conv2d(x, weight, NULL, .relu = NAN), "relu is");
#ifndef KNOBS_DOUBLE
    assert_fatal(conv2d(x, weight, NULL, .relu = 1e-50), "relu is 1e-50"); // 0 as a float
#endif
    tape_free(tape);
}

// The numbers of a channel lie far from 0: the variance must not drown in the square of the mean.
static void test_batch_norm_far_from_zero(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const double far = 1 << 23;
    const real values[] = {(real)far, (real)(far + 1), (real)(far + 3)}, one = 1, zero = 0;
    Tensor *mean_kept = tape_copy(tape, SHAPE(1), &zero),
           *var_kept = tape_copy(tape, SHAPE(1), &one);
    batch_norm(tape_copy(tape, SHAPE(3, 1), values), tape_copy(tape, SHAPE(1), &one),
               tape_copy(tape, SHAPE(1), &zero), mean_kept, var_kept,
               (BatchNormOptions){.training = true, .momentum = 1, .eps = 0});
    assert_true(fabs((double)(mean_kept->data[0] - (real)(far + 4.0 / 3))) < 1e-6);
    assert_true(fabs((double)var_kept->data[0] - 7.0 / 3) < 1e-6);
    tape_free(tape);
}

static Tensor *ones(Tape *tape, int n) {
    Tensor *x = tape_tensor(tape, SHAPE(n));
    for (int i = 0; i < n; i++)
        x->data[i] = 1;
    return x;
}

// --- batch norm over the parts of a batch --------------------------------------------------------

enum { PARTS = 2, PART = 3, CHANNELS = 2 };

// What each part has told the other, at the first and the second meeting of a step. Both are this one
// process, a part after the other: told again and again, the words come to be those of a real meeting.
typedef struct Meeting {
    int part, meetings;
    double (*told)[PARTS][2 * CHANNELS]; // [meeting][part]
} Meeting;

static void meet(const void *parts, int count, double *numbers) {
    Meeting *meeting = (Meeting *)(uintptr_t)parts;
    double(*told)[2 * CHANNELS] = meeting->told[meeting->meetings++];
    memcpy(told[meeting->part], numbers, (size_t)count * sizeof *numbers);
    for (int i = 0; i < count; i++)
        numbers[i] = (told[0][i] + told[1][i]) / 2;
}

typedef struct Normed {
    real y[PARTS * PART * CHANNELS], dx[PARTS * PART * CHANNELS];
    real running[2][CHANNELS], weight[CHANNELS]; // of weight the gradient
} Normed;

static void norm_rows(const real *rows, int count, BatchParts across, Normed *result) {
    Tape *tape = tape_new();
    const real ones[CHANNELS] = {(real)1.5, 1}, zeros[PARTS * PART * CHANNELS] = {0};
    real running[2][CHANNELS] = {{(real)0.5, 2}, {1, 3}};
    Tensor *x = tape_copy(tape, SHAPE(count, CHANNELS), rows);
    Tensor *weight = tape_copy(tape, SHAPE(CHANNELS), ones);
    Tensor mean = {.shape = SHAPE(CHANNELS), .size = CHANNELS, .data = running[0]};
    Tensor variance = {.shape = SHAPE(CHANNELS), .size = CHANNELS, .data = running[1]};
    tape_require_grad(x);
    tape_require_grad(weight);
    Tensor *y = batch_norm(
        x, weight, tape_copy(tape, SHAPE(CHANNELS), ones), &mean, &variance,
        (BatchNormOptions){.training = true, .momentum = 0.1, .eps = 1e-5, .across = across});
    memcpy(result->y, y->data, y->size * sizeof(real));
    Tensor *bent =
        multiply(y, multiply(y, y)); // so that the gradient isn't what the norm takes out
    backward(mse_loss(bent, tape_copy(tape, bent->shape, zeros)));
    memcpy(result->dx, x->grad, x->size * sizeof(real));
    memcpy(result->weight, weight->grad, sizeof result->weight);
    memcpy(result->running, running, sizeof running);
    tape_free(tape);
}

static void assert_close(real a, real b) {
    const double bound = sizeof(real) == sizeof(double) ? 1e-13 : 1e-5;
    assert_true(fabs((double)a - (double)b) <= bound * (1 + fabs((double)b)));
}

// Two processes with a half of the batch each have the outputs, statistics and gradients of the whole one.
static void test_batch_norm_over_parts(void **state) {
    (void)state;
    enum { SIZE = PART * CHANNELS };
    const real rows[PARTS * SIZE] = {1, -2, 4, 0, 2, 7, -3, 5, (real)0.5, -1, 6, 2};
    Normed whole, part[PARTS];
    norm_rows(rows, PARTS * PART, (BatchParts){0}, &whole);
    double told[2][PARTS][2 * CHANNELS] = {0};
    for (int round = 0; round < 3; round++)
        for (int p = 0; p < PARTS; p++) {
            Meeting meeting = {p, 0, told};
            norm_rows(rows + p * SIZE, PART, (BatchParts){meet, &meeting, PARTS}, &part[p]);
            assert_int_equal(meeting.meetings, 2);
        }
    for (int p = 0; p < PARTS; p++) {
        for (int i = 0; i < SIZE; i++) {
            assert_close(part[p].y[i], whole.y[p * SIZE + i]);
            assert_close(part[p].dx[i] / PARTS, whole.dx[p * SIZE + i]);
        }
        for (int c = 0; c < CHANNELS; c++) {
            assert_close(part[p].running[0][c], whole.running[0][c]);
            assert_close(part[p].running[1][c], whole.running[1][c]);
        }
    }
    for (int c = 0; c < CHANNELS; c++)
        assert_close((part[0].weight[c] + part[1].weight[c]) / 2, whole.weight[c]);
}

static void test_dropout_scales_what_it_keeps(void **state) {
    (void)state;
    enum { N = 20000 };
    Tape *tape = tape_new();
    Random random = random_from_seed(3), before = random;
    Tensor *x = ones(tape, N);
    tape_require_grad(x);
    Tensor *y = dropout(x, 0.3, true, &random);
    assert_int_equal(random.counter, before.counter + N);
    backward(sum(y));
    int kept = 0;
    for (int i = 0; i < N; i++) {
        const bool keeps = random_uniform(&before) >= 0.3; // draw number i
        assert_true(y->data[i] == (keeps ? (real)(1 / 0.7) : 0));
        assert_true(x->grad[i] == y->data[i]);
        kept += keeps;
    }
    assert_in_range(kept, 0.7 * N - 260, 0.7 * N + 260); // four standard deviations
    tape_free(tape);
}

static void test_dropout_ends(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Random random = random_from_seed(3);
    Tensor *x = ones(tape, 5);
    tape_require_grad(x);
    assert_ptr_equal(dropout(x, 0.5, false, &random), x);
    assert_int_equal(random.counter, 0);
    assert_ptr_equal(dropout(x, 0, true, &random), x);
    assert_int_equal(random.counter, 5);
    x->data[4] = (real)NAN; // 0 · NaN is NaN, in PyTorch too
    Tensor *y = dropout(x, 1, true, &random);
    backward(sum(y));
    for (int i = 0; i < 4; i++)
        assert_true(y->data[i] == 0 && x->grad[i] == 0);
    assert_true(isnan(y->data[4]) && x->grad[4] == 0);
    assert_int_equal(random.counter, 10);
    tape_free(tape);
}

static void test_empty_batch(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Parameter *weight = parameter_new("weight", SHAPE(2, 3, 3, 3));
    Tensor *x = tape_tensor(tape, SHAPE(0, 3, 4, 4));
    Tensor *y = max_pool2d(conv2d(x, &weight->tensor, NULL), 2);
    y = conv_transpose2d(y, tape_tensor(tape, SHAPE(2, 3, 2, 2)), NULL);
    assert_true(shape_equal(y->shape, SHAPE(0, 3, 2, 2)));
    y = flatten(y);
    assert_true(shape_equal(y->shape, SHAPE(0, 12)));
    backward(sum(y));
    assert_int_equal(weight->tensor.grad_state, GRAD_VALUE);
    for (size_t i = 0; i < weight->tensor.size; i++)
        assert_true(weight->tensor.grad[i] == 0);
    tape_free(tape);
    parameter_free(weight);
}

// --- wrong use -----------------------------------------------------------------------------------

static void test_wrong_convolutions(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(2, 3, 5, 4)),
           *weight = tape_tensor(tape, SHAPE(4, 3, 3, 3)),
           *tall = tape_tensor(tape, SHAPE(4, 3, 6, 1)), *bias = tape_tensor(tape, SHAPE(3));
    assert_fatal(conv2d(x, tape_tensor(tape, SHAPE(4, 2, 3, 3)), NULL),
                 "conv2d: x [2, 3, 5, 4] doesn't fit the weight [4, 2, 3, 3]");
    assert_fatal(conv2d(reshape(x, SHAPE(6, 20)), weight, NULL), "x [6, 20]");
    assert_fatal(conv2d(x, tape_tensor(tape, SHAPE(4, 3, 0, 3)), NULL), "empty");
    assert_fatal(conv2d(x, weight, bias), "conv2d: the bias is [3]");
    assert_fatal(conv2d(x, weight, NULL, .stride = 0), "stride is 0");
    assert_fatal(conv2d(x, weight, NULL, .stride = -1), "stride is -1");
    assert_fatal(conv2d(x, weight, NULL, .padding = -1), "padding is -1");
    assert_fatal(conv2d(x, weight, NULL, .padding = INT_MAX), "too large");
    assert_fatal(conv2d(x, weight, NULL, .groups = 0), "groups is 0");
    assert_fatal(conv2d(x, weight, NULL, .stride = 2, .output_padding = 1), "must be 0 to 0");
    assert_fatal(
        conv2d(x, weight, NULL, .groups = 3),
        "conv2d: x [2, 3, 5, 4] doesn't fit the weight [4, 3, 3, 3] with groups = 3; they must "
        "be [n, in, h, w] and [out, in / groups, kh, kw]");
    assert_fatal(conv2d(x, tape_tensor(tape, SHAPE(4, 1, 3, 3)), NULL, .groups = 3),
                 "with groups = 3");
    assert_fatal(
        conv2d(tape_tensor(tape, SHAPE(2, 3, 0, 4)), weight, NULL, .padding = PADDING_SAME),
        "no output");
    assert_fatal(conv2d(x, tall, NULL), "no output");
    assert_fatal(conv2d(x, tall, NULL, .stride = 2), "no output"); // −1 / 2 isn't 0 rows
    assert_int_equal(conv2d(x, tall, NULL, .padding = 1, .stride = 2)->shape.dims[2], 1);
    tape_free(tape);
}

static void test_wrong_transposed_convolutions(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(2, 4, 5, 3)),
           *weight = tape_tensor(tape, SHAPE(4, 3, 3, 3)), *bias = tape_tensor(tape, SHAPE(4));
    assert_fatal(
        conv_transpose2d(x, tape_tensor(tape, SHAPE(3, 4, 3, 3)), NULL),
        "conv_transpose2d: x [2, 4, 5, 3] doesn't fit the weight [3, 4, 3, 3] with groups = 1; "
        "they must be [n, in, h, w] and [in, out / groups, kh, kw]");
    assert_fatal(conv_transpose2d(x, weight, NULL, .groups = 3), "with groups = 3");
    assert_fatal(conv_transpose2d(x, weight, NULL, .groups = -1), "groups is -1");
    assert_fatal(conv_transpose2d(x, tape_tensor(tape, SHAPE(4, 0, 3, 3)), NULL), "empty");
    assert_fatal(conv_transpose2d(x, weight, bias), "conv_transpose2d: the bias is [4]");
    assert_fatal(conv_transpose2d(x, weight, bias, .groups = 2), "must be [6]");
    assert_fatal(conv_transpose2d(x, weight, NULL, .stride = 0), "stride is 0");
    assert_fatal(conv_transpose2d(x, weight, NULL, .padding = -1), "padding is -1");
    assert_fatal(conv_transpose2d(x, weight, NULL, .padding = PADDING_SAME), "padding is -");
    assert_fatal(conv_transpose2d(x, weight, NULL, .output_padding = 1), "output_padding is 1");
    assert_fatal(conv_transpose2d(x, weight, NULL, .stride = 2, .output_padding = -1), "is -1");
    assert_fatal(conv_transpose2d(x, weight, NULL, .padding = 3), "no output"); // 1 × −1
    assert_fatal(conv_transpose2d(tape_tensor(tape, SHAPE(2, 4, 0, 3)), weight, NULL), "no output");
    tape_free(tape);
}

static void test_wrong_pools(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Tensor *x = tape_tensor(tape, SHAPE(2, 3, 5, 4));
    assert_fatal(max_pool2d(reshape(x, SHAPE(6, 20)), 2), "max_pool2d: x is [6, 20]");
    assert_fatal(max_pool2d(x, 0), "kernel is 0");
    assert_fatal(avg_pool2d(x, 2, .stride = -1), "stride is -1");
    assert_fatal(avg_pool2d(x, 3, .padding = 2), "avg_pool2d: padding is 2");
    assert_fatal(max_pool2d(x, 2, .padding = -1), "padding is -1");
    assert_fatal(max_pool2d(x, 5), "no output");
    tape_free(tape);
}

static void test_wrong_batch_norms(void **state) {
    (void)state;
    Tape *tape = tape_new();
    const BatchNormOptions training = {.training = true, .momentum = 0.1, .eps = 1e-5};
    Tensor *three = ones(tape, 3), *two = ones(tape, 2), *x = tape_tensor(tape, SHAPE(4, 3));
    assert_fatal(batch_norm(three, three, three, three, three, training), "batch_norm: x is [3]");
    assert_fatal(batch_norm(x, two, three, three, three, training), "the weight is [2]");
    assert_fatal(batch_norm(x, three, two, three, three, training), "the bias is [2]");
    assert_fatal(batch_norm(x, three, three, two, three, training), "running_mean is [2]");
    assert_fatal(batch_norm(x, three, three, three, two, training), "running_var is [2]");
    assert_fatal(
        batch_norm(tape_tensor(tape, SHAPE(1, 3, 1, 1)), three, three, three, three, training),
        "more than one value a channel, x is [1, 3, 1, 1]");
    tape_free(tape);
}

static void test_other_wrong_uses(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Random random = random_from_seed(1);
    Tensor *x = tape_tensor(tape, SHAPE(2, 3)), *y = tape_tensor(tape, SHAPE(3, 2));
    assert_fatal(dropout(x, 1.5, true, &random), "dropout: p is 1.5");
    assert_fatal(dropout(x, -0.1, false, &random), "dropout: p is -0.1");
    assert_fatal(dropout(x, NAN, true, &random), "dropout: p is");
    assert_fatal(add(x, y), "add: the second is [3, 2], it must be [2, 3]");
    assert_fatal(multiply(x, y), "multiply: the second is");
    assert_fatal(linear(x, y, NULL), "linear: x [2, 3] doesn't fit the weight [3, 2]");
    assert_fatal(linear(x, x, ones(tape, 3)), "linear: the bias is [3]");
    assert_fatal(leaky_relu(x, -0.1), "negative_slope is -0.1");
    assert_fatal(leaky_relu(x, INFINITY), "negative_slope is inf");
    assert_fatal(reshape(x, SHAPE(4)), "[2, 3] doesn't fit into [4]");
    tape_free(tape);
}

// --- threads -------------------------------------------------------------------------------------

enum { PIECE_PARAMETERS = 11 };

// A net with each operation in it, large enough that each kernel is shared by the threads.
typedef struct Piece {
    Parameter *parameters[PIECE_PARAMETERS];
    real running_mean[16], running_var[16];
} Piece;

static void piece_init(Piece *piece) {
    const Shape shapes[PIECE_PARAMETERS] = {
        SHAPE(16, 3, 3, 3),  SHAPE(16),          SHAPE(16),        SHAPE(16),
        SHAPE(32, 16, 1, 1), SHAPE(32),          SHAPE(512, 7200), SHAPE(512),
        SHAPE(16, 1, 3, 3),  SHAPE(16, 8, 4, 4), SHAPE(16)};
    Random random = random_from_seed(11);
    for (int i = 0; i < PIECE_PARAMETERS; i++) {
        piece->parameters[i] = parameter_new("p", shapes[i]);
        Tensor *tensor = &piece->parameters[i]->tensor;
        random_fill_normal(&random, tensor->size, 0, 0.1, tensor->data);
    }
    for (int c = 0; c < 16; c++)
        piece->running_mean[c] = 0, piece->running_var[c] = 1;
}

static Tensor *piece_loss(Tape *tape, Piece *piece) {
    Parameter **p = piece->parameters;
    Random random = random_from_seed(12);
    Tensor *x = tape_tensor(tape, SHAPE(9, 3, 32, 32));
    random_fill_normal(&random, x->size, 0, 1, x->data);
    Tensor *mean_kept = tape_copy(tape, SHAPE(16), piece->running_mean);
    Tensor *var_kept = tape_copy(tape, SHAPE(16), piece->running_var);
    Tensor *h = conv2d(x, &p[0]->tensor, &p[1]->tensor, .padding = 1);
    h = batch_norm(h, &p[2]->tensor, &p[3]->tensor, mean_kept, var_kept,
                   (BatchNormOptions){.training = true, .momentum = 0.1, .eps = 1e-5});
    h = conv2d(h, &p[8]->tensor, NULL, .stride = 2, .padding = PADDING_SAME, .groups = 16);
    h = relu6(
        conv_transpose2d(h, &p[9]->tensor, &p[10]->tensor, .stride = 2, .padding = 1, .groups = 2));
    h = add(max_pool2d(relu(h), 3, .stride = 2, .padding = 1),
            avg_pool2d(leaky_relu(h, 0.1), 3, .stride = 2, .padding = 1));
    h = dropout(conv2d(h, &p[4]->tensor, &p[5]->tensor), 0.25, true, &random);
    h = max_pool2d(subtract(scale(hyperbolic_tangent(h), 2), h), 2, .stride = 1);
    h = sigmoid(linear(flatten(multiply(h, h)), &p[6]->tensor, &p[7]->tensor));
    h = reshape(h, SHAPE(64, 72));
    return add(mean(linear(h, h, NULL)), sum(h));
}

// The loss and all gradients of a step with so many threads, one behind the other.
static size_t piece_step(int threads, real *results) {
    threads_set(threads);
    Tape *tape = tape_new();
    Piece piece;
    piece_init(&piece);
    Tensor *loss = piece_loss(tape, &piece);
    backward(loss);
    size_t count = 0;
    results[count++] = loss->data[0];
    for (int i = 0; i < PIECE_PARAMETERS; i++) {
        const Tensor *tensor = &piece.parameters[i]->tensor;
        memcpy(results + count, tensor->grad, tensor->size * sizeof(real));
        count += tensor->size;
        parameter_free(piece.parameters[i]);
    }
    tape_free(tape);
    return count;
}

static void test_threads_give_the_same_bits(void **state) {
    (void)state;
    enum { ROOM = 1 << 22 };
    real *one = memory_alloc(ROOM * sizeof(real)), *more = memory_alloc(ROOM * sizeof(real));
    const size_t count = piece_step(1, one);
    assert_true(isfinite(one[0]));
    for (int threads = 2; threads <= 3; threads++) {
        assert_int_equal(piece_step(threads, more), count);
        for (size_t i = 0; i < count; i++)
            if (memcmp(&one[i], &more[i], sizeof(real)) != 0)
                fail_msg("number %zu is %.17g with one thread and %.17g with %d", i, (double)one[i],
                         (double)more[i], threads);
    }
    threads_set(0);
    free(one);
    free(more);
}

// --- gradients that cancel -----------------------------------------------------------------------

// A discriminator under Wasserstein's loss, mean(D(fake)) − mean(D(real)): the gradient of its last bias is
// Σ 1/n − Σ 1/n. As in PyTorch it is 0, and no residue that Adam would magnify to a step of its rate.
static double bias_gradient(int n, Tensor *(*layer)(Tensor *x, Tensor *bias), Shape shape) {
    Tape *tape = tape_new();
    Random random = random_from_seed((uint64_t)n);
    Parameter *bias = parameter_new("bias", SHAPE(1));
    bias->tensor.data[0] = 0;
    shape.dims[0] = n;
    Tensor *scores[2];
    for (int i = 0; i < 2; i++) {
        Tensor *x = tape_tensor(tape, shape);
        random_fill_normal(&random, x->size, 0, 1, x->data);
        scores[i] = mean(layer(x, &bias->tensor));
    }
    backward(subtract(scores[0], scores[1]));
    const double gradient = (double)bias->tensor.grad[0];
    tape_free(tape);
    parameter_free(bias);
    return gradient;
}

static Tensor *with_ones(Tensor *x, Tensor *bias, bool is_image) {
    Tensor *weight = tape_tensor(x->tape, is_image ? SHAPE(1, 1, 1, 1) : SHAPE(1, 3));
    for (size_t i = 0; i < weight->size; i++)
        weight->data[i] = 1;
    return is_image ? conv2d(x, weight, bias) : linear(x, weight, bias);
}

static Tensor *linear_score(Tensor *x, Tensor *bias) {
    return with_ones(x, bias, false);
}

static Tensor *conv2d_score(Tensor *x, Tensor *bias) {
    return with_ones(x, bias, true);
}

static Tensor *batch_norm_score(Tensor *x, Tensor *bias) {
    Tensor *numbers[3];
    for (int i = 0; i < 3; i++) {
        numbers[i] = tape_tensor(x->tape, SHAPE(1));
        numbers[i]->data[0] = 1;
    }
    return batch_norm(x, numbers[0], bias, numbers[1], numbers[2],
                      (BatchNormOptions){.training = true, .momentum = 0.1, .eps = 1e-5});
}

static void test_gradients_that_cancel(void **state) {
    (void)state;
    for (int n = 1; n <= 64; n++) {
        assert_true(bias_gradient(n, linear_score, SHAPE(1, 3)) == 0);
        assert_true(bias_gradient(n, conv2d_score, SHAPE(1, 1, 7, 5)) == 0);
        assert_true(bias_gradient(n, batch_norm_score, SHAPE(1, 1, 3, 5)) == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_convolution),
        cmocka_unit_test(test_golden_pooling),
        cmocka_unit_test(test_golden_batch_norm),
        cmocka_unit_test(test_golden_others),
        cmocka_unit_test(test_relu_of_what_is_not_finite),
        cmocka_unit_test(test_batch_norm_far_from_zero),
        cmocka_unit_test(test_batch_norm_over_parts),
        cmocka_unit_test(test_dropout_scales_what_it_keeps),
        cmocka_unit_test(test_dropout_ends),
        cmocka_unit_test(test_empty_batch),
        cmocka_unit_test(test_wrong_convolutions),
        cmocka_unit_test(test_wrong_transposed_convolutions),
        cmocka_unit_test(test_relu_as_an_option_of_a_convolution),
        cmocka_unit_test(test_wrong_pools),
        cmocka_unit_test(test_wrong_batch_norms),
        cmocka_unit_test(test_other_wrong_uses),
        cmocka_unit_test(test_threads_give_the_same_bits),
        cmocka_unit_test(test_gradients_that_cancel),
    };
    return cmocka_run_group_tests(tests, golden_setup, golden_teardown);
}
