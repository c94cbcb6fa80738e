// IDX headers and CSV tables: what is right is read, and every lie is one clear line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/csv.h"
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
    REFUSED(1, "only 3 bytes", 0, 0, 8);
    REFUSED(1, "found 1f 8b", 0x1f, 0x8b, 8, 1, 0, 0, 0, 1, 5);
    REFUSED(1, "which begins with 00 00 08 01, found 00 00 09 01", 0, 0, 9, 1, 0, 0, 0, 1, 5);
    REFUSED(1, "found 00 00 08 03", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5);
    REFUSED(3, "IDX file of images, which begins with 00 00 08 03, found 00 00 08 01", 0, 0, 8, 1,
            0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    REFUSED(3, "found 00 00 08 ff", 0, 0, 8, 255, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    REFUSED(1, "header of 8 bytes, found only 7", 0, 0, 8, 1, 0, 0, 0);
    REFUSED(3, "header of 16 bytes, found only 15", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    REFUSED(1, "size 0 as 0,", 0, 0, 8, 1, 0, 0, 0, 0);
    REFUSED(3, "size 2 as 0,", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 5);
    REFUSED(1, "as 4294967295,", 0, 0, 8, 1, 255, 255, 255, 255, 1);
    REFUSED(1, "the 1 bytes that follow", 0, 0, 8, 1, 0, 0, 0, 2, 5);
    REFUSED(1, "the 0 bytes that follow", 0, 0, 8, 1, 0, 0, 0, 1);
    REFUSED(1, "promises 1 values, but 2 bytes", 0, 0, 8, 1, 0, 0, 0, 1, 5, 6);
    // Products that wrap around in 32 and in 64 bits, back to the size that there is.
    REFUSED(3, "promises more values", 0, 0, 8, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 5);
    REFUSED(3, "promises more values", 0, 0, 8, 3, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 16, 5);
    REFUSED(3, "promises more values", 0, 0, 8, 3, 0x7f, 255, 255, 255, 0x7f, 255, 255, 255, 0x7f,
            255, 255, 255, 5);
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

static const unsigned char MAXIMA[3] = {16, 16, 9};

static bool parse_csv(const char *text, size_t size, unsigned char **values, int *rows,
                      Error *error) {
    char *copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    bool good = csv_parse("FILE", copy, size, MAXIMA, 3, values, rows, error);
    free(copy);
    return good;
}

static void test_csv_right(void **state) {
    (void)state;
    const char *const texts[] = {"0,16,9\n3,4,5\n", "0,16,9\n3,4,5", "0,16,9\r\n3,4,5\r\n",
                                 "00,016,9\n3,4,5\n"};
    for (size_t i = 0; i < 4; i++) {
        unsigned char *values;
        int rows;
        Error error;
        assert_true(parse_csv(texts[i], strlen(texts[i]), &values, &rows, &error));
        assert_int_equal(rows, 2);
        assert_memory_equal(values, ((unsigned char[]){0, 16, 9, 3, 4, 5}), 6);
        free(values);
    }
}

static void csv_refused_bytes(const char *text, size_t size, const char *says) {
    unsigned char *values;
    int rows;
    Error error = {0};
    assert_false(parse_csv(text, size, &values, &rows, &error));
    assert_null(values);
    assert_int_equal(rows, 0);
    assert_says(&error, says);
}

static void csv_refused(const char *text, const char *says) {
    csv_refused_bytes(text, strlen(text), says);
}

static void test_csv_errors(void **state) {
    (void)state;
    csv_refused("", "empty");
    csv_refused("1,2,3\n17,2,3\n", "line 2, field 1: expected at most 16, found 17");
    csv_refused("1,2,10\n", "line 1, field 3: expected at most 9, found 10");
    csv_refused("1,2,3\n1,2,3\n1,-2,3\n", "line 3, field 2: expected a whole number 0 … 16");
    csv_refused("1,2\n", "line 1: expected a comma and 3 fields, found 2 fields");
    csv_refused("1,2,3,4\n", "line 1: expected the line to end after 3 fields");
    csv_refused("1,,3\n", "line 1, field 2: expected a whole number");
    csv_refused("1,2,\n", "line 1, field 3: expected a whole number");
    csv_refused("1,2,3\n\n", "line 2, field 1: expected a whole number");
    csv_refused("a,b,c\n", "line 1, field 1: expected a whole number");
    csv_refused("1, 2,3\n", "line 1, field 2: expected a whole number");
    csv_refused("1;2;3\n", "line 1: expected a comma");
    csv_refused("1.5,2,3\n", "line 1: expected a comma");
    csv_refused("1,2,3\r4,5,6\n", "line 1: expected the line to end");
    csv_refused("1,2,3\r", "line 1: expected the line to end");
    csv_refused("99999999999999999999,2,3\n", "line 1, field 1: expected at most 16");
    csv_refused("0000000000000000000001,2,3\n", "line 1, field 1");
    csv_refused("1,2,3\n1,2", "line 2: expected a comma");
    csv_refused("1,2,3\n1,2,", "line 2, field 3");
    csv_refused_bytes("1,2,3\n1,\0,3\n", 12, "line 2, field 2: expected a whole number");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx_right),        cmocka_unit_test(test_idx_lies),
        cmocka_unit_test(test_idx_every_length), cmocka_unit_test(test_csv_right),
        cmocka_unit_test(test_csv_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
