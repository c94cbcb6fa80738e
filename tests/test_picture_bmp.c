// BMP files: every kind that is read, and every lie of a header.
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "picture_files.h"

typedef struct Header {
    unsigned size, offset, length; // of the file; of the pixels; of the header behind these
    int width, height, bits;
    unsigned compression, used;
} Header;

static void put(Bytes *bytes, unsigned value, int count) {
    for (int i = 0; i < count; i++)
        ADD(bytes, (unsigned char)(value >> 8 * i));
}

// The header alone.
static Bytes bmp_make(Header header) {
    Bytes bmp = {.size = 0};
    ADD(&bmp, 'B', 'M');
    put(&bmp, header.size, 4);
    put(&bmp, 0, 4);
    put(&bmp, header.offset, 4);
    put(&bmp, header.length, 4);
    const int extent = header.length == 12 ? 2 : 4; // bytes
    put(&bmp, (unsigned)header.width, extent);
    put(&bmp, (unsigned)header.height, extent);
    put(&bmp, 1, 2);
    put(&bmp, (unsigned)header.bits, 2);
    if (header.length == 12)
        return bmp;
    put(&bmp, header.compression, 4);
    ADD(&bmp, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    put(&bmp, header.used, 4);
    put(&bmp, 0, 4);
    return bmp;
}

// 2 × 2 pixels of 24 bits: in the file 1 … 12 and two bytes that fill up each row.
static Bytes colours_make(int height, unsigned size) {
    Bytes bmp = bmp_make((Header){size, 54, 40, 2, height, 24, 0, 0});
    ADD(&bmp, 1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0);
    return bmp;
}

static void test_directions(void **state) {
    (void)state;
    Bytes bmp = colours_make(2, 70);
    ASSERT_PIXELS(&bmp, 2, 2, 9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4);
    bmp = colours_make(-2, 70);
    ASSERT_PIXELS(&bmp, 2, 2, 3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10);
    bmp.size -= 2; // what fills up the last row
    ASSERT_PIXELS(&bmp, 2, 2, 3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10);
    bmp.size--;
    assert_refused(&bmp, "it ends early");
}

// What the header says of the file's size decides nothing.
static void test_size_in_header(void **state) {
    (void)state;
    static const unsigned sizes[] = {0, 1, 54, 68, 72, 4000000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        Bytes bmp = colours_make(-2, sizes[i]);
        ASSERT_PIXELS(&bmp, 2, 2, 3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10);
        for (bmp.size -= 3; bmp.size > 2; bmp.size--)
            assert_refused(&bmp, "it ends early");
    }
}

static void test_header_lies(void **state) {
    (void)state;
    const Header right = {0, 54, 40, 2, 2, 24, 0, 0};
    static const struct {
        size_t field;
        unsigned value;
        const char *why;
    } lies[] = {
        {offsetof(Header, offset), 0, "it ends early"},
        {offsetof(Header, offset), 53, "it ends early"},
        {offsetof(Header, offset), 57, "it ends early"},
        {offsetof(Header, offset), 0xFFFFFFFF, "it ends early"},
        {offsetof(Header, length), 0, "a header of unknown size"},
        {offsetof(Header, length), 39, "a header of unknown size"},
        {offsetof(Header, length), 41, "it ends early"},
        {offsetof(Header, length), 0xFFFFFFFF, "it ends early"},
        {offsetof(Header, width), 0, "it has no pixels"},
        {offsetof(Header, width), 0xFFFFFFFF, "it has no pixels"},
        {offsetof(Header, width), 0x7FFFFFFF, "it ends early"},
        {offsetof(Header, height), 0, "it has no pixels"},
        {offsetof(Header, height), 0x80000000, "it has no pixels"},
        {offsetof(Header, height), 0x7FFFFFFF, "it ends early"},
        {offsetof(Header, height), 3, "it ends early"},
        {offsetof(Header, bits), 0, "a pixel hasn't 1, 4, 8, 16, 24 or 32 bits"},
        {offsetof(Header, bits), 2, "a pixel hasn't 1, 4, 8, 16, 24 or 32 bits"},
        {offsetof(Header, compression), 1, "packed BMP files aren't read"},
        {offsetof(Header, compression), 3, "packed BMP files aren't read"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        Header header = right;
        memcpy((char *)&header + lies[i].field, &lies[i].value, sizeof(unsigned));
        Bytes bmp = bmp_make(header);
        ADD(&bmp, 1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0);
        assert_refused(&bmp, lies[i].why);
    }
}

// A number beyond the palette is black.
static void test_palettes(void **state) {
    (void)state;
    Bytes bmp = bmp_make((Header){0, 62, 40, 4, 1, 8, 0, 0}); // two colours
    ADD(&bmp, 1, 2, 3, 0, 4, 5, 6, 0, 0, 1, 2, 255);
    ASSERT_PIXELS(&bmp, 4, 1, 3, 2, 1, 6, 5, 4, 0, 0, 0, 0, 0, 0);
    bmp = bmp_make((Header){0, 62, 40, 4, 1, 8, 0, 1}); // one, and four bytes of something else
    ADD(&bmp, 1, 2, 3, 0, 4, 5, 6, 0, 0, 1, 2, 255);
    ASSERT_PIXELS(&bmp, 4, 1, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    bmp = bmp_make((Header){0, 54, 40, 2, 1, 8, 0, 0}); // none
    ADD(&bmp, 0, 1, 0, 0);
    ASSERT_PIXELS(&bmp, 2, 1, 0, 0, 0, 0, 0, 0);
    bmp = bmp_make((Header){0, 62, 40, 3, 1, 4, 0, 2}); // half bytes, the upper first
    ADD(&bmp, 1, 2, 3, 0, 4, 5, 6, 0, 0x1F, 0x00, 0, 0);
    ASSERT_PIXELS(&bmp, 3, 1, 6, 5, 4, 0, 0, 0, 3, 2, 1);
    bmp = bmp_make((Header){0, 62, 40, 9, 1, 1, 0, 0});
    ADD(&bmp, 1, 2, 3, 0, 4, 5, 6, 0, 0x41, 0x80, 0, 0);
    ASSERT_PIXELS(&bmp, 9, 1, 3, 2, 1, 6, 5, 4, 3, 2, 1, 3, 2, 1, 3, 2, 1, 3, 2, 1, 3, 2, 1, 6, 5,
                  4, 6, 5, 4);
    bmp = bmp_make((Header){0, 32, 12, 2, 1, 1, 0, 0}); // of OS/2: three bytes a colour
    ADD(&bmp, 1, 2, 3, 4, 5, 6, 0x40, 0, 0, 0);
    ASSERT_PIXELS(&bmp, 2, 1, 3, 2, 1, 6, 5, 4);
}

static void test_masks(void **state) {
    (void)state;
    Bytes bmp = bmp_make((Header){0, 54, 40, 2, 1, 16, 0, 0}); // 5 bits a colour
    put(&bmp, 31 << 10 | 16 << 5 | 1, 2);
    put(&bmp, 0x8000 | 31 << 5, 2);
    ASSERT_PIXELS(&bmp, 2, 1, 255, 132, 8, 0, 255, 0);
    bmp = bmp_make((Header){0, 66, 40, 2, 1, 16, 3, 0}); // 5, 6 and 5
    put(&bmp, 0xF800, 4), put(&bmp, 0x07E0, 4), put(&bmp, 0x001F, 4);
    put(&bmp, 31 << 11 | 1 << 5, 2), put(&bmp, 63 << 5 | 31, 2);
    ASSERT_PIXELS(&bmp, 2, 1, 255, 4, 0, 0, 255, 255);
    bmp.at[10] = 54; // then they aren't there
    assert_refused(&bmp, "its masks are missing");
    bmp = bmp_make((Header){0, 70, 56, 2, 1, 32, 3, 0}); // red in the lowest byte, with alpha
    put(&bmp, 0xFF, 4), put(&bmp, 0xFF00, 4), put(&bmp, 0xFF0000, 4), put(&bmp, 0xFF000000, 4);
    ADD(&bmp, 10, 20, 30, 255, 10, 20, 30, 0);
    ASSERT_PIXELS(&bmp, 2, 1, 10, 20, 30, 255, 255, 255);
    bmp = bmp_make((Header){0, 54, 40, 2, 1, 32, 0, 0}); // the fourth byte is 0 everywhere
    ADD(&bmp, 10, 20, 30, 0, 40, 50, 60, 0);
    ASSERT_PIXELS(&bmp, 2, 1, 30, 20, 10, 60, 50, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directions),  cmocka_unit_test(test_size_in_header),
        cmocka_unit_test(test_header_lies), cmocka_unit_test(test_palettes),
        cmocka_unit_test(test_masks),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
