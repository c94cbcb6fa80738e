// Data sets made of others: classes, a few of each, another size, and features of a backbone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caught.h"
#include "data/derived.h"
#include "instruments/evaluate.h"
#include "instruments/features.h"
#include "nn/layers.h"
#include "nn/networks.h"
#include "run/weights_file.h"
#include "scratch.h"

static Error error;

// Seven images of two pixels; image i has 10 · i and 10 · i + 1.
static const unsigned char pixels[14] = {0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61};
static const int labels[7] = {2, 0, 2, 1, 0, 2, 0};
static const Dataset seven = {.name = "seven",
                              .count = 7,
                              .classes = 4,
                              .channels = 1,
                              .height = 1,
                              .width = 2,
                              .pixels = pixels,
                              .labels = labels,
                              .pixel_max = 255,
                              .std = 1};

static void test_classes(void **state) {
    (void)state;
    const int wanted[] = {2, 1}, none[] = {3}, twice[] = {1, 1}, beyond[] = {4}, below[] = {-1};
    Dataset two = dataset_of_classes(&seven, wanted, 2);
    const unsigned char expected[8] = {0, 1, 20, 21, 30, 31, 50, 51};
    assert_int_equal(two.count, 4);
    assert_int_equal(two.classes, 2);
    assert_memory_equal(two.pixels, expected, 8);
    assert_memory_equal(two.labels, ((const int[]){0, 0, 1, 0}), 4 * sizeof(int));
    Dataset slice = dataset_slice(&two, 2, 2), one = dataset_of_classes(&slice, wanted + 1, 1);
    assert_int_equal(one.count, 1); // of a slice, by its own labels
    assert_int_equal(one.pixels[0], 30);
    dataset_free(&one);
    dataset_free(&two);
    assert_fatal(dataset_of_classes(&seven, twice, 2), "class 1, of 4 that seven has, each once");
    assert_fatal(dataset_of_classes(&seven, beyond, 1), "class 4, of 4");
    assert_fatal(dataset_of_classes(&seven, below, 1), "class -1, of 4");
    assert_fatal(dataset_of_classes(&seven, none, 1), "none of its images");
}

static void test_few(void **state) {
    (void)state;
    Dataset digits, test, few, more;
    assert_true(dataset_load(&digits, &test, "digits", &error));
    assert_true(dataset_few(&few, &digits, 3, 7, &error));
    assert_true(dataset_few(&more, &digits, 5, 7, &error));
    assert_int_equal(few.count, 30);
    assert_int_equal(more.count, 50);
    int each[10] = {0};
    for (int i = 0; i < few.count; i++)
        each[few.labels[i]]++;
    for (int i = 0; i < 10; i++)
        assert_int_equal(each[i], 3);
    for (int i = 0; i < few.count; i++) { // is among the more, with its label
        bool found = false;
        for (int j = 0; j < more.count && !found; j++)
            found = few.labels[i] == more.labels[j] &&
                    memcmp(few.pixels + 64 * i, more.pixels + 64 * j, 64) == 0;
        assert_true(found);
    }
    dataset_free(&more);
    assert_true(dataset_few(&more, &digits, 3, 8, &error)); // another seed, other images
    assert_int_not_equal(memcmp(few.pixels, more.pixels, 30 * 64), 0);
    dataset_free(&few);
    dataset_free(&more);
    assert_false(dataset_few(&few, &digits, 1000, 7, &error));
    assert_contains(error.message, "digits: 1");
    assert_contains(error.message, "images of class 0, 1000 are wanted");
    assert_null(few.pixels);
    dataset_free(&test);
    dataset_free(&digits);
}

static void test_resized(void **state) {
    (void)state;
    // The values of torch.nn.functional.interpolate, mode bilinear, align_corners=False.
    const unsigned char square[4] = {0, 16, 8, 4};
    const int label = 1;
    const Dataset one = {.name = "one",
                         .count = 1,
                         .classes = 2,
                         .channels = 1,
                         .height = 2,
                         .width = 2,
                         .pixels = square,
                         .labels = &label,
                         .pixel_max = 16};
    Dataset larger = dataset_resized(&one, 4, 3), same = dataset_resized(&one, 2, 2);
    const double expected[12] = {0, 8, 16, 2, 7.5, 13, 6, 6.5, 7, 8, 6, 4};
    for (int i = 0; i < 12; i++)
        assert_true(abs(larger.pixels[i] - (int)(expected[i] * 255 / 16 + 0.5)) == 0);
    assert_true(larger.pixel_max == 255 && larger.labels[0] == 1 && larger.height == 4);
    assert_memory_equal(same.pixels, ((const unsigned char[]){0, 255, 128, 64}), 4);
    dataset_free(&same);
    dataset_free(&larger);
    assert_fatal(dataset_resized(&one, 0, 3), "dataset_resized: one to 0 × 3");
}

// A head on features says what the whole network says of the images.
static void test_features(void **state) {
    (void)state;
    Dataset small, digits, test, some;
    assert_true(dataset_load(&digits, &test, "digits", &error));
    some = dataset_slice(&test, 0, 300);
    small = dataset_resized(&some, 28, 28);
    Random random = random_from_seed(3);
    Module *whole = block_net_new(10), *backbone = block_net_new(0);
    module_initialise(whole, &random);
    assert_true(weights_save(scratch("whole"), whole, &error));
    assert_true(weights_load(scratch("whole"), backbone, "head", &error));
    Tape *tape = tape_new();
    Dataset features = features_of(backbone, tape, &small);
    assert_int_equal(features.count, 300);
    assert_int_equal(dataset_pixels(&features), BLOCK_NET_FEATURES);
    assert_true(backbone->training && tape->recording);
    Module *last_layer = linear_new(BLOCK_NET_FEATURES, 10);
    module_average(last_layer, module_find(whole, "head"), 0); // a copy
    last_layer->initialised = true;
    Module *head = sequential_new(flatten_new(), last_layer);
    const Evaluation by_head = evaluate(head, tape, &features);
    const Evaluation by_whole = evaluate(whole, tape, &small);
    assert_true(by_head.accuracy == by_whole.accuracy);
    assert_true(fabs(by_head.loss - by_whole.loss) < 1e-5);
    // A few of them, and a slice, are numbers too.
    Dataset few, last = dataset_slice(&features, 299, 1);
    assert_true(last.numbers == features.numbers + (size_t)299 * BLOCK_NET_FEATURES);
    assert_true(dataset_few(&few, &features, 2, 1, &error));
    assert_int_equal(few.count, 20);
    assert_non_null(few.numbers);
    dataset_free(&few);
    dataset_free(&features);
    tape_free(tape);
    module_free(head);
    module_free(whole);
    module_free(backbone);
    dataset_free(&small);
    dataset_free(&test);
    dataset_free(&digits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_resized),
        cmocka_unit_test(test_features),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
