// Folders of photos: the squeeze into a square, against the formula and a picture that TensorFlow's formula made; splits; what is
// wrong with a folder; and a network's weights that aren't there, or another's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "data/batches.h"
#include "data/photos.h"
#include "data/picture.h"
#include "nn/networks.h"
#include "run/pretrained.h"
#include "run/weights_file.h"
#include "scratch.h"

static Error error;

// Channel c of a made picture at (x, y).
static unsigned char shade(int x, int y, int c) {
    return (unsigned char)(37 * x + 91 * y + 53 * c + x * y);
}

// A bitmap of 24 bits, bottom up.
static void write_bmp(const char *name, int width, int height) {
    const size_t row = ((size_t)width * 3 + 3) / 4 * 4, size = 54 + row * (size_t)height;
    unsigned char *bytes = memory_zeroed(size, 1);
    const unsigned header[] = {(unsigned)size, 0, 54, 40, (unsigned)width, (unsigned)height};
    bytes[0] = 'B', bytes[1] = 'M', bytes[26] = 1, bytes[28] = 24;
    for (int i = 0; i < 24; i++)
        bytes[2 + i] = (unsigned char)(header[i / 4] >> 8 * (i % 4));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                bytes[54 + row * (size_t)(height - 1 - y) + 3 * (size_t)x + 2 - (size_t)c] =
                    shade(x, y, c);
    assert_true(file_write(scratch(name), bytes, size, &error));
    free(bytes);
}

// A JPEG that says it has 20,000 × 20,000 pixels.
static void write_huge(const char *name) {
    char *bytes;
    size_t length, at = 0;
    assert_true(file_read(KNOBS_ROOT "/tests/fuzz/fuzz_pictures.seeds/colour.jpg", 1 << 20, &bytes,
                          &length, &error));
    while (memcmp(bytes + at, "\xFF\xC0", 2) != 0) // the frame's header
        assert_true(++at + 9 < length);
    for (int i = 0; i < 2; i++)
        bytes[at + 5 + 2 * i] = 20000 >> 8, bytes[at + 6 + 2 * i] = 20000 & 255;
    assert_true(file_write(scratch(name), bytes, length, &error));
    free(bytes);
}

// FOLDER/CLASS with so many photos.
static void make_class(const char *folder, const char *class, int photos) {
    char name[64];
    mkdir(scratch(folder), 0777);
    snprintf(name, sizeof name, "%s/%s", folder, class);
    assert_int_equal(mkdir(scratch(name), 0777), 0);
    for (int i = 0; i < photos; i++) {
        snprintf(name, sizeof name, "%s/%s/%02d.bmp", folder, class, i);
        write_bmp(name, 8 + i, 9);
    }
}

// --- the squeeze ---------------------------------------------------------------------------------

// The formula, a pixel at a time.
static double expected_at(int width, int height, int side, int x, int y, int c) {
    const double h = (double)x * width / side, v = (double)y * height / side;
    const int left = (int)h, top = (int)v;
    const int right = left + 1 < width ? left + 1 : left, foot = top + 1 < height ? top + 1 : top;
    const double upper = shade(left, top, c) * (1 - h + left) + shade(right, top, c) * (h - left);
    const double lower = shade(left, foot, c) * (1 - h + left) + shade(right, foot, c) * (h - left);
    return upper * (1 - v + top) + lower * (v - top);
}

static void test_squeeze(void **state) {
    (void)state;
    static const int sizes[][3] = {{8, 8, 8}, {13, 9, 10}, {9, 31, 7}, {8, 8, 19}, {200, 150, 16}};
    for (int i = 0; i < 5; i++) {
        const int width = sizes[i][0], height = sizes[i][1], side = sizes[i][2];
        unsigned char *pixels = memory_alloc(3 * (size_t)side * (size_t)side);
        write_bmp("squeezed.bmp", width, height);
        assert_true(photo_read(scratch("squeezed.bmp"), side, pixels, &error));
        for (int k = 0; k < 3 * side * side; k++) {
            const double wanted =
                expected_at(width, height, side, k % side, k / side % side, k / side / side);
            assert_true(fabs(pixels[k] - wanted) <= 0.5 + 1e-9);
        }
        free(pixels);
    }
}

// Of the picture that the network's reference tensors were made from, every pixel: halves are rounded to the even
// number. Where a processor fuses a product and a sum, a half may be none.
static void test_reference(void **state) {
    (void)state;
    const char *mirror = getenv("KNOBS_MIRROR");
    mirror = mirror ? mirror : KNOBS_ROOT "/../shared/data";
    char *whole = path_format("%s/mobilenet_v1/cat.bmp", mirror);
    for (int i = 0; i < 2; i++) {
        const int side = mobilenets[i].side;
        char *path = path_format("%s/mobilenet_v1/cat_%d.png", mirror, side);
        if (!file_exists(path) || !file_exists(whole)) {
            print_message("skipped: no %s\n", path);
            free(path);
            continue;
        }
        unsigned char *pixels = memory_alloc(3 * (size_t)side * (size_t)side), *wanted;
        int width, height, differ = 0;
        assert_true(photo_read(whole, side, pixels, &error));
        assert_true(picture_read(path, &width, &height, &wanted, &error));
        for (int k = 0; k < 3 * side * side; k++) {
            const int difference = pixels[k] - wanted[k % (side * side) * 3 + k / side / side];
            assert_true(abs(difference) <= 1);
            differ += difference != 0;
        }
        print_message("%s: %d of %d differ\n", path, differ, 3 * side * side);
        assert_true(differ < side);
        free(wanted);
        free(pixels);
        free(path);
    }
    free(whole);
}

// --- splits --------------------------------------------------------------------------------------

static PhotosOptions options = {.side = 8, .seed = 11};

static void load(Photos *photos, const char *folder) {
    if (!photos_load(photos, scratch(folder), &options, &error))
        fail_msg("%s", error.message);
}

static void check_counts(const Dataset *data, int first, int second) {
    int counts[2] = {0};
    for (int i = 0; i < data->count; i++)
        counts[data->labels[i]]++;
    assert_int_equal(counts[0], first);
    assert_int_equal(counts[1], second);
}

static void test_split(void **state) {
    (void)state;
    make_class("birds", "owl", 10);
    make_class("birds", "wren", 4);
    scratch_write("birds/wren/notes.txt", "passed over");
    Photos photos, again;
    load(&photos, "birds");
    check_counts(&photos.train, 8, 3);
    check_counts(&photos.test, 2, 1);
    assert_string_equal(photos.classes[0], "owl");
    assert_string_equal(photos.classes[1], "wren");
    assert_int_equal(photos.whole.classes, 2);
    for (int i = 0; i < photos.whole.count; i++) { // each once, under its own name
        unsigned char pixels[3 * 64];
        assert_true(photo_read(photos.paths[i], 8, pixels, &error));
        assert_memory_equal(photos.whole.pixels + (size_t)i * sizeof pixels, pixels, sizeof pixels);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(photos.paths[i], photos.paths[j]);
    }
    load(&again, "birds");
    for (int i = 0; i < photos.whole.count; i++)
        assert_string_equal(photos.paths[i], again.paths[i]);
    photos_free(&again);
    options.seed = 12;
    load(&again, "birds");
    int moved = 0;
    for (int i = 0; i < photos.whole.count; i++)
        moved += strcmp(photos.paths[i], again.paths[i]) != 0;
    assert_true(moved > 5);
    options = (PhotosOptions){.side = 8, .seed = 11, .per_class = 2};
    photos_free(&again);
    photos_free(&photos);
    load(&photos, "birds");
    check_counts(&photos.train, 2, 2);
    check_counts(&photos.test, 2, 1);
    photos_free(&photos);
    options.per_class = 0;
}

// Knobs are chosen on none of the photos that are tested on in the end.
static void test_held_out(void **state) {
    (void)state;
    Photos photos, tuning;
    load(&photos, "birds");
    options.held_out = true;
    load(&tuning, "birds");
    options.held_out = false;
    check_counts(&tuning.train, 7, 2);
    check_counts(&tuning.test, 1, 1);
    for (int i = 0; i < tuning.whole.count; i++)
        for (int j = photos.train.count; j < photos.whole.count; j++)
            assert_string_not_equal(tuning.paths[i], photos.paths[j]);
    photos_free(&tuning);
    photos_free(&photos);
}

static void test_split_already(void **state) {
    (void)state;
    mkdir(scratch("split"), 0777);
    make_class("split/train", "a", 5);
    make_class("split/train", "b", 10);
    make_class("split/val", "a", 1);
    make_class("split/val", "b", 2);
    Photos photos;
    load(&photos, "split");
    check_counts(&photos.train, 5, 10);
    check_counts(&photos.test, 1, 2);
    assert_non_null(strstr(photos.paths[14], "/train/"));
    assert_non_null(strstr(photos.paths[15], "/val/"));
    photos_free(&photos);
    options.held_out = true;
    load(&photos, "split");
    check_counts(&photos.train, 4, 8);
    check_counts(&photos.test, 1, 2);
    for (int i = 0; i < photos.whole.count; i++)
        assert_non_null(strstr(photos.paths[i], "/train/"));
    photos_free(&photos);
    options.held_out = false;
}

// A number of a batch is what MobileNet was trained with.
static void test_numbers(void **state) {
    (void)state;
    Photos photos;
    load(&photos, "birds");
    Tape *tape = tape_new();
    Batches *batches = batches_new(&photos.test, .size = 3, .shuffle = false);
    const Batch batch = batches_draw(batches, tape);
    for (size_t i = 0; i < batch.images->size; i++)
        assert_true(fabs((double)batch.images->data[i] - (photos.test.pixels[i] - 128) / 128.0) <
                    1e-7);
    batches_free(batches);
    tape_free(tape);
    photos_free(&photos);
}

// --- wrong folders -------------------------------------------------------------------------------

static void refused(const char *folder, const char *says) {
    Photos photos;
    if (photos_load(&photos, scratch(folder), &options, &error))
        fail_msg("%s was taken, wanted: %s", folder, says);
    assert_contains(error.message, says);
    assert_null(strchr(error.message, '\n'));
    assert_null(photos.paths);
    assert_null(photos.whole.pixels);
}

static int stop_at_three(int done, int count) {
    assert_int_equal(count, 14);
    return done == 3;
}

static void test_wrong_folders(void **state) {
    (void)state;
    refused("nosuch", "nosuch: expected a folder of pictures: No such file");
    make_class("alone", "owl", 3);
    refused("alone", "expected at least two folders, each with the photos of a class, found 1");
    make_class("empty", "owl", 3);
    make_class("empty", "wren", 0);
    refused("empty", "empty/wren: no photo there (JPEG, PNG or BMP); put some in, or remove");
    make_class("single", "owl", 3);
    make_class("single", "wren", 1);
    refused("single", "single/wren: expected at least 1 to train on of the 1 photos, beside a "
                      "fifth to test with, found 0");
    options.per_class = 9;
    refused("birds", "birds/owl: expected at least 9 to train on of the 10 photos, beside a fifth "
                     "to test with, found 8");
    options.per_class = 0;
    options.stop = stop_at_three;
    refused("birds", "birds: stopped before all photos were read");
    options.stop = NULL;
    mkdir(scratch("differ"), 0777);
    make_class("differ/train", "a", 2);
    make_class("differ/train", "b", 2);
    make_class("differ/val", "a", 2);
    make_class("differ/val", "c", 2);
    refused("differ", "val: expected the class folders of train, found other ones than b");
    make_class("differ/val", "b", 2);
    refused("differ", "val/c: train has no such class");
    options.side = 16384; // 805 MB each
    refused("birds", "14 photos, expected at most the 1 of 16384 × 16384 that fit");
    options.side = 8;
}

static long peak_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

// What is no photo is named and left out, whatever it says of its size; a class of such ones alone is refused.
static void test_wrong_photos(void **state) {
    (void)state;
    make_class("mixed", "owl", 2);
    make_class("mixed", "wren", 2);
    write_bmp("mixed/owl/point.bmp", 1, 1);
    write_huge("mixed/owl/huge.jpg");
    scratch_write("mixed/owl/text.jpg", "I am no picture.\n");
    make_class("bad", "owl", 2);
    make_class("bad", "wren", 0);
    scratch_write("bad/wren/1.jpg", "");
    scratch_write("bad/wren/2.png", "none");
    const long before = peak_kilobytes();
    Photos photos;
    const int stream = capture_begin(2, "words.txt");
    const bool good = photos_load(&photos, scratch("mixed"), &options, &error);
    const char *words = capture_end(2, stream, "words.txt");
    assert_true(good);
    assert_true(peak_kilobytes() - before < 64 << 10);
    assert_int_equal(photos.whole.count, 4);
    assert_contains(words, "point.bmp: expected at least 8 pixels on each side, found 1 × 1");
    assert_contains(words, "huge.jpg: the picture can't be read: expected at most 40000000 pixels, "
                           "20000 on a side, found 20000 × 20000");
    assert_contains(words, "text.jpg: the picture can't be read: it is no JPEG, PNG or BMP");
    photos_free(&photos);
    const int again = capture_begin(2, "words.txt");
    refused("bad", "bad: no photo of wren can be read to train on");
    capture_end(2, again, "words.txt");
}

// --- weights -------------------------------------------------------------------------------------

static void test_other_weights(void **state) {
    (void)state;
    Random random = random_from_seed(1);
    Module *other = lenet_new();
    module_initialise(other, &random);
    assert_true(weights_save(scratch("lenet.safetensors"), other, &error));
    module_free(other);
    assert_null(mobilenet_pretrained(MOBILENET_LARGE, scratch("lenet.safetensors"), true, &error));
    assert_contains(error.message, "the weights of another network: 56 missing: conv0.weight, ");
    assert_contains(error.message, "; expected the weights of mobilenet_v1_0.5_160");
    assert_null(mobilenet_pretrained(MOBILENET_SMALL, scratch("nosuch"), false, &error));
    assert_contains(error.message, "nosuch: can't open: No such file or directory");
    assert_null(strchr(error.message, '\n'));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_squeeze),       cmocka_unit_test(test_reference),
        cmocka_unit_test(test_split),         cmocka_unit_test(test_held_out),
        cmocka_unit_test(test_split_already), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_wrong_folders), cmocka_unit_test(test_wrong_photos),
        cmocka_unit_test(test_other_weights),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
