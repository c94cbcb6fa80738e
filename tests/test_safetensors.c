// .safetensors: what is written reads back and has the bytes that the format wants, and every lie
// in a header is one clear line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "caught.h"
#include "run/file.h"
#include "run/safetensors.h"
#include "scratch.h"

static char path[256];

static int set_up(void **state) {
    int made = scratch_make(state);
    snprintf(path, sizeof path, "%s", scratch("file.safetensors"));
    return made;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    return rmdir(scratch_folder); // fails if a temporary file is left
}

static void write_file(uint64_t length, const void *header, size_t header_bytes, const void *data,
                       size_t data_bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        fputc((int)(length >> 8 * i & 0xFF), file);
    fwrite(header, 1, header_bytes, file);
    fwrite(data, 1, data_bytes, file);
    assert_int_equal(fclose(file), 0);
}

// A message must be one line, name the file, and say this.
static void assert_refused(const char *says) {
    Error error = {0};
    SafetensorsFile *file = safetensors_open(path, &error);
    safetensors_close(file);
    if (file || strncmp(error.message, path, strlen(path)) != 0 || !strstr(error.message, says) ||
        strchr(error.message, '\n'))
        fail_msg("expected a line with \"%s\", got \"%s\"", says,
                 file ? "no error" : error.message);
}

static const char zeros[64];

static void assert_header_refused(const char *header, size_t data_bytes, const char *says) {
    write_file(strlen(header), header, strlen(header), zeros, data_bytes);
    assert_refused(says);
}

// --- what is right -------------------------------------------------------------------------------

static void test_dtypes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t size;
    } expected[] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"U16", 2}, {"I16", 2},
                    {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                    {"U64", 8},  {"I64", 8},  {"F64", 8}};
    for (int i = 0; i <= DTYPE_F64; i++) {
        char header[128];
        assert_string_equal(dtype_name((Dtype)i), expected[i].name);
        assert_int_equal(dtype_size((Dtype)i), expected[i].size);
        snprintf(header, sizeof header,
                 "{\"t\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":[0,%d]}}",
                 expected[i].name, 3 * (int)expected[i].size);
        write_file(strlen(header), header, strlen(header), zeros, 3 * expected[i].size);
        Error error = {0};
        SafetensorsFile *file = safetensors_open(path, &error);
        assert_non_null(file);
        assert_int_equal(safetensors_find(file, "t")->dtype, i);
        safetensors_close(file);
    }
    assert_int_equal(dtype_size(DTYPE_REAL), sizeof(real));
}

// The whole file, byte by byte.
static void test_written_bytes(void **state) {
    (void)state;
    const float floats[2] = {1, -2};
    const uint8_t bytes[3] = {7, 8, 9};
    const int64_t number = 258;
    SafetensorsWriter *writer = safetensors_writer_new();
    safetensors_add(writer, "b", DTYPE_U8, 1, (const int64_t[]){3}, bytes);
    safetensors_add(writer, "a\"\n", DTYPE_F32, 2, (const int64_t[]){2, 1}, floats);
    safetensors_add(writer, "n", DTYPE_I64, 0, NULL, &number);
    safetensors_add(writer, "none", DTYPE_F32, 1, (const int64_t[]){0}, NULL);
    safetensors_add_metadata(writer, "made by", "hand");
    static const char header[] =
        "{\"__metadata__\":{\"made by\":\"hand\"},"
        "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"a\\\"\\n\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]},"
        "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[16,16]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[16,19]}}";
    static const unsigned char data[] = {2,    1,    0, 0, 0, 0,    0, 0, 0, 0,
                                         0x80, 0x3F, 0, 0, 0, 0xC0, 7, 8, 9};
    for (int again = 0; again < 2; again++) { // the second replaces the first
        Error error = {0};
        assert_true(safetensors_save(writer, path, &error));
        char *text;
        size_t length, padded = (sizeof header - 1 + 7) / 8 * 8;
        assert_true(file_read(path, 10000, &text, &length, &error));
        assert_int_equal(length, 8 + padded + sizeof data);
        assert_int_equal((unsigned char)text[0] + 256 * (unsigned char)text[1], padded);
        assert_memory_equal(text + 2, zeros, 6);
        assert_memory_equal(text + 8, header, sizeof header - 1);
        for (size_t i = 8 + sizeof header - 1; i < 8 + padded; i++)
            assert_int_equal(text[i], ' ');
        assert_memory_equal(text + 8 + padded, data, sizeof data);
        free(text);
    }
    safetensors_writer_free(writer);
}

static void test_round_trip(void **state) {
    (void)state;
    enum { COUNT = 300 };
    static double values[COUNT][4];
    SafetensorsWriter *writer = safetensors_writer_new();
    char name[32];
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < 4; j++)
            values[i][j] = i * 1e300 / 3 - j;
        snprintf(name, sizeof name, "größe.%d", i * 7919 % COUNT);
        safetensors_add(writer, name, i % 2 ? DTYPE_F64 : DTYPE_F32, 3, (const int64_t[]){2, 1, 2},
                        values[i]);
    }
    safetensors_add_metadata(writer, "key", "Wörter \"in\" \\ Häkchen\t\n\x01");
    safetensors_add_metadata(writer, "", "");
    Error error = {0};
    assert_true(safetensors_save(writer, path, &error));
    safetensors_writer_free(writer);

    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    assert_int_equal(safetensors_count(file), COUNT);
    assert_string_equal(safetensors_metadata(file, "key"), "Wörter \"in\" \\ Häkchen\t\n\x01");
    assert_string_equal(safetensors_metadata(file, ""), "");
    assert_null(safetensors_metadata(file, "Key"));
    assert_null(safetensors_find(file, "größe"));
    assert_null(safetensors_find(file, "__metadata__"));
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "größe.%d", i * 7919 % COUNT);
        const SafetensorsEntry *entry = safetensors_find(file, name);
        assert_non_null(entry);
        assert_int_equal(entry->dtype, i % 2 ? DTYPE_F64 : DTYPE_F32);
        assert_int_equal(entry->rank, 3);
        assert_int_equal(entry->shape[0] * 100 + entry->shape[1] * 10 + entry->shape[2], 212);
        assert_string_equal(safetensors_shape_text(entry).text, "[2, 1, 2]");
        assert_int_equal(entry->bytes, i % 2 ? 32 : 16);
        double got[4];
        assert_true(safetensors_read(file, entry, got, &error));
        assert_memory_equal(got, values[i], entry->bytes);
    }
    for (int i = 1; i < COUNT; i++)
        assert_true(strcmp(safetensors_entry(file, i - 1)->name, safetensors_entry(file, i)->name) <
                    0);
    safetensors_close(file);
}

// Everything that the format allows and our writer doesn't do: tensors at odd places, in any order,
// spaces, no padding, names through escapes.
static void test_foreign_file(void **state) {
    (void)state;
    static const char header[] =
        "{ \"\\u0061\" :\n{\"data_offsets\":[1,9],\"shape\":[ 2 ],\"dtype\":\"F32\"},\t"
        "\"flag\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[0,1]},\r"
        "\"e\":{\"dtype\":\"I64\",\"shape\":[3,0],\"data_offsets\":[9,9]},"
        "\"\":{\"dtype\":\"U16\",\"shape\":[1,1,1,1,1,1,1,1],\"data_offsets\":[9,11]}}   ";
    unsigned char data[11] = {1, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 2, 1};
    write_file(sizeof header - 1, header, sizeof header - 1, data, sizeof data);
    Error error = {0};
    SafetensorsFile *file = safetensors_open(path, &error);
    if (!file)
        fail_msg("%s", error.message);
    float floats[2];
    bool flag;
    uint16_t number;
    assert_true(safetensors_read(file, safetensors_find(file, "a"), floats, &error));
    assert_true(safetensors_read(file, safetensors_find(file, "flag"), &flag, &error));
    assert_true(safetensors_read(file, safetensors_find(file, ""), &number, &error));
    assert_true(safetensors_read(file, safetensors_find(file, "e"), NULL, &error));
    assert_true(floats[0] == 1 && floats[1] == -2 && flag && number == 258);
    assert_null(safetensors_metadata(file, "key"));
    safetensors_close(file);
    write_file(2, "{}", 2, zeros, 0);
    file = safetensors_open(path, &error);
    assert_non_null(file);
    assert_int_equal(safetensors_count(file), 0);
    assert_null(safetensors_find(file, "a"));
    safetensors_close(file);
}

// --- lies ----------------------------------------------------------------------------------------

#define ENTRY(NAME, DTYPE, SHAPE, OFFSETS)                                                         \
    "\"" NAME "\":{\"dtype\":\"" DTYPE "\",\"shape\":" SHAPE ",\"data_offsets\":" OFFSETS "}"
#define ONE(SHAPE, OFFSETS) "{" ENTRY("w", "F32", SHAPE, OFFSETS) "}"

static void test_lengths(void **state) {
    (void)state;
    assert_int_equal(file_write(path, "", 0, &(Error){0}), 1);
    assert_refused("0 bytes, and the header's length alone takes 8");
    file_write(path, "\2\0\0\0\0\0\0", 7, &(Error){0});
    assert_refused("7 bytes");
    write_file(0, "", 0, zeros, 0);
    assert_refused("no {");
    write_file(3, "{}", 2, zeros, 0);
    assert_refused("a header of 3 bytes in a file of 10");
    write_file(UINT64_MAX, "{}", 2, zeros, 0);
    assert_refused("a header of 18446744073709551615 bytes");
    write_file(UINT64_MAX - 7, "{}", 2, zeros, 0);
    assert_refused("or cut short");
    write_file((uint64_t)1 << 63, "{}", 2, zeros, 0);
    assert_refused("or cut short");
    // A sparse file of 20 MB, which promises a header of as much.
    write_file((20 << 20) - 8, "{}", 2, zeros, 0);
    assert_int_equal(truncate(path, 20 << 20), 0);
    assert_refused("expected at most 10485760");
}

static void test_every_shorter_file(void **state) {
    (void)state;
    const char *header =
        "{" ENTRY("a", "F32", "[2]", "[0,8]") "," ENTRY("b", "U8", "[1]", "[8,9]") "}";
    const size_t whole = 8 + strlen(header) + 9;
    for (size_t length = 0; length < whole; length++) {
        write_file(strlen(header), header, strlen(header), zeros, 9);
        assert_int_equal(truncate(path, (off_t)length), 0);
        assert_refused("");
    }
    assert_header_refused(header, 10, "there are 10 bytes of data, and the tensors end at 9");
}

static void test_no_json(void **state) {
    (void)state;
    assert_header_refused("[]", 0, "at byte 0 of the header there is no {");
    assert_header_refused(" {}", 0, "at byte 0");
    assert_header_refused("{", 0, "at byte 1 of the header there is the end");
    assert_header_refused("{\"a\":{", 0, "the end, inside of an object");
    assert_header_refused("{\"a", 0, "a string without its closing quote");
    assert_header_refused("{\"a\\", 0, "at byte 1 of the header there is an escape");
    assert_header_refused("{]", 0, "the header isn't JSON");
    assert_header_refused("{\"a\"}", 0, "the header isn't JSON, from byte 4 on");
    assert_header_refused("{\"a\":}", 0, "isn't JSON");
    assert_header_refused("{\"a\":{},}", 0, "isn't JSON");
    assert_header_refused("{:}", 0, "isn't JSON");
    assert_header_refused("{1:{}}", 0, "isn't JSON");
    assert_header_refused("{\"a\\x\":{}}", 0, "an escape that is none");
    assert_header_refused("{\"\\ud800\":{}}", 0, "isn't JSON");
    assert_header_refused("{\"\\udc00\":{}}", 0, "isn't JSON");
    assert_header_refused("{\"\\u00g0\":{}}", 0, "an escape that is none");
    assert_header_refused("{\"\\u00", 0, "an escape that is none");
    assert_header_refused("{}}", 0, "at byte 2 of the header there is something behind the end");
    assert_header_refused("{}\n", 0, "something behind the end");
    assert_header_refused("{}  {}", 0, "something behind the end");
    assert_header_refused("{\"a\":null}", 0, "neither a string");
    assert_header_refused("{\"a\":true}", 0, "neither a string");
    assert_header_refused("{/**/}", 0, "neither a string");
    assert_header_refused("{\"a\n\":{}}", 0, "a control character");
    assert_header_refused(ONE("[[1]]", "[0,4]"), 4, "deeper than a header's");
    // Deep nesting, which must not end the stack.
    char *deep = malloc(1000001);
    memset(deep, '[', 1000000);
    deep[1000000] = '\0';
    memcpy(deep, "{\"a\":", 5);
    assert_header_refused(deep, 0, "deeper than a header's");
    free(deep);
    // Values take some hundred bytes each once they are parsed.
    char *many = malloc(4000001);
    for (size_t i = 0; i < 4000000; i++)
        many[i] = i % 2 ? '0' : ',';
    many[4000000] = '\0';
    memcpy(many, "{\"\":[0", 6);
    assert_header_refused(many, 0, "more than a million values");
    free(many);
}

static void test_bytes_that_are_no_text(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "\x80",
        "\xC2",
        "\xC0\xAF",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xE2\x82",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xC3\x28",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char header[64];
        snprintf(header, sizeof header, "{\"%s\":{}}", wrong[i]);
        assert_header_refused(header, 0, "a string that isn't UTF-8");
    }
    assert_header_refused("{\"\xF4\x8F\xBF\xBF\xED\x9F\xBF\":{}}", 0, "it has no dtype");
    assert_header_refused("{\"a\\u0000b\":{}}", 0, "\\u0000");
    assert_header_refused("{\"\\\xC3\xA4\":{}}", 0, "an escape that is none");
    assert_header_refused("{\"__metadata__\":{\"a\":\"\\u0000\"}}", 0, "\\u0000");
    assert_header_refused("{\"a\\\\u0000b\":{}}", 0, "tensor 'a\\u0000b': it has no dtype");
    write_file(9, "{\"a\0\":{}}", 9, zeros, 0);
    assert_refused("a control character");
    write_file(4, "{\0\0}", 4, zeros, 0);
    assert_refused("neither a string");
    write_file(4, "{}\0\0", 4, zeros, 0);
    assert_refused("behind the end");
    // What a name may hold mustn't break the line.
    assert_header_refused("{\"a\\nb\\u001b\\u00e9\":{}}", 0,
                          "tensor 'a?b?"
                          "?"
                          "?': it has no dtype");
}

static void test_numbers(void **state) {
    (void)state;
    assert_header_refused(ONE("[-1]", "[0,4]"), 4, "a negative number");
    assert_header_refused(ONE("[1.0]", "[0,4]"), 4, "isn't written as a whole one");
    assert_header_refused(ONE("[1e0]", "[0,4]"), 4, "isn't written as a whole one");
    assert_header_refused(ONE("[1E400]", "[0,4]"), 4, "isn't written as a whole one");
    assert_header_refused(ONE("[1-1]", "[0,4]"), 4, "isn't written as a whole one");
    assert_header_refused(ONE("[+1]", "[0,4]"), 4, "neither");
    assert_header_refused(ONE("[.5]", "[0,4]"), 4, "neither");
    assert_header_refused(ONE("[NaN]", "[0,4]"), 4, "neither");
    assert_header_refused(ONE("[01]", "[0,4]"), 4, "begins with 0");
    assert_header_refused(ONE("[00]", "[0,4]"), 4, "begins with 0");
    assert_header_refused(ONE("[9007199254740992]", "[0,4]"), 4, "above 2^53 - 1");
    assert_header_refused(ONE("[9007199254740993]", "[0,4]"), 4, "above 2^53 - 1");
    assert_header_refused(ONE("[18446744073709551617]", "[0,4]"), 4, "above 2^53 - 1");
    assert_header_refused(
        ONE("[1]",
            "[0,10000000000000000000000000000000000000000000000000000000000000000000000004]"),
        4, "above 2^53 - 1");
    assert_header_refused(ONE("[9007199254740991]", "[0,4]"), 4, "[9007199254740991] is too large");
}

static void test_fields(void **state) {
    (void)state;
    assert_header_refused("{\"w\":3}", 0, "tensor 'w': it is no object");
    assert_header_refused("{\"w\":[]}", 0, "tensor 'w': it is no object");
    assert_header_refused("{\"w\":\"F32\"}", 0, "tensor 'w': it is no object");
    assert_header_refused("{\"w\":{}}", 0, "tensor 'w': it has no dtype");
    assert_header_refused("{\"w\":{\"dtype\":\"F32\"}}", 0, "tensor 'w': it has no shape");
    assert_header_refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[]}}", 0,
                          "tensor 'w': it has no data_offsets");
    assert_header_refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[],\"Data_Offsets\":[0,4]}}", 4,
                          "tensor 'w': an unknown field, 'Data_Offsets'");
    assert_header_refused(
        "{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
        "tensor 'w': twice the field 'dtype'");
    assert_header_refused(
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"sh\\u0061pe\":[]}}", 4,
        "tensor 'w': twice the field 'shape'");
    assert_header_refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"x\":1}}",
                          4, "tensor 'w': an unknown field, 'x'");
    assert_header_refused("{" ENTRY("w", "F33", "[1]", "[0,4]") "}", 4,
                          "tensor 'w': the dtype is F33, expected F32");
    assert_header_refused("{" ENTRY("w", "f32", "[1]", "[0,4]") "}", 4, "the dtype is f32");
    assert_header_refused("{" ENTRY("w", "", "[1]", "[0,4]") "}", 4, "the dtype is ,");
    assert_header_refused("{\"w\":{\"dtype\":9,\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
                          "the dtype is no string");
    assert_header_refused(ONE("1", "[0,4]"), 4, "tensor 'w': the shape is no array");
    assert_header_refused(ONE("{}", "[0,4]"), 4, "tensor 'w': the shape is no array");
    assert_header_refused(ONE("[1,\"2\"]", "[0,4]"), 4, "size 1 of the shape is no number");
    assert_header_refused(ONE("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4,
                          "a rank of 9, expected at most 8");
    for (size_t i = 0; i < 6; i++) {
        static const char *const offsets[] = {"0", "[]", "[0]", "[0,4,4]", "[0,\"4\"]", "{}"};
        char header[128];
        snprintf(header, sizeof header,
                 "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":%s}}", offsets[i]);
        assert_header_refused(header, 4, "tensor 'w': data_offsets are not two numbers");
    }
}

static void test_sizes(void **state) {
    (void)state;
    assert_header_refused(ONE("[2]", "[0,4]"), 4, "4 bytes of data, but F32 of shape [2] has 8");
    assert_header_refused(ONE("[]", "[0,8]"), 8, "8 bytes of data, but F32 of shape [] has 4");
    assert_header_refused(ONE("[0]", "[0,4]"), 4, "4 bytes of data, but F32 of shape [0] has 0");
    assert_header_refused(ONE("[1]", "[0,5]"), 5, "5 bytes of data");
    assert_header_refused(ONE("[1]", "[4,0]"), 4, "data_offsets 4 to 0, in 4 bytes of data");
    assert_header_refused(ONE("[1]", "[4,8]"), 4, "data_offsets 4 to 8, in 4 bytes of data");
    assert_header_refused(ONE("[1]", "[9007199254740987,9007199254740991]"), 4,
                          "in 4 bytes of data");
    // Products that wrap around in 64 bits, to 0 and to the size that there is; behind a 0 too.
    assert_header_refused(ONE("[4294967296,4294967296]", "[0,0]"), 0, "is too large");
    assert_header_refused(ONE("[4611686018427387,4001]", "[0,4]"), 4, "is too large");
    assert_header_refused(ONE("[0,4294967296,4294967296]", "[0,0]"), 0, "is too large");
    assert_header_refused(ONE("[4294967296,0,4294967296]", "[0,0]"), 0, "is too large");
    assert_header_refused(ONE("[2251799813685248]", "[0,0]"), 0, "is too large");
}

static void test_places(void **state) {
    (void)state;
    assert_header_refused(ONE("[1]", "[4,8]"), 8,
                          "tensor 'w': its data begin at 4, expected 0, where those before it end");
    assert_header_refused(ONE("[1]", "[0,4]"), 8, "8 bytes of data, and the tensors end at 4");
    assert_header_refused("{}", 1, "1 bytes of data, and the tensors end at 0");
    assert_header_refused(
        "{" ENTRY("a", "F32", "[1]", "[0,4]") "," ENTRY("b", "F32", "[1]", "[2,6]") "}", 6,
        "tensor 'b': its data begin at 2, expected 4");
    assert_header_refused(
        "{" ENTRY("a", "F32", "[1]", "[0,4]") "," ENTRY("b", "F32", "[1]", "[0,4]") "}", 4,
        "its data begin at 0, expected 4");
    assert_header_refused(
        "{" ENTRY("a", "F32", "[1]", "[6,10]") "," ENTRY("b", "F32", "[1]", "[0,4]") "}", 10,
        "tensor 'a': its data begin at 6, expected 4");
    assert_header_refused(
        "{" ENTRY("a", "F32", "[0]", "[2,2]") "," ENTRY("b", "F32", "[1]", "[0,4]") "}", 4,
        "tensor 'a': its data begin at 2, expected 4");
    assert_header_refused(
        "{" ENTRY("a", "F32", "[0]", "[4,4]") "," ENTRY("a", "F32", "[1]", "[0,4]") "}", 4,
        "tensor 'a': it is there twice");
    assert_header_refused(
        "{" ENTRY("a", "F32", "[0]", "[4,4]") "," ENTRY("\\u0061", "F32", "[1]", "[0,4]") "}", 4,
        "tensor 'a': it is there twice");
}

static void test_metadata(void **state) {
    (void)state;
    assert_header_refused("{\"__metadata__\":\"a\"}", 0, "__metadata__ is no object");
    assert_header_refused("{\"__metadata__\":[]}", 0, "__metadata__ is no object");
    assert_header_refused("{\"__metadata__\":{\"a\":\"\",\"b\":1}}", 0,
                          "the value of 'b' is no string");
    assert_header_refused("{\"__metadata__\":{\"a\":{}}}", 0, "the value of 'a' is no string");
    assert_header_refused("{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"1\"}}", 0,
                          "the key 'a' is there twice");
    assert_header_refused("{\"__metadata__\":{},\"__met\\u0061data__\":{}}", 0,
                          "__metadata__ is there twice");
}

// Neither time nor memory runs away with a header of the largest size.
static void test_large_headers(void **state) {
    (void)state;
    const size_t size = SAFETENSORS_HEADER_MAX;
    char *text = malloc(size + 1);
    assert_non_null(text);
    // A hundred thousand tensors, all of them of the same name; as many keys of metadata, twice
    // each.
    size_t used = 1;
    text[0] = '{';
    for (int i = 0; i < 100000; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 "\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,0]},");
    memcpy(text + used - 1, "}", 2);
    clock_t before = clock();
    assert_header_refused(text, 0, "tensor 'a': 0 bytes of data, but U8 of shape [] has 1");
    used = (size_t)snprintf(text, size, "{\"__metadata__\":{");
    for (int i = 0; i < 500000; i++)
        used += (size_t)snprintf(text + used, size - used, "\"%d\":\"\",", i / 2);
    memcpy(text + used - 1, "}}", 3);
    assert_header_refused(text, 0, "is there twice");
    // Tensors without bytes, in the worst order for a sort.
    used = 1;
    for (int i = 0; i < 100000; i++)
        used +=
            (size_t)snprintf(text + used, size - used,
                             "\"%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},", i);
    memcpy(text + used - 1, "}", 2);
    write_file(used, text, used, zeros, 0);
    Error error;
    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    assert_int_equal(safetensors_count(file), 100000);
    assert_string_equal(safetensors_find(file, "54321")->name, "54321");
    safetensors_close(file);
    if (!getenv("KNOBS_VALGRIND"))
        assert_true((double)(clock() - before) / CLOCKS_PER_SEC < 20);
    memset(text, ' ', size);
    memcpy(text, "{}", 2);
    write_file(size, text, size, zeros, 0);
    file = safetensors_open(path, &error);
    assert_non_null(file);
    safetensors_close(file);
    // A long name doesn't push what is wrong out of the message.
    used = (size_t)snprintf(text, size, "{\"");
    memset(text + used, 'x', 5000);
    memcpy(text + used + 5000, "\":7}", 5);
    assert_header_refused(text, 0, "it is no object");
    free(text);
}

// A name that needs escapes in JSON comes back as it was.
static void test_odd_names(void **state) {
    (void)state;
    const char *names[] = {"\"", "\\", "a\tb\n", "", "é", "\x7f", "a/b", "\\u0000"};
    SafetensorsWriter *writer = safetensors_writer_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        safetensors_add(writer, names[i], DTYPE_U8, 1, (int64_t[]){1}, zeros);
    Error error;
    assert_true(safetensors_save(writer, path, &error));
    safetensors_writer_free(writer);
    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(safetensors_find(file, names[i]));
    safetensors_close(file);
}

static void test_no_files(void **state) {
    (void)state;
    unlink(path);
    assert_refused("can't open: No such file");
    assert_int_equal(mkdir(path, 0777), 0);
    assert_refused("not a regular file");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_refused("not a regular file");
    unlink(path);
    file_write(path, "this is a text and no tensor at all\n", 36, &(Error){0});
    assert_refused("a header of 2338328219631577204 bytes in a file of 36");
    assert_null(safetensors_open("/dev/zero", &(Error){0}));
}

// A file that was whole when it was opened and is not any more.
static void test_shrinking_file(void **state) {
    (void)state;
    const char *header = ONE("[2]", "[0,8]");
    write_file(strlen(header), header, strlen(header), zeros, 8);
    Error error = {0};
    SafetensorsFile *file = safetensors_open(path, &error);
    assert_non_null(file);
    assert_int_equal(truncate(path, (off_t)(8 + strlen(header) + 4)), 0);
    float into[2];
    assert_false(safetensors_read(file, safetensors_find(file, "w"), into, &error));
    assert_non_null(strstr(error.message, "it became shorter"));
    safetensors_close(file);
}

// Each byte of a right file, changed to each of some values: never a crash, and whatever is
// accepted keeps the promises of the header.
static void test_every_byte_changed(void **state) {
    (void)state;
    static const unsigned char values[] = {0,   1,   ' ', '"', '0',  '9',
                                           ',', '{', '}', ']', '\\', 0xFF};
    const char *header = "{\"__metadata__\":{\"k\":\"v\"}," ENTRY(
        "a", "F32", "[2]", "[0,8]") "," ENTRY("b", "U8", "[1]", "[8,9]") "}";
    char changed[256];
    for (size_t i = 0; i < strlen(header); i++)
        for (size_t v = 0; v < sizeof values; v++) {
            memcpy(changed, header, strlen(header));
            changed[i] = (char)values[v];
            write_file(strlen(header), changed, strlen(header), zeros, 9);
            Error error;
            SafetensorsFile *file = safetensors_open(path, &error);
            uint64_t bytes = 0;
            for (int e = 0; file && e < safetensors_count(file); e++) {
                char into[16];
                bytes += safetensors_entry(file, e)->bytes;
                assert_true(safetensors_read(file, safetensors_entry(file, e), into, &error));
            }
            if (file)
                assert_int_equal(bytes, 9);
            else
                assert_null(strchr(error.message, '\n'));
            safetensors_close(file);
        }
}

// --- writing that can't be -----------------------------------------------------------------------

static void test_wrong_calls(void **state) {
    (void)state;
    SafetensorsWriter *writer = safetensors_writer_new();
    safetensors_add(writer, "w", DTYPE_U8, 0, NULL, zeros);
    safetensors_add_metadata(writer, "k", "v");
    assert_fatal(safetensors_add(writer, "w", DTYPE_U8, 0, NULL, zeros), "\"w\" was added before");
    assert_fatal(safetensors_add(writer, "__metadata__", DTYPE_U8, 0, NULL, zeros), "__metadata__");
    assert_fatal(safetensors_add(writer, "x", DTYPE_U8, 9, NULL, zeros), "rank 9");
    assert_fatal(safetensors_add(writer, "x", DTYPE_U8, 1, (const int64_t[]){-1}, zeros),
                 "negative");
    assert_fatal(safetensors_add_metadata(writer, "k", "v"), "'k' was added before");
    safetensors_writer_free(writer);
    safetensors_writer_free(NULL);
    safetensors_close(NULL);
}

static void test_no_place_to_write(void **state) {
    (void)state;
    SafetensorsWriter *writer = safetensors_writer_new();
    safetensors_add(writer, "w", DTYPE_U8, 0, NULL, zeros);
    Error error = {0};
    assert_false(safetensors_save(writer, "/nowhere/at/all", &error));
    assert_non_null(strstr(error.message, "/nowhere/at/all: can't write"));
    assert_false(safetensors_save(writer, "/dev/full", &error));
    assert_non_null(strstr(error.message, "/dev/full: can't write"));
    safetensors_writer_free(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtypes),         cmocka_unit_test(test_written_bytes),
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_foreign_file),
        cmocka_unit_test(test_lengths),        cmocka_unit_test(test_every_shorter_file),
        cmocka_unit_test(test_no_json),        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_numbers),        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_places),
        cmocka_unit_test(test_metadata),       cmocka_unit_test(test_large_headers),
        cmocka_unit_test(test_odd_names),      cmocka_unit_test(test_no_files),
        cmocka_unit_test(test_shrinking_file), cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_wrong_calls),    cmocka_unit_test(test_no_place_to_write),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
