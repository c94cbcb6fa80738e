// The three passes of the convolution kernels against seven plain loops, over odd sizes and with the
// loops of each instruction set: stored and added, with a bias and without, rectified or not. All numbers are small
// integers, so that every order of summation gives the same result and the comparison is exact but for
// Winograd's six points, which round: there what is wrong is off by 1 at least. Work
// memory and results are full of signalling NaNs before a call, with which nothing may be computed, and so are margins
// around each array, which must stay so.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "kernels/convolution_parts.h"
#include "kernels/loops.h"

// --- arrays --------------------------------------------------------------------------------------

// Under ASan there is no margin behind an array, so that it sees reads too.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define UNDER_ASAN 1
#endif
#ifdef UNDER_ASAN
enum { MARGIN_BEHIND = 0 };
#else
enum { MARGIN_BEHIND = 16 };
#endif

typedef struct Array {
    real *memory, *data;
    size_t size;
    size_t margin; // before the data; 16 numbers keep the alignment of 64 bytes, 17 spoil it
} Array;

// Signalling: whoever computes with one sets FE_INVALID.
static void fill_nan(real *numbers, size_t n) {
#ifdef KNOBS_DOUBLE
    const uint64_t bits = 0x7ff4000000000000;
#else
    const uint32_t bits = 0x7fa00000;
#endif
    for (size_t i = 0; i < n; i++)
        memcpy(&numbers[i], &bits, sizeof bits);
}

static Array array_new(size_t size, size_t margin) {
    Array array = {.size = size, .margin = margin};
    void *memory;
    const size_t all = margin + size + MARGIN_BEHIND;
    if (posix_memalign(&memory, 64, all * sizeof(real)) != 0)
        fail_msg("no memory for %zu numbers", all);
    array.memory = memory;
    array.data = array.memory + margin;
    fill_nan(array.memory, all);
    return array;
}

static bool array_is_overrun(const Array *array) {
    for (size_t i = 0; i < array->margin; i++)
        if (!isnan(array->memory[i]))
            return true;
    for (int i = 0; i < MARGIN_BEHIND; i++)
        if (!isnan(array->data[array->size + i]))
            return true;
    return false;
}

static void fill_integers(Random *random, size_t n, real *numbers) {
    for (size_t i = 0; i < n; i++)
        numbers[i] = (real)((int)random_below(random, 19) - 9);
}

// --- a case --------------------------------------------------------------------------------------

typedef enum Operand { X, WEIGHT, Y, OPERANDS } Operand;
static const char *const operand_names[] = {"x", "weight", "y"};
// Forward makes y, transposed makes x, the weight's gradient the weight.
static const char *const pass_names[] = {"forward", "transposed", "weight gradient"};
static const Operand results[] = {Y, X, WEIGHT};
static const Operand sources[] = {X, Y, X}, partners[] = {WEIGHT, WEIGHT, Y};
static const ConvolutionPass passes[] = {CONVOLUTION_FORWARD, CONVOLUTION_TRANSPOSED,
                                         CONVOLUTION_WEIGHT_GRADIENT};
enum { PASSES = 3 };

typedef struct Extents {
    int dims[4];
} Extents;

static Extents extents_of(const ConvolutionSizes *s, Operand operand) {
    const Extents all[OPERANDS] = {
        {{s->batch, s->in_channels, s->height, s->width}},
        {{s->out_channels, s->in_channels / s->groups, s->kernel_height, s->kernel_width}},
        {{s->batch, s->out_channels, s->out_height, s->out_width}}};
    return all[operand];
}

static size_t size_of(const ConvolutionSizes *s, Operand operand) {
    const Extents e = extents_of(s, operand);
    return (size_t)e.dims[0] * (size_t)e.dims[1] * (size_t)e.dims[2] * (size_t)e.dims[3];
}

static size_t index_of(Extents e, int a, int b, int c, int d) {
    return (((size_t)a * e.dims[1] + b) * e.dims[2] + c) * e.dims[3] + d;
}

typedef struct Text {
    char text[512];
} Text;

// As C, to be tried again in test_selected_sizes.
static Text sizes_text(const ConvolutionSizes *s) {
    Text text;
    snprintf(text.text, sizeof text.text,
             "(ConvolutionSizes){.batch = %d, .in_channels = %d, .height = %d, .width = %d, "
             ".out_channels = %d, .kernel_height = %d, .kernel_width = %d, .stride = %d, "
             ".padding_top = %d, .padding_left = %d, .groups = %d, .out_height = %d, "
             ".out_width = %d}",
             s->batch, s->in_channels, s->height, s->width, s->out_channels, s->kernel_height,
             s->kernel_width, s->stride, s->padding_top, s->padding_left, s->groups, s->out_height,
             s->out_width);
    return text;
}

// --- the reference -------------------------------------------------------------------------------

// One tap of the kernel over the rows and columns of one pair of channels of one image.
static void plain_tap(const ConvolutionSizes *s, ConvolutionPass pass, const real *x, double w,
                      const real *y, int u, int v, double *result) {
    double sum = 0;
    for (int i = 0; i < s->out_height; i++) {
        const int row = s->stride * i + u - s->padding_top;
        if (row < 0 || row >= s->height)
            continue;
        for (int j = 0; j < s->out_width; j++) {
            const int column = s->stride * j + v - s->padding_left;
            if (column < 0 || column >= s->width)
                continue;
            const int at_x = row * s->width + column, at_y = i * s->out_width + j;
            if (pass == CONVOLUTION_FORWARD)
                result[at_y] += w * (double)x[at_x];
            else if (pass == CONVOLUTION_TRANSPOSED)
                result[at_x] += w * (double)y[at_y];
            else
                sum += (double)x[at_x] * (double)y[at_y];
        }
    }
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        *result += sum;
}

static void plain_plane(const ConvolutionSizes *s, ConvolutionPass pass, real *const operands[],
                        int n, int o, int c, double *result) {
    const Extents ew = extents_of(s, WEIGHT);
    const int x_channel = o / (s->out_channels / s->groups) * ew.dims[1] + c;
    const size_t at_x = index_of(extents_of(s, X), n, x_channel, 0, 0);
    const size_t at_y = index_of(extents_of(s, Y), n, o, 0, 0);
    for (int u = 0; u < s->kernel_height; u++)
        for (int v = 0; v < s->kernel_width; v++) {
            const size_t at_w = index_of(ew, o, c, u, v), at[OPERANDS] = {at_x, at_w, at_y};
            plain_tap(s, pass, operands[X] + at_x, (double)operands[WEIGHT][at_w],
                      operands[Y] + at_y, u, v, result + at[results[pass]]);
        }
}

static double *plain_convolution(const ConvolutionSizes *s, ConvolutionPass pass,
                                 real *const operands[]) {
    const size_t size = size_of(s, results[pass]);
    double *result = memory_alloc((size + 1) * sizeof *result);
    memset(result, 0, size * sizeof *result);
    for (int n = 0; n < s->batch; n++)
        for (int o = 0; o < s->out_channels; o++)
            for (int c = 0; c < s->in_channels / s->groups; c++)
                plain_plane(s, pass, operands, n, o, c, result);
    return result;
}

// --- the comparison ------------------------------------------------------------------------------

static void run_pass(const ConvolutionSizes *s, ConvolutionPass pass, real *const operands[],
                     const real *bias, real *scratch, bool add, real ceiling, real *result) {
    kernel_convolution(s, pass, operands[sources[pass]], operands[partners[pass]], bias, scratch,
                       add, ceiling, result);
}

typedef struct Call {
    const ConvolutionSizes *sizes;
    ConvolutionPass pass;
    bool has_bias, adds;
    double ceiling; // of a ReLU that follows, or 0
} Call;

// Winograd's matrices of six points hold ninths. Results are below 1e4 here, and so may be off by some 1e-3.
static double tolerance_of(Call call) {
    return winograd_fits(call.sizes, call.pass) ? 0.02 : 0;
}

static void compare(Call call, const double *expected, const real *bias, const real *before,
                    const real *found) {
    const Operand operand = results[call.pass];
    const double tolerance = tolerance_of(call);
    const Extents e = extents_of(call.sizes, operand);
    const size_t size = size_of(call.sizes, operand), plane = (size_t)e.dims[2] * e.dims[3];
    for (size_t i = 0; i < size; i++) {
        const size_t channel = i / plane % e.dims[1];
        const double sum = expected[i] + (call.has_bias ? (double)bias[channel] : 0) +
                           (call.adds ? (double)before[i] : 0);
        const double wanted = call.ceiling == 0 ? sum : fmin(fmax(sum, 0), call.ceiling);
        if (!(fabs((double)found[i] - wanted) <= tolerance))
            fail_msg("%s, %s, %s%s: %s[%zu, %zu, %zu, %zu] is %g and should be %g in\n%s",
                     pass_names[call.pass], call.has_bias ? "bias" : "no bias",
                     call.adds ? "added" : "stored", call.ceiling == 0 ? "" : ", rectified",
                     operand_names[operand], i / plane / e.dims[1], channel, i % plane / e.dims[3],
                     i % e.dims[3], (double)found[i], wanted, sizes_text(call.sizes).text);
    }
}

// One pass, with and without a bias, stored and added, rectified and not.
static void check_pass(const ConvolutionSizes *s, ConvolutionPass pass, real *const operands[],
                       Random *random) {
    const size_t size = size_of(s, results[pass]);
    const size_t channels = (size_t)extents_of(s, results[pass]).dims[1];
    double *expected = plain_convolution(s, pass, operands);
    Array before = array_new(size, 0), bias = array_new(channels, 0), found = array_new(size, 17);
    Array scratch = array_new(kernel_convolution_scratch(s, pass), 16);
    fill_integers(random, size, before.data);
    fill_integers(random, channels, bias.data);
    for (int choice = 0; choice < (pass == CONVOLUTION_WEIGHT_GRADIENT ? 2 : 6); choice++) {
        const bool adds = choice & 1, has_bias = choice & 2;
        const double ceiling = choice & 4 ? 20 : 0;
        fill_nan(scratch.data, scratch.size);
        fill_nan(found.data, size);
        if (adds)
            memcpy(found.data, before.data, size * sizeof(real));
        feclearexcept(FE_INVALID);
        run_pass(s, pass, operands, has_bias ? bias.data : NULL, scratch.data, adds, (real)ceiling,
                 found.data);
        if (fetestexcept(FE_INVALID))
            fail_msg("%s computes with work memory that nobody set in\n%s", pass_names[pass],
                     sizes_text(s).text);
        compare((Call){s, pass, has_bias, adds, ceiling}, expected, bias.data, before.data,
                found.data);
        if (array_is_overrun(&found) || array_is_overrun(&scratch))
            fail_msg("%s writes outside of its %s in\n%s", pass_names[pass],
                     array_is_overrun(&found) ? "result" : "work memory", sizes_text(s).text);
    }
    free(before.memory);
    free(bias.memory);
    free(found.memory);
    free(scratch.memory);
    free(expected);
}

static void check_sizes(const ConvolutionSizes *s) {
    Random random = random_from_seed(50);
    Array arrays[OPERANDS];
    real *operands[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) {
        arrays[i] = array_new(size_of(s, (Operand)i), 17);
        operands[i] = arrays[i].data;
        fill_integers(&random, arrays[i].size, operands[i]);
    }
    const uint64_t cost = kernel_convolution_multiply_adds(s);
    if (cost != size_of(s, Y) * (size_of(s, WEIGHT) / s->out_channels))
        fail_msg("%llu multiply-adds in\n%s", (unsigned long long)cost, sizes_text(s).text);
    for (int pass = 0; pass < PASSES; pass++)
        check_pass(s, passes[pass], operands, &random);
    for (int i = 0; i < OPERANDS; i++)
        free(arrays[i].memory);
}

// --- sizes by chance -----------------------------------------------------------------------------

static int between(Random *random, int least, int most) {
    return least + (int)random_below(random, (uint64_t)(most - least + 1));
}

// TensorFlow's SAME on one axis.
static int same(int in, int kernel, int stride, int *before) {
    const int out = (in + stride - 1) / stride, zeros = (out - 1) * stride + kernel - in;
    *before = zeros > 0 ? zeros / 2 : 0;
    return out;
}

static int at_least_one(int n) {
    return n < 1 ? 1 : n;
}

// Paddings and outputs: the same on all sides, SAME, or whatever: outputs that reach beyond the
// padding of the other side, and ones that leave rows of the image unseen.
static void choose_outputs(Random *random, ConvolutionSizes *s) {
    const int kind = between(random, 0, 3);
    if (kind == 0) {
        s->out_height = same(s->height, s->kernel_height, s->stride, &s->padding_top);
        s->out_width = same(s->width, s->kernel_width, s->stride, &s->padding_left);
        return;
    }
    const bool odd = kind == 1;
    s->padding_top = between(random, 0, 2);
    s->padding_left = odd ? between(random, 0, 2) : s->padding_top;
    s->out_height = (s->height + 2 * s->padding_top - s->kernel_height) / s->stride + 1;
    s->out_width = (s->width + 2 * s->padding_left - s->kernel_width) / s->stride + 1;
    s->out_height = at_least_one(s->out_height + (odd ? between(random, -2, 3) : 0));
    s->out_width = at_least_one(s->out_width + (odd ? between(random, -2, 3) : 0));
}

static ConvolutionSizes choose_sizes(Random *random) {
    const int groups = between(random, 0, 1) ? 1 : between(random, 2, 5);
    const int most = groups == 1 ? 5 : 2, square = between(random, 1, 5);
    const bool is_square = between(random, 0, 1);
    ConvolutionSizes s = {.batch = between(random, 0, 15) ? between(random, 1, 3) : 10,
                          .in_channels = groups * between(random, 1, most),
                          .height = between(random, 1, 9),
                          .width = between(random, 0, 3) ? between(random, 1, 9)
                                                         : between(random, 10, 30),
                          .out_channels = groups * between(random, 1, most),
                          .kernel_height = is_square ? square : between(random, 1, 5),
                          .kernel_width = is_square ? square : between(random, 1, 5),
                          .stride = between(random, 1, 3),
                          .groups = groups};
    choose_outputs(random, &s);
    return s;
}

// Under valgrind, and with loops that this processor has but wouldn't use, fewer sizes will do.
static const Loops *widest;
static bool is_slow(void) {
    return getenv("KNOBS_VALGRIND") != NULL || loops() != widest;
}

static void test_random_sizes(void **state) {
    (void)state;
    Random random = random_from_seed(51);
    for (int i = 0; i < (is_slow() ? 60 : 2500); i++) {
        const ConvolutionSizes s = choose_sizes(&random);
        check_sizes(&s);
    }
}

// --- chosen sizes --------------------------------------------------------------------------------

// One kernel size and padding for both axes; padding −1 is SAME.
typedef struct Chosen {
    int batch, in, height, width, out, kernel, stride, padding, groups;
} Chosen;

static ConvolutionSizes chosen_sizes(const Chosen *c) {
    ConvolutionSizes s = {.batch = c->batch,
                          .in_channels = c->in,
                          .height = c->height,
                          .width = c->width,
                          .out_channels = c->out,
                          .kernel_height = c->kernel,
                          .kernel_width = c->kernel,
                          .stride = c->stride,
                          .padding_top = c->padding,
                          .padding_left = c->padding,
                          .groups = c->groups,
                          .out_height = (c->height + 2 * c->padding - c->kernel) / c->stride + 1,
                          .out_width = (c->width + 2 * c->padding - c->kernel) / c->stride + 1};
    if (c->padding < 0) {
        s.out_height = same(c->height, c->kernel, c->stride, &s.padding_top);
        s.out_width = same(c->width, c->kernel, c->stride, &s.padding_left);
    }
    return s;
}

static void check_chosen(Chosen c) {
    const ConvolutionSizes s = chosen_sizes(&c);
    check_sizes(&s);
}

// Channel counts around the widths of vectors and blocks.
static const int channels[] = {16, 17, 31, 32, 33, 48, 64, 65};
enum { CHANNEL_COUNTS = sizeof channels / sizeof channels[0] };

static void test_widths_and_channels(void **state) {
    (void)state;
    for (int width = 1; width <= 30; width += is_slow() ? 13 : 1) {
        const int in = channels[width % CHANNEL_COUNTS];
        const int out = channels[(width * 3 + width / CHANNEL_COUNTS) % CHANNEL_COUNTS];
        const int height = 1 + width % 4, batch = 1 + width % 2;
        check_chosen((Chosen){batch, in, height, width, out, 3, 1, 1, 1});
        check_chosen((Chosen){batch, in, height, width, out, 1, 1, 0, 1});
        check_chosen((Chosen){batch, in, height, width, in, 3, 1, 1, in}); // depthwise
        check_chosen((Chosen){batch, in, height + 3, width, in, 3, 2, -1, in});
        check_chosen((Chosen){batch, 3, height, width, out, 3, 2, -1, 1});
        check_chosen((Chosen){batch, in, height + 2, width + 2, 2, 3, 1, 0, 1});
        check_chosen((Chosen){1, 2 * in, 2, width, 32, 3, 1, 1, 2});
    }
}

static void test_selected_sizes(void **state) {
    (void)state;
    static const Chosen chosen[] = {
        {2, 1, 28, 28, 32, 3, 1, 1, 1},    // the networks of the bench, by layers
        {2, 32, 14, 14, 64, 3, 1, 1, 1},   //
        {2, 64, 7, 7, 128, 3, 1, 1, 1},    //
        {3, 1, 28, 28, 64, 4, 2, 1, 1},    // DCGAN: each is also a transposed one
        {1, 64, 14, 14, 128, 4, 2, 1, 1},  //
        {5, 128, 7, 7, 64, 7, 1, 0, 1},    //
        {1, 3, 80, 80, 16, 3, 2, -1, 1},   // MobileNet
        {2, 16, 40, 40, 16, 3, 1, -1, 16}, //
        {2, 32, 40, 40, 32, 3, 2, -1, 32}, //
        {2, 64, 5, 5, 128, 1, 1, -1, 1},   //
        {9, 32, 6, 6, 32, 3, 1, 1, 1},     // more images than pieces
        {5, 33, 6, 7, 47, 3, 1, 1, 1},     // odd channels
        {3, 35, 7, 6, 33, 4, 2, 1, 1},     //
        {17, 3, 5, 5, 17, 3, 1, 1, 1},     //
        {64, 1, 8, 8, 4, 3, 1, 1, 1},      //
        {11, 33, 4, 4, 31, 1, 1, 0, 1},    //
        {9, 6, 5, 5, 20, 1, 1, 0, 1},      // tiles across images
        {3, 270, 6, 5, 21, 1, 1, 0, 1},    //
        {1, 65, 3, 3, 65, 3, 1, 1, 1},     //
        {1, 33, 9, 11, 48, 5, 1, 2, 1},    // other kernels, strides, paddings
        {1, 17, 12, 10, 33, 5, 2, 2, 1},   //
        {2, 16, 9, 13, 32, 2, 2, 0, 1},    //
        {2, 31, 7, 8, 16, 3, 3, 2, 1},     //
        {1, 32, 4, 4, 64, 3, 1, 2, 1},     // zeros all around
        {1, 48, 2, 2, 17, 5, 1, 4, 1},     //
        {1, 16, 1, 1, 64, 1, 1, 2, 1},     // most outputs see nothing
        {1, 16, 9, 9, 32, 1, 2, 0, 1},     // a stride beyond the kernel
        {2, 3, 5, 6, 4, 1, 65536, 0, 1},   // far beyond
        {2, 16, 8, 8, 16, 2, 3, 0, 1},     //
        {2, 64, 6, 6, 64, 3, 1, 1, 4},     // groups
        {2, 32, 5, 7, 64, 3, 2, 1, 16},    //
        {1, 33, 5, 7, 66, 3, 1, 1, 33},    // depthwise, two outputs a channel
        {1, 33, 9, 9, 33, 5, 2, 2, 33},    //
        {2, 33, 200, 90, 33, 3, 1, 1, 33}, // in bands
        {2, 16, 90, 200, 16, 7, 3, 3, 16}, //
        {2, 3, 147, 67, 3, 5, 2, 2, 3},    //
        {2, 3, 9, 40, 3, 2, 2, 0, 3},      // along rows
        {2, 5, 34, 33, 5, 4, 1, 2, 5},     //
        {2, 3, 9, 21, 3, 6, 1, 2, 3},      //
        {2, 5, 12, 19, 5, 7, 1, 3, 5},     //
        {1, 3, 4, 16, 3, 5, 1, 2, 3},      // the shortest
        {3, 2, 20, 26, 7, 5, 1, 2, 1},     // dweight along the lines of some channels
        {2, 1, 30, 30, 8, 5, 1, 2, 1},     //
        {2, 3, 9, 19, 40, 3, 1, 1, 1},     // few taps: tiles of one row
        {2, 4, 12, 35, 24, 4, 2, 1, 1},    //
        {1, 154, 19, 23, 4, 5, 1, 3, 1},   // of many channels some at a time
        {2, 24, 7, 9, 24, 2, 3, 1, 24},    // phases that see nothing
        {2, 24, 5, 5, 24, 4, 1, 4, 24},    // results that see nothing
        {2, 12, 9, 9, 12, 3, 1, 1, 12},    // too few channels for all lanes
        {0, 16, 5, 5, 32, 3, 1, 1, 1},     // no image at all
        {0, 16, 5, 5, 16, 1, 1, 0, 16},    //
    };
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i += is_slow() ? 7 : 1)
        check_chosen(chosen[i]);
}

// A 1×1 kernel whose outputs are fewer or more than the image has places, or lie beside them:
// nothing may be taken for a plain matrix product there.
static void test_pointwise_with_other_outputs(void **state) {
    (void)state;
    for (int i = 0; i < 4 * 4 * 4; i++) {
        const ConvolutionSizes s = {.batch = 2,
                                    .in_channels = 16,
                                    .height = 3,
                                    .width = 4,
                                    .out_channels = 17,
                                    .kernel_height = 1,
                                    .kernel_width = 1,
                                    .stride = 1,
                                    .padding_top = i / 2 % 2,
                                    .padding_left = i % 2,
                                    .groups = 1,
                                    .out_height = 2 + i / 16,
                                    .out_width = 3 + i / 4 % 4};
        check_sizes(&s);
    }
}

// Lines as long as a minute of sound: no product of sizes may leave what its integer holds.
static void test_long_lines(void **state) {
    (void)state;
    static const ConvolutionSizes long_lines[] = {
        {2, 43, 5, 650000, 190, 5, 5, 1, 1, 1, 1, 3, 649998},
        {2, 43, 5, 900000, 190, 5, 5, 1, 1, 1, 1, 3, 899998},
        {1, 64, 1, 1000000, 64, 1, 80, 40, 0, 0, 1, 1, 24999},
        {1, 16, 5, 20000000, 16, 5, 5, 1, 1, 1, 16, 3, 19999998},
    };
    for (size_t i = 0; i < sizeof long_lines / sizeof long_lines[0]; i++)
        for (int pass = 0; pass < PASSES; pass++) {
            const size_t wanted = kernel_convolution_scratch(&long_lines[i], passes[pass]);
            if (wanted > (size_t)1 << 32)
                fail_msg("%zu numbers of scratch: %s in\n%s", wanted, pass_names[pass],
                         sizes_text(&long_lines[i]).text);
        }
}

// --- large numbers and what is none --------------------------------------------------------------

#ifdef KNOBS_DOUBLE
static const double LARGEST = DBL_MAX, ROUNDING = 1e-13;
#else
static const double LARGEST = FLT_MAX, ROUNDING = 1e-5;
#endif

static const Chosen winograd_sizes[] = {
    {9, 32, 24, 16, 32, 4, 2, 1, 1}, // three points
    {17, 31, 6, 6, 48, 3, 1, 1, 1},  // four
    {6, 32, 12, 13, 31, 3, 1, 1, 1}, // six
    {6, 31, 16, 15, 32, 4, 1, 1, 1}, //
    {6, 31, 9, 8, 32, 5, 1, 2, 1},   //
    {9, 16, 31, 30, 31, 5, 2, 2, 1}, // zeros fill up the kernel
    {9, 32, 12, 12, 31, 7, 2, 3, 1}, //
};
enum { WINOGRAD_SIZES = sizeof winograd_sizes / sizeof winograd_sizes[0] };

static void test_winograd(void **state) {
    (void)state;
    for (int i = 0; i < WINOGRAD_SIZES; i++) {
        const ConvolutionSizes s = chosen_sizes(&winograd_sizes[i]);
        for (int pass = 0; pass < PASSES; pass++)
            if (!winograd_fits(&s, passes[pass]))
                fail_msg("not Winograd's: %s in\n%s", pass_names[pass], sizes_text(&s).text);
        check_sizes(&s);
    }
}

// By how much the products of two numbers are to be multiplied in the bound of convolution.h.
static double growth_of(const ConvolutionSizes *s, ConvolutionPass pass) {
    if (pass == CONVOLUTION_WEIGHT_GRADIENT)
        return 115.0 * s->batch * (s->out_height + 4) * (s->out_width + 4);
    const int summed = pass == CONVOLUTION_FORWARD ? s->in_channels : s->out_channels;
    return 1532.0 * s->stride * s->stride * summed;
}

// All numbers of an operand have this size; with `mixed`, any sign.
static void fill_large(Random *random, Array array, double size, bool mixed) {
    for (size_t i = 0; i < array.size; i++)
        array.data[i] = (real)(mixed && random_below(random, 2) ? -size : size);
}

static void check_large(const ConvolutionSizes *s, int pass, bool mixed) {
    Random random = random_from_seed(52);
    Array arrays[OPERANDS];
    real *operands[OPERANDS];
    const double large = 0.999 * LARGEST / 174, small = 174 / growth_of(s, passes[pass]);
    for (int i = 0; i < OPERANDS; i++) {
        arrays[i] = array_new(size_of(s, (Operand)i), 16);
        operands[i] = arrays[i].data;
        fill_large(&random, arrays[i], i == (int)sources[pass] ? large : small, mixed);
    }
    double *expected = plain_convolution(s, passes[pass], operands);
    Array scratch = array_new(kernel_convolution_scratch(s, passes[pass]), 16);
    const Array result = arrays[results[pass]];
    run_pass(s, passes[pass], operands, NULL, scratch.data, false, 0, result.data);
    for (size_t i = 0; i < result.size; i++)
        if (!(fabs((double)result.data[i] - expected[i]) <= ROUNDING * LARGEST))
            fail_msg("%s of large numbers: %g and should be %g in\n%s", pass_names[pass],
                     (double)result.data[i], expected[i], sizes_text(s).text);
    free(expected);
    free(scratch.memory);
    for (int i = 0; i < OPERANDS; i++)
        free(arrays[i].memory);
}

// As large as convolution.h allows.
static void test_large_numbers(void **state) {
    (void)state;
    for (int i = 0; i < WINOGRAD_SIZES * PASSES; i += is_slow() ? 5 : 1) {
        const ConvolutionSizes s = chosen_sizes(&winograd_sizes[i / PASSES]);
        check_large(&s, i % PASSES, false);
        check_large(&s, i % PASSES, true);
    }
}

// One number of the first operand is infinite or NaN: no result that sees it is finite. Which ones see
// it, plain sums of ones tell.
static void check_infinite(const ConvolutionSizes *s, int pass, double number) {
    Array arrays[OPERANDS];
    real *operands[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) {
        arrays[i] = array_new(size_of(s, (Operand)i), 16);
        operands[i] = arrays[i].data;
        for (size_t j = 0; j < arrays[i].size; j++)
            operands[i][j] = i == (int)sources[pass] ? 0 : 1;
    }
    const Array source = arrays[sources[pass]], result = arrays[results[pass]];
    source.data[source.size / 3] = 1;
    double *sees = plain_convolution(s, passes[pass], operands);
    source.data[source.size / 3] = (real)number;
    Array scratch = array_new(kernel_convolution_scratch(s, passes[pass]), 16);
    run_pass(s, passes[pass], operands, NULL, scratch.data, false, 0, result.data);
    int seeing = 0;
    for (size_t i = 0; i < result.size; i++) {
        seeing += sees[i] != 0;
        if (sees[i] != 0 && isfinite((double)result.data[i]))
            fail_msg("%s of %g: %g in\n%s", pass_names[pass], number, (double)result.data[i],
                     sizes_text(s).text);
    }
    assert_true(seeing > 0);
    free(sees);
    free(scratch.memory);
    for (int i = 0; i < OPERANDS; i++)
        free(arrays[i].memory);
}

static void test_infinite_numbers(void **state) {
    (void)state;
    const double numbers[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < WINOGRAD_SIZES * PASSES; i += is_slow() ? 5 : 1) {
        const ConvolutionSizes s = chosen_sizes(&winograd_sizes[i / PASSES]);
        check_infinite(&s, i % PASSES, numbers[(i + i / PASSES) % 3]);
    }
}

// --- threads, sums -------------------------------------------------------------------------------

// Numbers that round now: the order of the sums must not depend on the number of threads.
static void check_threads(const Chosen *chosen) {
    const ConvolutionSizes s = chosen_sizes(chosen);
    Random random = random_from_seed(52);
    Array arrays[OPERANDS];
    real *operands[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) {
        arrays[i] = array_new(size_of(&s, (Operand)i), 16);
        operands[i] = arrays[i].data;
        random_fill_normal(&random, arrays[i].size, 0, 1, operands[i]);
    }
    for (int pass = 0; pass < PASSES; pass++) {
        const size_t size = size_of(&s, results[pass]);
        Array one = array_new(size, 16), more = array_new(size, 16);
        threads_set(3); // it takes the most
        Array scratch = array_new(kernel_convolution_scratch(&s, passes[pass]), 16);
        threads_set(1);
        run_pass(&s, passes[pass], operands, NULL, scratch.data, false, 0, one.data);
        for (int threads = 2; threads <= 3; threads++) {
            threads_set(threads);
            assert_true(kernel_convolution_scratch(&s, passes[pass]) <= scratch.size);
            fill_nan(scratch.data, scratch.size);
            run_pass(&s, passes[pass], operands, NULL, scratch.data, false, 0, more.data);
            for (size_t i = 0; i < size; i++)
                if (memcmp(&one.data[i], &more.data[i], sizeof(real)) != 0)
                    fail_msg("%s: number %zu is %.17g with one thread and %.17g with %d in\n%s",
                             pass_names[pass], i, (double)one.data[i], (double)more.data[i],
                             threads, sizes_text(&s).text);
        }
        free(one.memory);
        free(more.memory);
        free(scratch.memory);
    }
    threads_set(0);
    for (int i = 0; i < OPERANDS; i++)
        free(arrays[i].memory);
}

static void test_threads_give_the_same_bits(void **state) {
    (void)state;
    static const Chosen chosen[] = {
        {5, 32, 14, 14, 33, 3, 1, 1, 1}, {2, 33, 9, 7, 64, 4, 2, 1, 1},
        {5, 16, 8, 8, 48, 1, 1, 0, 1},   {13, 3, 15, 15, 16, 3, 2, -1, 1},
        {9, 48, 9, 9, 48, 3, 1, 1, 48},  {3, 64, 10, 10, 64, 3, 2, -1, 64},
        {7, 32, 6, 6, 64, 3, 1, 1, 4},   {4, 64, 7, 7, 32, 7, 1, 0, 1},
        {3, 256, 5, 5, 300, 1, 1, 0, 1}, {2, 17, 40, 35, 17, 3, 2, 1, 17},
    };
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i += is_slow() ? 3 : 1)
        check_threads(&chosen[i]);
}

static void check_channel_sums(size_t batch, size_t count, size_t plane) {
    Random random = random_from_seed(53);
    Array numbers = array_new(batch * count * plane, 17), sums = array_new(count, 17);
    fill_integers(&random, numbers.size, numbers.data);
    for (int pass = 1; pass <= 2; pass++) { // stored, then added
        kernel_channel_sums(batch, count, plane, numbers.data, pass == 2, sums.data);
        for (size_t c = 0; c < count; c++) {
            double expected = 0;
            for (size_t i = 0; i < batch; i++)
                for (size_t p = 0; p < plane; p++)
                    expected += pass * (double)numbers.data[(i * count + c) * plane + p];
            if ((double)sums.data[c] != expected)
                fail_msg("channel sums of [%zu, %zu, %zu], call %d: %g for channel %zu, not %g",
                         batch, count, plane, pass, (double)sums.data[c], c, expected);
        }
    }
    assert_false(array_is_overrun(&sums));
    free(numbers.memory);
    free(sums.memory);
}

static void test_channel_sums(void **state) {
    (void)state;
    for (size_t plane = 1; plane <= 40; plane++)
        check_channel_sums(plane % 4, 1 + plane % 7, plane);
    check_channel_sums(64, 33, 49); // large enough for the threads
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_sizes),
        cmocka_unit_test(test_widths_and_channels),
        cmocka_unit_test(test_selected_sizes),
        cmocka_unit_test(test_pointwise_with_other_outputs),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_winograd),
        cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_infinite_numbers),
        cmocka_unit_test(test_threads_give_the_same_bits),
        cmocka_unit_test(test_channel_sums),
    };
    int failed = 0;
    widest = loops();
    for (int i = 0; loops_of_processor[i]; i++) {
        loops_of_processor[0] = loops_of_processor[i]; // the first is what the kernels use
        print_message("%d numbers in a vector:\n", loops()->lanes);
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
