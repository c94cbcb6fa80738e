// IDX headers: what is right is read, and every lie is one clear line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/idx.h"

// A message must be one line, name the file, and say this.
static void assert_says(const Error *error, const char *text) {
    if (strncmp(error->message, "FILE: ", 6) != 0 || !strstr(error->message, text) ||
        strchr(error->message, '\n'))
        fail_msg("expected a line with \"%s\", got \"%s\"", text, error->message);
}

// Parses an exact copy on the heap, so that ASan and valgrind see a read beyond the end.
static bool parse(const unsigned char *bytes, size_t size, int rank, Idx *idx, Error *error) {
    unsigned char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    bool good = idx_parse("FILE", (char *)copy, size, rank, idx, error);
    if (good) {
        assert_true(idx->values >= copy && idx->values + idx->count == copy + size);
        assert_memory_equal(idx->values, bytes + size - idx->count, idx->count);
    }
    free(copy);
    return good;
}

#define REFUSED(rank, text, ...)                                                                   \
    do {                                                                                           \
        const unsigned char bytes[] = {__VA_ARGS__};                                               \
        Idx idx;                                                                                   \
        Error error = {0};                                                                         \
        assert_false(parse(bytes, sizeof bytes, rank, &idx, &error));                              \
        assert_says(&error, text);                                                                 \
    } while (0)

static void test_idx_right(void **state) {
    (void)state;
    const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0,
                                    1, 0, 0, 0, 3, 9, 8, 7, 6, 5, 4};
    const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 250, 1};
    Idx idx;
    Error error;
    assert_true(parse(images, sizeof images, 3, &idx, &error));
    assert_int_equal(idx.sizes[0], 2);
    assert_int_equal(idx.sizes[1], 1);
    assert_int_equal(idx.sizes[2], 3);
    assert_int_equal(idx.count, 6);
    assert_true(parse(labels, sizeof labels, 1, &idx, &error));
    assert_int_equal(idx.sizes[0], 2);
}

static void test_idx_lies(void **state) {
    (void)state;
    REFUSED(1, "header of 8 bytes", 0, 0, 8);
    REFUSED(1, "IDX file of labels", 0x1f, 0x8b, 8, 1, 0, 0, 0, 1, 5);
    REFUSED(1, "begins with 00 00 08 01", 0, 0, 9, 1, 0, 0, 0, 1, 5);
    REFUSED(1, "IDX file of labels", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5);
    REFUSED(3, "IDX file of images, with a header of 16 bytes that begins with 00 00 08 03", 0, 0,
            8, 1, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    REFUSED(3, "IDX file of images", 0, 0, 8, 255, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    REFUSED(1, "header of 8 bytes", 0, 0, 8, 1, 0, 0, 0);
    REFUSED(3, "header of 16 bytes", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    REFUSED(1, "promises 0 values and 0 follow", 0, 0, 8, 1, 0, 0, 0, 0);
    REFUSED(3, "promises 0 values and 0 follow", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0);
    REFUSED(3, "promises 0 values and 1 follow", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 5);
    REFUSED(1, "promises 4294967295 values and 1 follow", 0, 0, 8, 1, 255, 255, 255, 255, 1);
    REFUSED(1, "promises 2 values and 1 follow", 0, 0, 8, 1, 0, 0, 0, 2, 5);
    REFUSED(1, "promises 1 values and 0 follow", 0, 0, 8, 1, 0, 0, 0, 1);
    REFUSED(1, "promises 1 values and 2 follow", 0, 0, 8, 1, 0, 0, 0, 1, 5, 6);
    // Products that wrap around in 32 and in 64 bits, back to the size that there is.
    REFUSED(3, "promises 4294967296 values", 0, 0, 8, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 5);
    REFUSED(3, "promises 18446744073709551616 values", 0, 0, 8, 3, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0,
            0, 0, 16, 5);
    REFUSED(3, "promises 9903520300447984", 0, 0, 8, 3, 0x7f, 255, 255, 255, 0x7f, 255, 255, 255,
            0x7f, 255, 255, 255, 5);
}

// Every shorter and every longer file is refused.
static void test_idx_every_length(void **state) {
    (void)state;
    const unsigned char bytes[24] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0,
                                     1, 0, 0, 0, 3, 9, 8, 7, 6, 5, 4};
    for (size_t size = 0; size <= sizeof bytes; size++) {
        Idx idx;
        Error error = {0};
        assert_int_equal(parse(bytes, size, 3, &idx, &error), size == 22);
        if (size != 22)
            assert_says(&error, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx_right),
        cmocka_unit_test(test_idx_lies),
        cmocka_unit_test(test_idx_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
