// Initialisers against their formulas, PyTorch's spreads (tests/golden/nn.txt) and the generator's
// own stream; the layers' defaults.
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
#include "nn/init.h"
#include "nn/layers.h"

static const Shape shapes[] = {
    {2, {256, 784}}, {4, {48, 3, 5, 5}}, {4, {64, 32, 3, 3}}, {4, {128, 1, 4, 2}}};
static const char *const shape_names[] = {"256x784", "48x3x5x5", "64x32x3x3", "128x1x4x2"};
static const int fans_in[] = {784, 75, 288, 8}, fans_out[] = {256, 1200, 576, 1024};
enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

static void test_fans(void **state) {
    (void)state;
    for (int i = 0; i < SHAPE_COUNT; i++) {
        Parameter *weight = parameter_new("weight", shapes[i]);
        assert_int_equal(init_fan(weight, FAN_IN), fans_in[i]);
        assert_int_equal(init_fan(weight, FAN_OUT), fans_out[i]);
        parameter_free(weight);
    }
    Parameter *bias = parameter_new("fc.bias", SHAPE(10));
    assert_fatal(init_fan(bias, FAN_IN), "'fc.bias' has shape [10]");
    parameter_free(bias);
}

// --- the spread ----------------------------------------------------------------------------------

static double slope;
static FanMode mode;
static double gain;

static void kaiming_normal(Parameter *weight, Random *random) {
    init_kaiming_normal(weight, random, slope, mode);
}
static void kaiming_uniform(Parameter *weight, Random *random) {
    init_kaiming_uniform(weight, random, slope, mode);
}
static void xavier_normal(Parameter *weight, Random *random) {
    init_xavier_normal(weight, random, gain);
}
static void xavier_uniform(Parameter *weight, Random *random) {
    init_xavier_uniform(weight, random, gain);
}

static void assert_close(double found, double expected, const char *what) {
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-14 : 1e-7;
    if (!(fabs(found - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g", what, found, expected);
}

// Each number is the stream's next draw, stretched to the spread that the formula gives: the
// standard deviation of a normal, the bound of a uniform.
static void check_numbers(const Parameter *weight, Random stream, double spread, bool normal) {
    for (size_t i = 0; i < weight->tensor.size; i++) {
        const double expected =
            normal ? spread * random_normal(&stream) : spread * (2 * random_uniform(&stream) - 1);
        assert_close((double)weight->tensor.data[i], expected, weight->name);
    }
}

// What anybody sees in the numbers: the mean, and the standard deviation, to 5 standard errors.
static void check_moments(const Parameter *weight, double std) {
    const double n = (double)weight->tensor.size;
    double total = 0, squares = 0;
    for (size_t i = 0; i < weight->tensor.size; i++) {
        const double w = (double)weight->tensor.data[i];
        total += w;
        squares += w * w;
    }
    assert_true(fabs(total / n) < 5 * std / sqrt(n));
    assert_true(fabs(squares / n / (std * std) - 1) < 5 * sqrt(2 / n));
}

static void check_initialiser(const Golden *golden, const char *name,
                              void (*initialise)(Parameter *weight, Random *random)) {
    const bool normal = strstr(name, "normal") != NULL;
    for (int i = 0; i < SHAPE_COUNT; i++) {
        const double spread = golden_find(golden, name, shape_names[i])->values[0];
        Parameter *weight = parameter_new(name, shapes[i]);
        const uint64_t version = weight->version;
        Random random = random_from_seed(30 + (uint64_t)i);
        const Random start = random;
        initialise(weight, &random);
        check_numbers(weight, start, spread, normal);
        check_moments(weight, normal ? spread : spread / sqrt(3));
        assert_true(random.counter == start.counter + weight->tensor.size);
        assert_true(weight->version > version);
        parameter_free(weight);
    }
}

static void test_kaiming(void **state) {
    (void)state;
    Golden golden = golden_read("nn.txt");
    const double slopes[] = {0, 0.2, sqrt(5)};
    for (int s = 0; s < 3; s++)
        for (int m = 0; m < 2; m++) {
            char name[64];
            slope = slopes[s];
            mode = m ? FAN_OUT : FAN_IN;
            const char *mode_name = m ? "fan_out" : "fan_in";
            snprintf(name, sizeof name, "init.kaiming-%g-%s-normal", slope, mode_name);
            check_initialiser(&golden, name, kaiming_normal);
            snprintf(name, sizeof name, "init.kaiming-%g-%s-uniform", slope, mode_name);
            check_initialiser(&golden, name, kaiming_uniform);
        }
    golden_free(&golden);
}

static void test_xavier(void **state) {
    (void)state;
    Golden golden = golden_read("nn.txt");
    const double gains[] = {1, 2.5};
    for (int g = 0; g < 2; g++) {
        char name[64];
        gain = gains[g];
        snprintf(name, sizeof name, "init.xavier-%g-normal", gain);
        check_initialiser(&golden, name, xavier_normal);
        snprintf(name, sizeof name, "init.xavier-%g-uniform", gain);
        check_initialiser(&golden, name, xavier_uniform);
    }
    golden_free(&golden);
}

static void test_plain(void **state) {
    (void)state;
    Parameter *parameter = parameter_new("p", SHAPE(1000));
    Random random = random_from_seed(1), stream = random;
    init_normal(parameter, &random, 3, 0.25);
    for (int i = 0; i < 1000; i++)
        assert_close((double)parameter->tensor.data[i], 3 + 0.25 * random_normal(&stream),
                     "normal");
    init_uniform(parameter, &random, -2, 6);
    for (int i = 0; i < 1000; i++)
        assert_close((double)parameter->tensor.data[i], -2 + 8 * random_uniform(&stream),
                     "uniform");
    init_constant(parameter, -1.5);
    for (int i = 0; i < 1000; i++)
        assert_true(parameter->tensor.data[i] == (real)-1.5);
    assert_int_equal(parameter->version, 3);
    parameter_free(parameter);
}

// --- the layers' defaults ------------------------------------------------------------------------

static Module *new_linear_20_7(void) {
    return linear_new(20, 7);
}
static Module *new_linear_1_30(void) {
    return linear_new(1, 30);
}
static Module *new_conv_3_8_3(void) {
    return conv2d_new(3, 8, 3);
}
static Module *new_conv_1_16_5(void) {
    return conv2d_new(1, 16, 5, .stride = 2, .padding = 1);
}
static Module *new_conv_groups(void) {
    return conv2d_new(6, 8, 3, .groups = 2, .padding = PADDING_SAME);
}
static Module *new_conv_transpose(void) {
    return conv_transpose2d_new(3, 8, 4, .stride = 2, .padding = 1);
}

// The weight is drawn first, then the bias, from one stream.
static void test_layer_defaults(void **state) {
    (void)state;
    static const struct {
        const char *name;
        Module *(*create)(void);
    } layers[] = {{"layer.linear-20-7", new_linear_20_7},
                  {"layer.linear-1-30", new_linear_1_30},
                  {"layer.conv-3-8-3", new_conv_3_8_3},
                  {"layer.conv-1-16-5", new_conv_1_16_5},
                  {"layer.conv-6-8-3-groups-2", new_conv_groups},
                  {"layer.conv-transpose-3-8-4", new_conv_transpose}};
    Golden golden = golden_read("nn.txt");
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        Random random = random_from_seed(2), stream = random;
        Module *layer = layers[i].create();
        module_initialise(layer, &random);
        const Parameter *weight = module_find_parameter(layer, "weight");
        const Parameter *bias = module_find_parameter(layer, "bias");
        check_numbers(weight, stream, golden_find(&golden, layers[i].name, "weight")->values[0],
                      false);
        stream.counter += weight->tensor.size;
        check_numbers(bias, stream, golden_find(&golden, layers[i].name, "bias")->values[0], false);
        assert_true(random.counter == stream.counter + bias->tensor.size);
        module_free(layer);
    }
    golden_free(&golden);
}

static void test_batch_norm_defaults(void **state) {
    (void)state;
    Module *layer = batch_norm_new(5);
    Random random = random_from_seed(3);
    ParameterList buffers = module_buffers(layer);
    init_constant(module_find_parameter(layer, "weight"), 7); // initialising again brings it back
    init_constant(buffers.items[0], 7);
    init_constant(buffers.items[1], 7);
    module_initialise(layer, &random);
    assert_int_equal(random.counter, 0);
    for (int i = 0; i < 5; i++) {
        assert_true(module_find_parameter(layer, "weight")->tensor.data[i] == 1);
        assert_true(module_find_parameter(layer, "bias")->tensor.data[i] == 0);
        assert_true(buffers.items[0]->tensor.data[i] == 0); // running_mean
        assert_true(buffers.items[1]->tensor.data[i] == 1); // running_var
    }
    module_free(layer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fans),           cmocka_unit_test(test_kaiming),
        cmocka_unit_test(test_xavier),         cmocka_unit_test(test_plain),
        cmocka_unit_test(test_layer_defaults), cmocka_unit_test(test_batch_norm_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
