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

// The last `left_out` bytes of the pixels' stream are cut off. Without a palette where that is NULL.
typedef struct PngMade {
    int width, height, depth, type, interlaced;
    const unsigned char *rows; // each after its filter, 0
    size_t rows_size;
    const unsigned char *palette;
    size_t palette_size, left_out;
    const char *extra; // the name of a chunk of
    size_t extra_size; // bytes, all 0
    bool sum_wrong;    // of the stream
} PngMade;

static Bytes png_make(PngMade made) {
    Bytes png = {.size = 0};
    const int header[13] = {[3] = made.width, [7] = made.height, made.depth, made.type, 0, 0,
                            made.interlaced};
    unsigned char header_bytes[13], packed[128];
    for (int i = 0; i < 13; i++)
        header_bytes[i] = (unsigned char)header[i];
    uLongf size = sizeof packed;
    assert_int_equal(compress(packed, &size, made.rows, made.rows_size), Z_OK);
    packed[size - 1] ^= made.sum_wrong;
    add(&png, "\x89PNG\r\n\x1A\n", 8);
    add_chunk(&png, "IHDR", header_bytes, sizeof header_bytes);
    if (made.palette)
        add_chunk(&png, "PLTE", made.palette, made.palette_size);
    if (made.extra)
        add_chunk(&png, made.extra, (const unsigned char[8]){0}, made.extra_size);
    add_chunk(&png, "IDAT", packed, size - made.left_out);
    add_chunk(&png, "IEND", "", 0);
    return png;
}

// One row of `width` pixels that are indices.
static Bytes png_indexed(int width, int depth, const unsigned char *row, size_t row_size,
                         const unsigned char *palette, size_t palette_size, size_t left_out) {
    unsigned char rows[64] = {0};
    memcpy(rows + 1, row, row_size);
    return png_make((PngMade){.width = width,
                              .height = 1,
                              .depth = depth,
                              .type = 3,
                              .rows = rows,
                              .rows_size = row_size + 1,
                              .palette = palette,
                              .palette_size = palette_size,
                              .left_out = left_out});
}

#define PNG(width, height, depth, type, interlaced, ...)                                           \
    png_make((PngMade){width, height, depth, type, interlaced,                                     \
                       (const unsigned char[]){__VA_ARGS__},                                       \
                       sizeof(const unsigned char[]){__VA_ARGS__}, NULL, 0, 0, NULL, 0, false})

static void test_png_kinds(void **state) {
    (void)state;
    enum { GREY = 0, RGB = 2, GREY_ALPHA = 4, RGB_ALPHA = 6 };
    Bytes png = PNG(8, 1, 1, GREY, 0, 0, 0x81);
    ASSERT_PIXELS(&png, 8, 1, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                  255, 255, 255);
    png = PNG(2, 1, 4, GREY, 0, 0, 0x1F);
    ASSERT_PIXELS(&png, 2, 1, 17, 17, 17, 255, 255, 255);
    png = PNG(2, 1, 8, GREY_ALPHA, 0, 0, 100, 255, 100, 51); // a fifth of the second is seen
    ASSERT_PIXELS(&png, 2, 1, 100, 100, 100, 224, 224, 224);
    png = PNG(1, 1, 16, RGB, 0, 0, 1, 255, 2, 255, 3, 255); // the upper byte is taken
    ASSERT_PIXELS(&png, 1, 1, 1, 2, 3);
    png = PNG(2, 1, 8, RGB_ALPHA, 0, 0, 1, 2, 3, 255, 1, 2, 3, 0);
    ASSERT_PIXELS(&png, 2, 1, 1, 2, 3, 255, 255, 255);
    // The passes of 3 × 2 pixels: the first, the third, the second, then the second row.
    png = PNG(3, 2, 8, GREY, 1, 0, 1, 0, 3, 0, 2, 0, 4, 5, 6);
    ASSERT_PIXELS(&png, 3, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6);
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
    assert_refused(&png, "PLTE: invalid");
    png = png_indexed(4, 8, bits_8, 4, NULL, 0, 0);
    assert_refused(&png, "Missing PLTE");
    png = png_indexed(4, 8, bits_8, 4, many, 0, 0);
    assert_refused(&png, "Invalid palette");
}

static void test_png_chunks(void **state) {
    (void)state;
    const unsigned char rows[] = {0, 0, 1};
    PngMade made = {.width = 2, .height = 1, .depth = 8, .rows = rows, .rows_size = sizeof rows};
    made.extra = "tRNS"; // of grey: 0 is transparent
    made.extra_size = 2;
    Bytes png = png_make(made);
    ASSERT_PIXELS(&png, 2, 1, 255, 255, 255, 1, 1, 1);
    png.at[8 + 25 + 8 + 2] ^= 1; // its sum
    assert_refused(&png, "tRNS: CRC error");
    made.extra_size = 3;
    png = png_make(made);
    assert_refused(&png, "tRNS: invalid");
    made.extra = "gAMA"; // which isn't heard, so may be wrong
    png = png_make(made);
    ASSERT_PIXELS(&png, 2, 1, 0, 0, 0, 1, 1, 1);
    made.extra = "GAMA"; // a kind that nobody may pass over
    png = png_make(made);
    assert_refused(&png, "GAMA: unhandled critical chunk");
    made.extra = NULL;
    made.sum_wrong = true;
    png = png_make(made);
    assert_refused(&png, "IDAT: incorrect data check");
    made.depth = 3;
    png = png_make(made);
    const int before = capture_begin(2, "words.txt");
    assert_refused(&png, "Invalid IHDR data");
    assert_string_equal(capture_end(2, before, "words.txt"), ""); // libpng's warnings
}

// The sums of the chunks are right, and yet there are pixels that aren't there.
static void test_png_cut_stream(void **state) {
    (void)state;
    const unsigned char row[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, colours[30] = {7};
    Bytes png = png_indexed(10, 8, row, 10, colours, 30, 0);
    assert_true(accepted(&png));
    for (size_t cut = 1; cut <= 16; cut++) {
        png = png_indexed(10, 8, row, 10, colours, 30, cut);
        assert_refused(&png, "Not enough image data");
    }
    png = png_indexed(12, 8, row, 10, colours, 30, 0); // a whole stream of too few
    assert_refused(&png, "Not enough image data");
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
                ADD(&cut, 0xFF, 0xD9);
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
    const int before = capture_begin(2, "words.txt");
    for (int i = 0; i < SEED_COUNT; i++) {
        const Bytes whole = seed_read(SEEDS[i]);
        for (int trial = 0; trial < trials; trial++) {
            Bytes damaged = whole;
            for (int change = 0; change <= trial % 3; change++)
                damaged.at[random_bits(&random) % whole.size] = (unsigned char)random_bits(&random);
            accepted(&damaged); // or not, but twice the same
        }
    }
    assert_string_equal(capture_end(2, before, "words.txt"), ""); // the libraries say nothing
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_kinds),   cmocka_unit_test(test_png_chunks),
        cmocka_unit_test(test_png_palette), cmocka_unit_test(test_png_cut_stream),
        cmocka_unit_test(test_cut),         cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
