// Augmentation: a flip, a shift and a crop against their definitions; batches that are augmented have
// the same labels, and the same bits from the same seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <math.h>

#include <cmocka.h>

#include "base/threads.h"
#include "caught.h"
#include "data/augment.h"
#include "data/batches.h"

enum { CHANNELS = 2, HEIGHT = 5, WIDTH = 7, PIXELS = CHANNELS * HEIGHT * WIDTH };

static void draw(real *image) {
    for (int i = 0; i < PIXELS; i++)
        image[i] = (real)(i * 37 % 101) / 7;
}

static real at(const real *image, int c, int y, int x) { // the border goes on outside
    y = y < 0 ? 0 : y > HEIGHT - 1 ? HEIGHT - 1 : y;
    x = x < 0 ? 0 : x > WIDTH - 1 ? WIDTH - 1 : x;
    return image[(c * HEIGHT + y) * WIDTH + x];
}

static void test_flip_of_a_flip(void **state) {
    (void)state;
    real image[PIXELS], once[PIXELS], twice[PIXELS];
    draw(image);
    const View flip = {.flip = true, .scale = 1}, none = {.scale = 1};
    augment_apply(flip, CHANNELS, HEIGHT, WIDTH, image, once);
    augment_apply(flip, CHANNELS, HEIGHT, WIDTH, once, twice);
    assert_memory_equal(twice, image, sizeof image);
    for (int i = 0; i < PIXELS; i++)
        assert_true(once[i] == image[i / WIDTH * WIDTH + WIDTH - 1 - i % WIDTH]);
    augment_apply(none, CHANNELS, HEIGHT, WIDTH, image, twice);
    assert_memory_equal(twice, image, sizeof image);
}

static void test_shift(void **state) {
    (void)state;
    real image[PIXELS], view[PIXELS];
    draw(image);
    for (int dy = -6; dy <= 6; dy++)
        for (int dx = -8; dx <= 8; dx++) {
            const View shift = {.left = dx, .top = dy, .scale = 1};
            augment_apply(shift, CHANNELS, HEIGHT, WIDTH, image, view);
            for (int i = 0; i < PIXELS; i++)
                assert_true(view[i] == at(image, i / (HEIGHT * WIDTH), i / WIDTH % HEIGHT + dy,
                                          i % WIDTH + dx));
        }
}

// A ramp is linear, so a window of it scaled up is known: x of the view is scale · (x + ½) + left − ½.
static void test_crop(void **state) {
    (void)state;
    real ramp[PIXELS], view[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        ramp[i] = (real)(i % WIDTH + 10 * (i / WIDTH % HEIGHT));
    const View crop = {.left = 1.5, .top = 1, .scale = 0.5};
    augment_apply(crop, CHANNELS, HEIGHT, WIDTH, ramp, view);
    for (int i = 0; i < PIXELS; i++) {
        const double x = 0.5 * (i % WIDTH + 0.5) + 1, y = 0.5 * (i / WIDTH % HEIGHT + 0.5) + 0.5;
        assert_true(fabs((double)view[i] - (x + 10 * y)) < 1e-5);
    }
}

static void test_draws_stay_within(void **state) {
    (void)state;
    Random random = random_from_seed(3);
    const Augment all = {.flip = true, .crop = 0.6}, shift = {.shift = 2};
    int flips = 0, seen[5][5] = {{0}};
    for (int i = 0; i < 1000; i++) {
        const View view = augment_draw(all, HEIGHT, WIDTH, &random);
        flips += view.flip;
        assert_true(view.scale >= 0.6 && view.scale <= 1);
        assert_true(view.left >= 0 && view.left + view.scale * WIDTH <= WIDTH + 1e-9);
        assert_true(view.top >= 0 && view.top + view.scale * HEIGHT <= HEIGHT + 1e-9);
        const View moved = augment_draw(shift, HEIGHT, WIDTH, &random);
        assert_false(moved.flip);
        seen[(int)moved.top + 2][(int)moved.left + 2]++;
    }
    assert_in_range(flips, 420, 580);
    for (int i = 0; i < 25; i++)
        assert_in_range(seen[i / 5][i % 5], 15, 75);
}

// --- batches -------------------------------------------------------------------------------------

enum { COUNT = 9 };

static unsigned char pixels[COUNT * PIXELS];
static int labels[COUNT];
static Tape *tape;

static Dataset set_of_images(void) {
    for (int i = 0; i < COUNT; i++)
        labels[i] = i;
    for (int i = 0; i < COUNT * PIXELS; i++)
        pixels[i] = (unsigned char)(i * 41 % 251);
    return (Dataset){.count = COUNT,
                     .classes = COUNT,
                     .channels = CHANNELS,
                     .height = HEIGHT,
                     .width = WIDTH,
                     .pixels = pixels,
                     .labels = labels,
                     .pixel_max = 255,
                     .std = 1};
}

static void read_epoch(Batches *batches, real *images, int *order) {
    int seen = 0;
    for (Batch batch; batches_next(batches, tape, &batch); seen += batch.count) {
        memcpy(images + seen * PIXELS, batch.images->data, batch.images->size * sizeof(real));
        memcpy(order + seen, batch.labels, (size_t)batch.count * sizeof(int));
    }
    tape_clear(tape);
}

static void test_batches_repeat(void **state) {
    (void)state;
    static real plain[COUNT * PIXELS], first[COUNT * PIXELS], again[COUNT * PIXELS];
    int order[COUNT], same_order[COUNT];
    const Dataset data = set_of_images();
    const Augment augment = {.flip = true, .shift = 1, .crop = 0.7};
    tape = tape_new();
    Batches *a = batches_new(&data, .size = 4, .seed = 5);
    Batches *b = batches_new(&data, .size = 4, .seed = 5, .augment = augment);
    Batches *c = batches_new(&data, .size = 2, .seed = 5, .augment = augment);
    read_epoch(a, plain, order);
    read_epoch(b, first, same_order);
    assert_memory_equal(order, same_order, sizeof order); // labels stay with their images
    assert_memory_not_equal(first, plain, sizeof first);
    threads_set(3);
    read_epoch(c, again, same_order);
    assert_memory_equal(again, first, sizeof first); // whatever the size of a batch
    assert_memory_equal(order, same_order, sizeof order);
    read_epoch(b, plain, order); // the next epoch looks otherwise
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++)
            if (order[i] == same_order[j])
                assert_memory_not_equal(plain + i * PIXELS, first + j * PIXELS,
                                        PIXELS * sizeof(real));
    Batches *d = batches_new(&data, .size = 4, .seed = 5, .augment = augment);
    Error error;
    assert_true(batches_seek(d, 1, 0, &error)); // as after --resume
    read_epoch(d, again, order);
    assert_memory_equal(again, plain, sizeof plain);
    batches_free(a), batches_free(b), batches_free(c), batches_free(d);
    tape_free(tape);
}

static void test_wrong_augmentations(void **state) {
    (void)state;
    const Dataset data = set_of_images();
    assert_fatal(batches_free(batches_new(&data, .augment = {.shift = -1})), "shift -1");
    assert_fatal(batches_free(batches_new(&data, .augment = {.crop = 1.5})), "crop 1.5");
    assert_fatal(batches_free(batches_new(&data, .augment = {.crop = NAN})), "crop nan");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flip_of_a_flip), cmocka_unit_test(test_shift),
        cmocka_unit_test(test_crop),           cmocka_unit_test(test_draws_stay_within),
        cmocka_unit_test(test_batches_repeat), cmocka_unit_test(test_wrong_augmentations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
