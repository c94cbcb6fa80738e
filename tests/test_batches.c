// Batches: every image once an epoch, the last one as asked, the same seed the same order, and
// resuming.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <math.h>

#include <cmocka.h>

#include "base/threads.h"
#include "data/batches.h"

enum { COUNT = 103, PIXELS = 6 };

static unsigned char pixels[COUNT * PIXELS];
static int labels[COUNT]; // an image's label is its number, so that a batch shows what is in it
static Dataset data;
static Tape *tape;

static int set_up(void **state) {
    (void)state;
    for (int i = 0; i < COUNT; i++)
        labels[i] = i;
    for (int i = 0; i < COUNT * PIXELS; i++)
        pixels[i] = (unsigned char)(i * 37 % 17);
    data = (Dataset){.name = "numbers",
                     .count = COUNT,
                     .classes = COUNT,
                     .channels = 1,
                     .height = 2,
                     .width = 3,
                     .pixels = pixels,
                     .labels = labels,
                     .pixel_max = 16,
                     .mean = 0.3,
                     .std = 0.5};
    tape = tape_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    tape_free(tape);
    return 0;
}

// Runs to the end of the epoch, and checks that the images are those of the labels. Returns how
// many images came.
static int run_epoch(Batches *batches, int *order) {
    Batch batch;
    int seen = 0, steps = 0;
    while (batches_next(batches, tape, &batch)) {
        assert_true(shape_equal(batch.images->shape, SHAPE(batch.count, 1, 2, 3)));
        assert_false(batch.images->requires_grad);
        for (int i = 0; i < batch.count; i++) {
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                double expected = (pixels[batch.labels[i] * PIXELS + pixel] / 16.0 - 0.3) / 0.5;
                assert_true(fabs(expected - (double)batch.images->data[i * PIXELS + pixel]) < 1e-6);
            }
            order[seen++] = batch.labels[i];
        }
        steps++;
        tape_clear(tape);
    }
    assert_int_equal(batch.count, 0);
    assert_null(batch.images);
    assert_int_equal(steps, batches_count(batches));
    assert_int_equal(batches->next, 0);
    return seen;
}

static void test_every_image_once(void **state) {
    (void)state;
    static const int sizes[] = {1, 7, 64, 102, 103, 104, 1000000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        Batches *batches = batches_new(&data, .size = sizes[s], .seed = 5);
        for (int epoch = 0; epoch < 3; epoch++) {
            int order[COUNT], times[COUNT] = {0};
            assert_int_equal(batches->epoch, epoch);
            assert_int_equal(run_epoch(batches, order), COUNT);
            for (int i = 0; i < COUNT; i++)
                times[order[i]]++;
            for (int i = 0; i < COUNT; i++)
                assert_int_equal(times[i], 1);
        }
        batches_free(batches);
    }
}

static void test_last_batch(void **state) {
    (void)state;
    int order[COUNT];
    Batches *kept = batches_new(&data, .size = 10);
    Batches *dropped = batches_new(&data, .size = 10, .drop_last = true);
    assert_int_equal(batches_count(kept), 11);
    assert_int_equal(batches_count(dropped), 10);
    assert_int_equal(run_epoch(kept, order), 103);
    assert_int_equal(run_epoch(dropped, order), 100);
    assert_int_equal(dropped->epoch, 1);
    batches_free(kept);
    batches_free(dropped);
    // Where nothing is left over, both are the same.
    Dataset even = dataset_slice(&data, 3, 100);
    dropped = batches_new(&even, .size = 10, .drop_last = true);
    assert_int_equal(batches_count(dropped), 10);
    batches_free(dropped);
}

static void test_order(void **state) {
    (void)state;
    int first[COUNT], again[COUNT], other[COUNT], sorted[COUNT];
    Batches *a = batches_new(&data, .seed = 3), *b = batches_new(&data, .seed = 3, .size = 9);
    Batches *c = batches_new(&data, .seed = 4), *d = batches_new(&data, .shuffle = false);
    run_epoch(a, first);
    run_epoch(b, again);
    run_epoch(c, other);
    run_epoch(d, sorted);
    assert_memory_equal(first, again, sizeof first); // whatever the size of a batch
    assert_memory_not_equal(first, other, sizeof first);
    assert_memory_equal(sorted, labels, sizeof sorted);
    assert_memory_not_equal(first, labels, sizeof first);
    run_epoch(a, again);
    run_epoch(d, sorted);
    assert_memory_not_equal(first, again, sizeof first); // a new order each epoch
    assert_memory_equal(sorted, labels, sizeof sorted);
    batches_free(a), batches_free(b), batches_free(c), batches_free(d);
}

// Stops after every possible step, also right at the end of an epoch, and goes on in a new
// iterator.
static void test_seek(void **state) {
    (void)state;
    int whole[COUNT * 3], resumed[COUNT * 3];
    for (int drop = 0; drop < 2; drop++) {
        for (int stop = 0; stop <= 22; stop++) {
            Batches *a = batches_new(&data, .size = 10, .seed = 8, .drop_last = drop);
            Batches *b = batches_new(&data, .size = 10, .seed = 8, .drop_last = drop);
            Batch batch;
            for (int step = 0; step < stop; step++)
                if (!batches_next(a, tape, &batch))
                    step--;
            Error error = {0};
            assert_true(batches_seek(b, a->epoch, a->next, &error));
            for (int epoch = 0; epoch < 2; epoch++) {
                int n = 0, m = 0;
                while (batches_next(a, tape, &batch))
                    for (int i = 0; i < batch.count; i++)
                        whole[n++] = batch.labels[i];
                while (batches_next(b, tape, &batch))
                    for (int i = 0; i < batch.count; i++)
                        resumed[m++] = batch.labels[i];
                assert_int_equal(n, m);
                assert_memory_equal(whole, resumed, (size_t)n * sizeof(int));
            }
            tape_clear(tape);
            batches_free(a), batches_free(b);
        }
    }
}

// batches_draw gives the same, without the stops between epochs.
static void test_draw(void **state) {
    (void)state;
    Batches *stopping = batches_new(&data, .size = 10), *drawing = batches_new(&data, .size = 10);
    for (int epoch = 0; epoch < 3; epoch++)
        for (Batch wanted; batches_next(stopping, tape, &wanted);) {
            const Batch batch = batches_draw(drawing, tape);
            assert_int_equal(batch.count, wanted.count);
            assert_memory_equal(batch.labels, wanted.labels, (size_t)batch.count * sizeof(int));
            assert_memory_equal(batch.images->data, wanted.images->data,
                                wanted.images->size * sizeof(real));
        }
    tape_clear(tape);
    batches_free(stopping), batches_free(drawing);
}

// Processes that share each batch have it all together, in its order, and stand at the same place.
static void test_parts(void **state) {
    (void)state;
    enum { PARTS = 3, SIZE = 12 };
    Batches *whole = batches_new(&data, .size = SIZE, .seed = 9, .drop_last = true);
    Batches *parts[PARTS];
    for (int p = 0; p < PARTS; p++)
        parts[p] = batches_new(&data, .size = SIZE, .seed = 9, .drop_last = true, .part = p,
                               .parts = PARTS);
    for (int step = 0; step < 20; step++) { // into the third epoch
        const Batch all = batches_draw(whole, tape);
        for (int p = 0; p < PARTS; p++) {
            const Batch part = batches_draw(parts[p], tape);
            assert_int_equal(part.count, SIZE / PARTS);
            assert_memory_equal(part.labels, all.labels + p * part.count, part.count * sizeof(int));
            assert_memory_equal(part.images->data, all.images->data + p * part.count * PIXELS,
                                (size_t)(part.count * PIXELS) * sizeof(real));
            assert_int_equal(parts[p]->next, whole->next);
            assert_int_equal(parts[p]->epoch, whole->epoch);
        }
        tape_clear(tape);
    }
    for (int p = 0; p < PARTS; p++)
        batches_free(parts[p]);
    batches_free(whole);
}

static void test_seek_refuses(void **state) {
    (void)state;
    Batches *kept = batches_new(&data, .size = 10),
            *dropped = batches_new(&data, .size = 10, .drop_last = true);
    Error error = {0};
    assert_false(batches_seek(kept, -1, 0, &error));
    assert_non_null(strstr(error.message, "epoch -1"));
    assert_false(batches_seek(kept, 0, -10, &error));
    assert_false(batches_seek(kept, 0, 5, &error));
    assert_non_null(
        strstr(error.message, "image 5 of epoch 0: expected a multiple of 10 up to 103"));
    assert_false(batches_seek(kept, 0, 110, &error));
    assert_true(batches_seek(kept, 0, 103, &error));
    assert_false(batches_seek(dropped, 2, 103, &error));
    assert_int_equal(dropped->epoch, 0);
    batches_free(kept), batches_free(dropped);
}

// A batch large enough to be filled in parallel: the same bits with 1, 2 and 3 threads.
static void test_threads(void **state) {
    (void)state;
    enum { MANY = 3000, SIDE = 10 };
    static unsigned char many_pixels[MANY * SIDE * SIDE];
    static int many_labels[MANY];
    static real first[MANY * SIDE * SIDE];
    for (int i = 0; i < MANY * SIDE * SIDE; i++)
        many_pixels[i] = (unsigned char)(i * 7919L >> 3);
    Dataset many = {.count = MANY,
                    .classes = 1,
                    .channels = 1,
                    .height = SIDE,
                    .width = SIDE,
                    .pixels = many_pixels,
                    .labels = many_labels,
                    .pixel_max = 255,
                    .mean = 0.1,
                    .std = 0.3};
    for (int threads = 1; threads <= 3; threads++) {
        threads_set(threads);
        Batches *batches = batches_new(&many, .size = MANY);
        Batch batch;
        assert_true(batches_next(batches, tape, &batch));
        if (threads == 1)
            memcpy(first, batch.images->data, sizeof first);
        assert_memory_equal(first, batch.images->data, sizeof first);
        tape_clear(tape);
        batches_free(batches);
    }
}

static jmp_buf after_fatal;
static char fatal_line[1024];

static void keep_line(const char *message) {
    snprintf(fatal_line, sizeof fatal_line, "%s", message);
    longjmp(after_fatal, 1);
}

static void assert_fatal(const Dataset *set, BatchOptions options, const char *says) {
    FatalHandler before = fatal_set_handler(keep_line);
    fatal_line[0] = 0;
    if (setjmp(after_fatal) == 0)
        batches_free(batches_new_with(set, options));
    fatal_set_handler(before);
    assert_non_null(strstr(fatal_line, says));
}

static void test_wrong_options(void **state) {
    (void)state;
    assert_fatal(&data, (BatchOptions){.size = 0}, "size 0");
    Dataset empty = data;
    empty.count = 0;
    assert_fatal(&empty, (BatchOptions){.size = 1}, "the data set numbers has no image");
    assert_fatal(&data, (BatchOptions){.size = 104, .drop_last = true},
                 "drop_last leaves no batch");
    assert_fatal(&data, (BatchOptions){.size = 10, .drop_last = true, .parts = 3},
                 "10 images can't be shared out in 3 equal parts");
    assert_fatal(&data, (BatchOptions){.size = 9, .parts = 3}, "(drop_last: 0)");
    assert_fatal(&data, (BatchOptions){.size = 9, .drop_last = true, .part = 3, .parts = 3},
                 "of which this is 3");
    assert_fatal(&data, (BatchOptions){.size = 9, .part = 1}, "1 equal parts");
    assert_fatal(&data, (BatchOptions){.size = 9, .drop_last = true, .parts = -3},
                 "-3 equal parts");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_image_once),
        cmocka_unit_test(test_last_batch),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_seek),
        cmocka_unit_test(test_draw),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_seek_refuses),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_wrong_options),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
