// Pictures: folders of the reader's own, good and bad; the smileys; grids that are written and read again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/picture.h"
#include "data/pictures.h"
#include "files/image_grid.h"
#include "scratch.h"
#include "tensor/tape.h"

static Error error;

// A bitmap of 24 bits, bottom up: each pixel (blue, green, red). The top left quarter is red, the rest blue.
static void write_bmp(const char *name, int width, int height) {
    const size_t row = ((size_t)width * 3 + 3) / 4 * 4, size = 54 + row * (size_t)height;
    unsigned char *bytes = memory_zeroed(size, 1);
    const unsigned header[] = {(unsigned)size, 0, 54, 40, (unsigned)width, (unsigned)height};
    bytes[0] = 'B', bytes[1] = 'M';
    for (int i = 0; i < 6; i++)
        for (int b = 0; b < 4; b++)
            bytes[2 + 4 * i + b] = (unsigned char)(header[i] >> 8 * b);
    bytes[26] = 1, bytes[28] = 24;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            bytes[54 + row * (size_t)(height - 1 - y) + 3 * (size_t)x +
                  (x < width / 2 && y < height / 2 ? 2 : 0)] = 255;
    assert_true(file_write(scratch(name), bytes, size, &error));
    free(bytes);
}

static void make_folder(const char *name) {
    assert_int_equal(mkdir(scratch(name), 0777), 0);
}

static void load(Dataset *data, const char *folder, int *skipped, const char **words) {
    const int before = capture_begin(2, "words.txt");
    const bool good = pictures_load(data, scratch(folder), 8, NULL, skipped, &error);
    *words = capture_end(2, before, "words.txt");
    if (!good)
        fail_msg("%s", error.message);
}

static void test_folder(void **state) {
    (void)state;
    make_folder("mixed");
    write_bmp("mixed/b.bmp", 64, 64);
    write_bmp("mixed/a.BMP", 30, 8);                          // its middle 8 × 8 are taken
    write_bmp("mixed/point.bmp", 1, 1);                       // one pixel fills the image
    scratch_write("mixed/text.png", "I am no picture.\n");    // no such thing
    scratch_write("mixed/empty.jpg", "");                     //
    scratch_write("mixed/notes.txt", "passed over silently"); // no picture's name
    write_bmp("mixed/cut.bmp", 64, 64);
    assert_int_equal(truncate(scratch("mixed/cut.bmp"), 500), 0);
    write_bmp("mixed/lies.bmp", 4, 4); // says that it has 30,000 × 30,000 pixels
    char *bytes;
    size_t length;
    assert_true(file_read(scratch("mixed/lies.bmp"), 1 << 20, &bytes, &length, &error));
    for (int i = 0; i < 2; i++)
        bytes[18 + 4 * i] = 0x30, bytes[19 + 4 * i] = 0x75;
    assert_true(file_write(scratch("mixed/lies.bmp"), bytes, length, &error));
    free(bytes);

    Dataset data;
    int skipped;
    const char *words;
    load(&data, "mixed", &skipped, &words);
    assert_int_equal(data.count, 3);
    assert_int_equal(data.classes, 1);
    assert_int_equal(data.channels * 100 + data.height * 10 + data.width, 388);
    assert_int_equal(skipped, 4);
    const char *const bad[] = {"mixed/cut.bmp", "mixed/empty.jpg", "mixed/lies.bmp",
                               "mixed/text.png"};
    for (int i = 0; i < 4; i++)
        assert_contains(words, bad[i]);
    assert_null(strstr(words, "notes.txt"));
    // In the order of the names: a.BMP, b.bmp, point.bmp. Planes: red, green, blue.
    const unsigned char *b = data.pixels + 3 * 64;
    assert_int_equal(b[0], 255);           // red at the top left
    assert_int_equal(b[63], 0);            // not at the bottom right
    assert_int_equal(b[2 * 64 + 63], 255); // which is blue
    const unsigned char *point = data.pixels + 2 * 3 * 64;
    for (int i = 0; i < 64; i++)
        assert_true(point[i] == 0 && point[64 + i] == 0 && point[128 + i] == 255);
    dataset_free(&data);
}

static void test_classes(void **state) {
    (void)state;
    make_folder("classes");
    make_folder("classes/cats");
    make_folder("classes/dogs");
    make_folder("classes/none");
    write_bmp("classes/dogs/1.bmp", 9, 9);
    write_bmp("classes/cats/1.bmp", 9, 9);
    write_bmp("classes/cats/2.bmp", 9, 9);
    Dataset data;
    int skipped;
    const char *words;
    load(&data, "classes", &skipped, &words);
    assert_int_equal(data.count, 3);
    assert_int_equal(data.classes, 2);
    assert_true(data.labels[0] == 0 && data.labels[1] == 0 && data.labels[2] == 1);
    dataset_free(&data);
}

// A path that begins with a dot is no hidden file.
static void test_relative(void **state) {
    (void)state;
    make_folder("here");
    write_bmp("here/a.bmp", 8, 8);
    write_bmp("here/.hidden.bmp", 8, 8);
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch("here")), 0);
    Dataset data;
    int skipped;
    assert_true(pictures_load(&data, ".", 8, NULL, &skipped, &error));
    assert_int_equal(data.count, 1);
    dataset_free(&data);
    assert_true(pictures_load(&data, "../here", 8, NULL, &skipped, &error));
    assert_int_equal(data.count, 1);
    dataset_free(&data);
    assert_int_equal(chdir(before), 0);
}

// Before a marker of a JPEG there may be any number of bytes 255 (ITU T.81, B.1.1.2).
static void test_fill_bytes(void **state) {
    (void)state;
    char *bytes;
    size_t size;
    assert_true(file_read(KNOBS_ROOT "/tests/fuzz/fuzz_pictures.seeds/colour.jpg", 1 << 20, &bytes,
                          &size, &error));
    char *filled = memory_alloc(size + 4);
    memcpy(filled, bytes, 2);
    memset(filled + 2, 0xFF, 2); // before the first marker behind the start
    memcpy(filled + 4, bytes + 2, size - 4);
    memset(filled + size, 0xFF, 2); // and before the end
    memcpy(filled + size + 2, bytes + size - 2, 2);
    int width, height, filled_width, filled_height;
    unsigned char *pixels, *filled_pixels;
    assert_true(file_write(scratch("filled.jpg"), filled, size + 4, &error));
    assert_true(picture_read(KNOBS_ROOT "/tests/fuzz/fuzz_pictures.seeds/colour.jpg", &width,
                             &height, &pixels, &error));
    if (!picture_read(scratch("filled.jpg"), &filled_width, &filled_height, &filled_pixels, &error))
        fail_msg("%s", error.message);
    assert_memory_equal(pixels, filled_pixels, (size_t)(3 * width * height));
    free(bytes);
    free(filled);
    free(pixels);
    free(filled_pixels);
}

// A folder that can't be listed is skipped, and what is behind it is read. Root can list every folder, so the test is
// nobody for a while.
static void test_locked_folder(void **state) {
    (void)state;
    make_folder("locked");
    make_folder("locked/a");
    make_folder("locked/b");
    make_folder("locked/c");
    write_bmp("locked/a/1.bmp", 9, 9);
    write_bmp("locked/b/1.bmp", 9, 9);
    write_bmp("locked/c/1.bmp", 9, 9);
    assert_int_equal(chmod(scratch_folder, 0777), 0);
    assert_int_equal(chmod(scratch("locked/b"), 0), 0);
    const uid_t user = geteuid();
    const int before = capture_begin(2, "words.txt");
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    Dataset data;
    int skipped;
    const bool good = pictures_load(&data, scratch("locked"), 8, NULL, &skipped, &error);
    assert_int_equal(seteuid(user), 0);
    const char *words = capture_end(2, before, "words.txt");
    if (!good)
        fail_msg("%s", error.message);
    assert_contains(words, "locked/b: expected a folder of pictures: Permission denied");
    assert_int_equal(skipped, 1);
    assert_int_equal(data.count, 2);
    assert_int_equal(data.classes, 2);
    assert_true(data.labels[0] == 0 && data.labels[1] == 1);
    dataset_free(&data);
}

static int asked;
static int stop_at_the_third(void) {
    return ++asked == 3;
}

static void test_stop(void **state) {
    (void)state;
    make_folder("long");
    make_folder("long/inner");
    for (int i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "long/%s%d.bmp", i < 2 ? "" : "inner/", i);
        write_bmp(name, 8, 8);
    }
    Dataset data;
    int skipped;
    assert_false(pictures_load(&data, scratch("long"), 8, stop_at_the_third, &skipped, &error));
    assert_int_equal(asked, 3);
    assert_contains(error.message, "long/inner/2.bmp: stopped before this picture was read");
    assert_int_equal(skipped, 0);
    assert_null(data.owned_pixels);
}

static void test_nothing(void **state) {
    (void)state;
    Dataset data;
    int skipped;
    make_folder("nothing");
    assert_false(pictures_load(&data, scratch("nothing"), 8, NULL, &skipped, &error));
    assert_contains(error.message, "nothing: no picture there");
    scratch_write("nothing/bad.png", "bad");
    const int before = capture_begin(2, "words.txt");
    assert_false(pictures_load(&data, scratch("nothing"), 8, NULL, &skipped, &error));
    capture_end(2, before, "words.txt");
    assert_contains(error.message, "that can be read");
    assert_int_equal(skipped, 1);
    assert_false(pictures_load(&data, scratch("missing"), 8, NULL, &skipped, &error));
    assert_contains(error.message, "missing: expected a folder of pictures");
    assert_null(data.owned_pixels);
}

// The smileys have the size that is wanted, so their bytes come through as they are, over white.
static void test_smileys(void **state) {
    (void)state;
    Dataset data;
    int skipped;
    assert_true(
        pictures_load(&data, KNOBS_ROOT "/datasets/emoji/smileys", 32, NULL, &skipped, &error));
    assert_int_equal(data.count, 169);
    assert_int_equal(skipped, 0);
    for (int i = 0; i < data.count; i++) // what is transparent at the corners has become white
        for (int c = 0; c < 3; c++)
            assert_true(data.pixels[(i * 3 + c) * 1024] > 200);
    int width, height;
    unsigned char *pixels;
    assert_true(picture_read(KNOBS_ROOT "/datasets/emoji/smileys/1f600.png", &width, &height,
                             &pixels, &error));
    int found = 0;
    for (int i = 0; i < data.count; i++) {
        int same = 0;
        for (int j = 0; j < 3 * 1024; j++)
            same += data.pixels[i * 3072 + j % 3 * 1024 + j / 3] == pixels[j];
        found += same == 3 * 1024;
    }
    assert_int_equal(found, 1);
    free(pixels);
    dataset_free(&data);
}

static void test_grid(void **state) {
    (void)state;
    Tape *tape = tape_new();
    Tensor *images = tape_tensor(tape, SHAPE(3, 3, 2, 2)); // the third begins a second row
    for (size_t i = 0; i < images->size; i++)
        images->data[i] = -1;
    images->data[0] = 1;            // red at the top left of the first
    images->data[2 * 12 + 4] = 0.5; // green of the third
    images->data[2 * 12 + 8] = 7;   // its blue: more than there is
    images->data[12] = (real)NAN;   // the second
    assert_true(image_grid_write(scratch_folder, "grid.png", images, 2, 3, &error));
    int width, height;
    unsigned char *pixels;
    assert_true(picture_read(scratch("grid.png"), &width, &height, &pixels, &error));
    assert_int_equal(width, 2 * (6 + 2) + 2);
    assert_int_equal(height, 2 * (6 + 2) + 2);
    const unsigned char *first = pixels + 3 * (2 * 18 + 2), *second = first + 3 * 8;
    const unsigned char *third = first + 3 * 8 * 18;
    assert_true(pixels[0] == 255 && pixels[1] == 255); // the gap
    assert_true(first[0] == 255 && first[1] == 0 && first[3 * 2] == 255 && first[3 * 3] == 0);
    assert_int_equal(second[0], 128);
    assert_true(third[0] == 0 && third[1] == 191 && third[2] == 255);
    free(pixels);
    assert_false(image_grid_write(scratch("none"), "grid.png", images, 2, 1, &error));
    assert_contains(error.message, "none/grid.png: can't write");
    tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder),        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_relative),      cmocka_unit_test(test_fill_bytes),
        cmocka_unit_test(test_locked_folder), cmocka_unit_test(test_stop),
        cmocka_unit_test(test_nothing),       cmocka_unit_test(test_smileys),
        cmocka_unit_test(test_grid),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
