// Picture files: the right pixels, and never one that the file doesn't give.
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zlib.h>

#include "base/file.h"
#include "base/random.h"
#include "picture_files.h"

static bool accepted(const Bytes *file) {
    int width, height;
    unsigned char *pixels = read_twice(file, &width, &height);
    free(pixels);
    return pixels != NULL;
}

static Bytes seed_read(const char *name) {
    Bytes bytes = {.size = 0};
    char *path = path_format("%s/tests/fuzz/fuzz_pictures.seeds/%s", KNOBS_ROOT, name), *read;
    assert_true(file_read(path, sizeof bytes.at, &read, &bytes.size, &error));
    memcpy(bytes.at, read, bytes.size);
    free(read);
    free(path);
    return bytes;
}

// --- PNG -----------------------------------------------------------------------------------------

static void put_big_endian(unsigned char *to, unsigned long value) {
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void add_chunk(Bytes *png, const char *name, const void *data, size_t size) {
    unsigned char number[4];
    put_big_endian(number, size);
    add(png, number, 4);
    const size_t begin = png->size;
    add(png, name, 4);
    add(png, data, size);
    put_big_endian(number, crc32(0, png->at + begin, (unsigned)(size + 4)));
    add(png, number, 4);
}

// One row of `width` pixels that are indices; `left_out` bytes of their stream are cut off.
static Bytes png_indexed(int width, int depth, const unsigned char *row, size_t row_size,
                         const unsigned char *palette, size_t palette_size, size_t left_out) {
    Bytes png = {.size = 0};
    unsigned char header[13] = {0, 0, 0, (unsigned char)width, 0, 0, 0, 1, (unsigned char)depth, 3};
    unsigned char unpacked[64] = {0}, packed[128]; // the row's filter is 0
    memcpy(unpacked + 1, row, row_size);
    uLongf size = sizeof packed;
    assert_int_equal(compress(packed, &size, unpacked, row_size + 1), Z_OK);
    add(&png, "\x89PNG\r\n\x1A\n", 8);
    add_chunk(&png, "IHDR", header, sizeof header);
    add_chunk(&png, "PLTE", palette, palette_size);
    add_chunk(&png, "IDAT", packed, size - left_out);
    add_chunk(&png, "IEND", "", 0);
    return png;
}

static void test_png_palette(void **state) {
    (void)state;
    const unsigned char bits_1[] = {0x50}, bits_2[] = {0x1B}, bits_4[] = {0x01, 0x2F};
    const unsigned char bits_8[] = {0, 1, 2, 255}, colours[] = {1, 2, 3, 4, 5, 6};
    Bytes png = png_indexed(4, 1, bits_1, 1, colours, 3, 0); // 0, 1, 0, 1, and there is one colour
    ASSERT_PIXELS(&png, 4, 1, 1, 2, 3, 0, 0, 0, 1, 2, 3, 0, 0, 0);
    png = png_indexed(4, 2, bits_2, 1, colours, 3, 0); // 0, 1, 2, 3
    ASSERT_PIXELS(&png, 4, 1, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    png = png_indexed(4, 4, bits_4, 2, colours, 6, 0); // 0, 1, 2, 15, and there are two
    ASSERT_PIXELS(&png, 4, 1, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0);
    png = png_indexed(4, 8, bits_8, 4, colours, 6, 0);
    ASSERT_PIXELS(&png, 4, 1, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0);
    unsigned char many[771] = {0};
    png = png_indexed(4, 8, bits_8, 4, many, 771, 0);
    assert_refused(&png, "a bad palette");
    png = png_indexed(4, 8, bits_8, 4, many, 0, 0);
    assert_refused(&png, "its palette is missing");
}

// The sums of the chunks are right, and yet there are pixels that aren't there.
static void test_png_cut_stream(void **state) {
    (void)state;
    const unsigned char row[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, colours[30] = {7};
    Bytes png = png_indexed(10, 8, row, 10, colours, 30, 0);
    assert_true(accepted(&png));
    for (size_t cut = 1; cut <= 16; cut++) {
        png = png_indexed(10, 8, row, 10, colours, 30, cut);
        assert_refused(&png, "its pixels end early or are damaged");
    }
    png = png_indexed(12, 8, row, 10, colours, 30, 0); // a whole stream of too few
    assert_refused(&png, "not enough pixels");
}

// --- JPEG ----------------------------------------------------------------------------------------

// `mcus` of 8 × 8 pixels side by side in grey, or in more components; every code is one bit, 0. Where `left_out`
// isn't 0, that segment (its marker's second byte) isn't there.
static Bytes jpeg_make(int components, int mcus, int interval, int adobe, int left_out) {
    Bytes jpeg = {.size = 0};
    ADD(&jpeg, 0xFF, 0xD8);
    if (adobe >= 0) {
        ADD(&jpeg, 0xFF, 0xEE, 0, 14);
        add(&jpeg, "Adobe\0\x64\0\0\0\0", 11);
        ADD(&jpeg, (unsigned char)adobe);
    }
    if (left_out != 0xDB) {
        ADD(&jpeg, 0xFF, 0xDB, 0, 67, 0);
        for (int i = 0; i < 64; i++)
            ADD(&jpeg, 1);
    }
    for (int kind = 0; kind < 2 && left_out != 0xC4; kind++) { // of DC and AC: one code of one bit
        ADD(&jpeg, 0xFF, 0xC4, 0, 20, (unsigned char)(kind << 4), 1);
        for (int i = 0; i < 15 + 1; i++)
            ADD(&jpeg, 0);
    }
    if (left_out != 0xC0) {
        ADD(&jpeg, 0xFF, 0xC0, 0, (unsigned char)(8 + 3 * components), 8, 0, 8, 0,
            (unsigned char)(8 * mcus), (unsigned char)components);
        for (int i = 0; i < components; i++)
            ADD(&jpeg, (unsigned char)i, 0x11, 0);
    }
    if (interval)
        ADD(&jpeg, 0xFF, 0xDD, 0, 4, 0, (unsigned char)interval);
    const int given = left_out == 0xFF ? components - 1 : components;
    ADD(&jpeg, 0xFF, 0xDA, 0, (unsigned char)(6 + 2 * given), (unsigned char)given);
    for (int i = 0; i < given; i++)
        ADD(&jpeg, (unsigned char)i, 0);
    ADD(&jpeg, 0, 63, 0);
    return jpeg; // without its data
}

static void jpeg_end(Bytes *jpeg) {
    ADD(jpeg, 0xFF, 0xD9);
}

static void test_jpeg_data(void **state) {
    (void)state;
    unsigned char grey[3 * 8 * 64];
    memset(grey, 128, sizeof grey);
    Bytes jpeg = jpeg_make(1, 8, 0, -1, 0); // 8 blocks of two bits
    ADD(&jpeg, 0, 0);
    jpeg_end(&jpeg);
    assert_pixels(&jpeg, 64, 8, grey);
    jpeg = jpeg_make(1, 8, 0, -1, 0);
    ADD(&jpeg, 0);
    jpeg_end(&jpeg);
    assert_refused(&jpeg, "a scan ends early or is damaged");
    jpeg = jpeg_make(1, 8, 0, -1, 0);
    ADD(&jpeg, 0, 0x80); // a code that the table doesn't have
    jpeg_end(&jpeg);
    assert_refused(&jpeg, "a scan ends early or is damaged");

    jpeg = jpeg_make(1, 8, 4, -1, 0);
    ADD(&jpeg, 0, 0xFF, 0xFF, 0xD0, 0);
    jpeg_end(&jpeg);
    assert_pixels(&jpeg, 64, 8, grey);
    jpeg = jpeg_make(1, 8, 4, -1, 0);
    ADD(&jpeg, 0, 0);
    jpeg_end(&jpeg);
    assert_refused(&jpeg, "a restart marker is missing");
    jpeg = jpeg_make(1, 8, 3, -1, 0);
    ADD(&jpeg, 0, 0xFF, 0xD0, 0, 0xFF, 0xD1);
    jpeg_end(&jpeg); // the last two blocks
    assert_refused(&jpeg, "a scan ends early or is damaged");
}

static void test_jpeg_missing(void **state) {
    (void)state;
    static const struct {
        int segment;
        const char *why;
    } missing[] = {{0xDB, "a quantization table is missing"},
                   {0xC4, "a Huffman table is missing"},
                   {0xC0, "a bad scan header"},
                   {0xFF, "a component is missing"}};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        Bytes jpeg = jpeg_make(3, 1, 0, -1, missing[i].segment);
        ADD(&jpeg, 0);
        jpeg_end(&jpeg);
        assert_refused(&jpeg, missing[i].why);
    }
}

// Adobe's programs store what is left of white: 128 of each, black too, is (128 / 255)² of white.
static void test_jpeg_cmyk(void **state) {
    (void)state;
    unsigned char dark[3 * 64];
    memset(dark, 64, sizeof dark);
    for (int adobe = -1; adobe <= 3; adobe++) {
        Bytes jpeg = jpeg_make(4, 1, 0, adobe, 0);
        ADD(&jpeg, 0);
        jpeg_end(&jpeg);
        if (adobe == 0)
            assert_pixels(&jpeg, 8, 8, dark);
        else if (adobe != 2) // YCCK, nearly the same here
            assert_refused(&jpeg, "four components and no Adobe marker that says what they are");
        else
            assert_true(accepted(&jpeg));
    }
}

// --- cut and damaged files -----------------------------------------------------------------------

static const char *const SEEDS[] = {"alpha.png",       "colour.jpg",  "deep.png",
                                    "grey.jpg",        "palette.bmp", "palette.png",
                                    "progressive.jpg", "rgb.bmp",     "rgb.png"};
enum { SEED_COUNT = sizeof SEEDS / sizeof SEEDS[0] };

// With the marker of the end behind what is left of a JPEG.
static void test_cut(void **state) {
    (void)state;
    for (int i = 0; i < SEED_COUNT; i++) {
        const Bytes whole = seed_read(SEEDS[i]);
        const bool jpeg = strstr(SEEDS[i], ".jpg") != NULL;
        assert_true(accepted(&whole));
        const size_t fill = strcmp(SEEDS[i], "rgb.bmp") == 0 ? 1 : strstr(SEEDS[i], ".bmp") ? 3 : 0;
        for (size_t size = 0; size < whole.size - (jpeg ? 2 : fill); size++) {
            Bytes cut = whole;
            cut.size = size;
            if (jpeg)
                jpeg_end(&cut);
            // A progressive picture between two of its scans is whole, and less sharp; after the first byte
            // of a marker too, for any number of bytes 255 may stand before the next.
            const bool between = strcmp(SEEDS[i], "progressive.jpg") == 0 && size > 0 &&
                                 (whole.at[size - 1] == 0xFF || whole.at[size] == 0xFF);
            if (accepted(&cut) && !between)
                fail_msg("%s was read without all behind its first %zu bytes", SEEDS[i], size);
        }
    }
}

static void test_damaged(void **state) {
    (void)state;
    const int trials = getenv("KNOBS_VALGRIND") ? 10 : 300;
    Random random = random_from_seed(3);
    for (int i = 0; i < SEED_COUNT; i++) {
        const Bytes whole = seed_read(SEEDS[i]);
        for (int trial = 0; trial < trials; trial++) {
            Bytes damaged = whole;
            for (int change = 0; change <= trial % 3; change++)
                damaged.at[random_bits(&random) % whole.size] = (unsigned char)random_bits(&random);
            accepted(&damaged); // or not, but twice the same
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_palette), cmocka_unit_test(test_png_cut_stream),
        cmocka_unit_test(test_jpeg_data),   cmocka_unit_test(test_jpeg_missing),
        cmocka_unit_test(test_jpeg_cmyk),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
