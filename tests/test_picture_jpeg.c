// JPEG files: the right pixels, and none where a file doesn't give all that they need.
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "picture_files.h"

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
    assert_refused(&jpeg, "premature end of data segment");
    jpeg = jpeg_make(1, 8, 0, -1, 0);
    ADD(&jpeg, 0, 0x80); // a code that the table doesn't have
    for (int i = 0; i < 2000; i++)
        ADD(&jpeg, 0); // far from the end of the data, too
    jpeg_end(&jpeg);
    assert_refused(&jpeg, "bad Huffman code");
    jpeg = jpeg_make(1, 8, 0, -1, 0);
    for (int i = 0; i < 40; i++)
        ADD(&jpeg, 0); // 38 that a camera left behind
    assert_refused(&jpeg, "it ends early");
    jpeg_end(&jpeg);
    assert_pixels(&jpeg, 64, 8, grey);

    jpeg = jpeg_make(1, 8, 4, -1, 0);
    ADD(&jpeg, 0, 0xFF, 0xFF, 0xD0, 0);
    jpeg_end(&jpeg);
    assert_pixels(&jpeg, 64, 8, grey);
    jpeg = jpeg_make(1, 8, 4, -1, 0);
    ADD(&jpeg, 0, 0);
    jpeg_end(&jpeg);
    assert_refused(&jpeg, "found marker 0xd9 instead of RST0");
    jpeg = jpeg_make(1, 8, 3, -1, 0);
    ADD(&jpeg, 0, 0xFF, 0xD0, 0, 0xFF, 0xD1);
    jpeg_end(&jpeg); // the last two blocks
    assert_refused(&jpeg, "premature end of data segment");
}

static void test_jpeg_missing(void **state) {
    (void)state;
    static const struct {
        int segment;
        const char *why;
    } missing[] = {{0xDB, "Quantization table 0x00 was not defined"},
                   {0xC4, "bad Huffman code"},
                   {0xC0, "SOS before SOF"},
                   {0xFF, "a component is missing"}};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        Bytes jpeg = jpeg_make(3, 1, 0, -1, missing[i].segment);
        ADD(&jpeg, 0, 0, 0);
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
        else if (adobe == 2) // YCCK, nearly the same here
            assert_true(accepted(&jpeg));
        else
            assert_refused(&jpeg,
                           adobe < 0 ? "four components and no Adobe marker that says what they are"
                                     : "Unknown Adobe color transform code");
    }
}

static void add_scan(Bytes *jpeg, int first, int last) {
    ADD(jpeg, 0xFF, 0xDA, 0, 8, 1, 0, 0, (unsigned char)first, (unsigned char)last, 0);
}

static Bytes jpeg_of_frame(int frame, int mcus) {
    Bytes jpeg = jpeg_make(1, mcus, 0, -1, 0);
    for (size_t i = 0; i + 1 < jpeg.size; i++)
        if (jpeg.at[i] == 0xFF && jpeg.at[i + 1] == 0xC0)
            jpeg.at[i + 1] = (unsigned char)frame;
    return jpeg;
}

static void test_jpeg_frames(void **state) {
    (void)state;
    Bytes jpeg = jpeg_of_frame(0xC9, 1);
    ADD(&jpeg, 0, 0);
    jpeg_end(&jpeg);
    assert_refused(&jpeg, "arithmetic codes aren't read");
    for (int scans = 99; scans <= 101;
         scans++) { // after that of DC, of one and the same coefficient
        jpeg = jpeg_of_frame(0xC2, 1);
        jpeg.at[jpeg.size - 2] = 0; // the last coefficient of the scan
        ADD(&jpeg, 0);
        for (int i = 1; i < scans; i++) {
            add_scan(&jpeg, 1, 1);
            ADD(&jpeg, 0);
        }
        jpeg_end(&jpeg);
        if (scans <= 100)
            assert_true(accepted(&jpeg));
        else
            assert_refused(&jpeg, "it has more scans than a picture needs");
    }
}

// Where the finer scans are missing, nobody guesses them: two blocks that have one brightness each.
static void test_jpeg_coarse(void **state) {
    (void)state;
    unsigned char wanted[3 * 8 * 16];
    for (int i = 0; i < 3 * 8 * 16; i++)
        wanted[i] = i / 24 % 2 ? 228 : 128;
    Bytes jpeg = jpeg_of_frame(0xC2, 2);
    jpeg.size -= 10; // its scan's header: a table of two codes comes first
    ADD(&jpeg, 0xFF, 0xC4, 0, 21, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10);
    add_scan(&jpeg, 0, 0);
    ADD(&jpeg, 0x59, 0x07); // 0: nothing; 10: 10 bits, 800 eighths; ones
    jpeg_end(&jpeg);
    assert_pixels(&jpeg, 16, 8, wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg_data),   cmocka_unit_test(test_jpeg_missing),
        cmocka_unit_test(test_jpeg_cmyk),   cmocka_unit_test(test_jpeg_frames),
        cmocka_unit_test(test_jpeg_coarse),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
