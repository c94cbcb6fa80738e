// .safetensors: the bytes of a small file by hand, and a wall of files that lie.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "caught.h"
#include "run/safetensors.h"
#include "scratch.h"

static Error error;

static const float weights[] = {1, -2, 0.5f, 4, 5, 6};
static const double rate[] = {0.1};
static const uint8_t flags[] = {1, 0, 1};

static SafetensorsWriter *small_writer(void) {
    SafetensorsWriter *writer = safetensors_writer_new();
    safetensors_add(writer, "flags", DTYPE_U8, 1, (int64_t[]){3}, flags);
    safetensors_add(writer, "features.0.weight", DTYPE_F32, 2, (int64_t[]){2, 3}, weights);
    safetensors_add(writer, "empty", DTYPE_F32, 2, (int64_t[]){0, 3}, NULL);
    safetensors_add(writer, "lr", DTYPE_F64, 0, NULL, rate);
    safetensors_add_metadata(writer, "made by", "\"Knobs\" é");
    return writer;
}

static void save_small(const char *name) {
    SafetensorsWriter *writer = small_writer();
    assert_true(safetensors_save(writer, scratch(name), &error));
    safetensors_writer_free(writer);
}

static void test_bytes_by_hand(void **state) {
    (void)state;
    const char header[] =
        "{\"__metadata__\":{\"made by\":\"\\\"Knobs\\\" é\"},"
        "\"lr\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"features.0.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[8,32]},"
        "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[32,32]},"
        "\"flags\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[32,35]}}";
    const size_t length = sizeof header - 1, padded = (length + 7) / 8 * 8;
    save_small("small");
    char *bytes;
    size_t size;
    assert_true(file_read(scratch("small"), 10000, &bytes, &size, &error));
    assert_int_equal(size, 8 + padded + 35);
    assert_int_equal((unsigned char)bytes[0] + 256 * (unsigned char)bytes[1], padded);
    for (int i = 2; i < 8; i++)
        assert_int_equal(bytes[i], 0);
    assert_memory_equal(bytes + 8, header, length);
    for (size_t i = length; i < padded; i++)
        assert_int_equal(bytes[8 + i], ' ');
    const char *data = bytes + 8 + padded;
    assert_memory_equal(data, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8); // 0.1
    assert_memory_equal(data + 8, "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f", 12);
    assert_memory_equal(data + 32, "\x01\x00\x01", 3);
    free(bytes);
}

static void test_round_trip(void **state) {
    (void)state;
    save_small("small");
    SafetensorsFile *file = safetensors_open(scratch("small"), &error);
    assert_non_null(file);
    assert_int_equal(safetensors_count(file), 4);
    const char *names[] = {"empty", "features.0.weight", "flags", "lr"};
    for (int i = 0; i < 4; i++) {
        assert_string_equal(safetensors_entry(file, i)->name, names[i]);
        assert_ptr_equal(safetensors_find(file, names[i]), safetensors_entry(file, i));
    }
    assert_null(safetensors_find(file, "features.0.weigh"));
    assert_string_equal(safetensors_metadata(file, "made by"), "\"Knobs\" é");
    assert_null(safetensors_metadata(file, "Made by"));
    const SafetensorsEntry *entry = safetensors_find(file, "features.0.weight");
    assert_true(entry->dtype == DTYPE_F32 && entry->rank == 2 && entry->shape[0] == 2 &&
                entry->shape[1] == 3);
    float read[6];
    assert_int_equal(entry->bytes, sizeof read);
    assert_true(safetensors_read(file, entry, read, &error));
    assert_memory_equal(read, weights, sizeof read);
    double number;
    assert_true(safetensors_read(file, safetensors_find(file, "lr"), &number, &error));
    assert_true(number == 0.1);
    assert_true(safetensors_read(file, safetensors_find(file, "empty"), NULL, &error));
    // The file becomes shorter while it is open.
    assert_int_equal(truncate(scratch("small"), 100), 0);
    assert_false(safetensors_read(file, entry, read, &error));
    assert_contains(error.message, "it became shorter");
    safetensors_close(file);
}

static void test_deterministic_and_whole(void **state) {
    (void)state;
    save_small("one");
    save_small("two");
    char command[256];
    snprintf(command, sizeof command, "cmp -s \"%s\" \"%s\"", scratch("one"), scratch("two"));
    assert_int_equal(system(command), 0);
    SafetensorsWriter *writer = small_writer();
    assert_false(safetensors_save(writer, scratch("none/file"), &error));
    assert_contains(error.message, "none/file: can't write");
    assert_fatal(safetensors_add(writer, "lr", DTYPE_F64, 0, NULL, rate),
                 "\"lr\" was added before");
    assert_fatal(safetensors_add(writer, "__metadata__", DTYPE_F64, 0, NULL, rate), "__metadata__");
    safetensors_writer_free(writer);
    writer = safetensors_writer_new(); // a file of nothing is a file
    assert_true(safetensors_save(writer, scratch("nothing"), &error));
    safetensors_writer_free(writer);
    SafetensorsFile *file = safetensors_open(scratch("nothing"), &error);
    assert_int_equal(safetensors_count(file), 0);
    assert_null(safetensors_find(file, "x"));
    safetensors_close(file);
}

// --- files that lie ------------------------------------------------------------------------------

static void write_file(const char *header, size_t length, size_t data_bytes) {
    FILE *file = fopen(scratch("bad"), "wb");
    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        fputc((int)((uint64_t)length >> 8 * i & 0xFF), file);
    fwrite(header, 1, length, file);
    for (size_t i = 0; i < data_bytes; i++)
        fputc((int)i, file);
    assert_int_equal(fclose(file), 0);
}

static bool opens(const char *header, size_t data_bytes) {
    write_file(header, strlen(header), data_bytes);
    SafetensorsFile *file = safetensors_open(scratch("bad"), &error);
    safetensors_close(file);
    return file != NULL;
}

typedef struct Lie {
    size_t data_bytes;
    const char *header, *answer;
} Lie;

#define A_(DTYPE, SHAPE, OFFSETS)                                                                  \
    "\"a\":{\"dtype\":\"" DTYPE "\",\"shape\":" SHAPE ",\"data_offsets\":" OFFSETS "}"
#define TENSOR(DTYPE, SHAPE, OFFSETS) "{" A_(DTYPE, SHAPE, OFFSETS) "}"
#define B_(OFFSETS) "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" OFFSETS "}"

static const Lie lies[] = {
    // Not JSON, or not what a header may be.
    {0, "", "no {, which begins a header"},
    {0, "[]", "no {, which begins a header"},
    {0, " {}", "no {, which begins a header"},
    {0, "\xEF\xBB\xBF{}", "no {, which begins a header"},
    {0, "{", "the end, inside of an object or array"},
    {0, "{}}", "something behind the end of the JSON object"},
    {0, "{} {}", "something behind the end of the JSON object"},
    {0, "{}\n", "something behind the end of the JSON object"},
    {0, "{\"a\"}", "the header isn't JSON, from byte 4 on"},
    {0, "{\"a\":}", "the header isn't JSON, from byte 5 on"},
    {0, "{,}", "the header isn't JSON, from byte 2 on"},
    {0, "{\"a\":null}", "what is neither a string, a whole number, an object nor an array"},
    {0, "{\"a\":[[[0]]]}", "an object or array deeper than a header's"},
    {0, "{\"a", "a string without its closing quote"},
    {0, "{\"a\\", "a string that isn't UTF-8"},
    {0, "{\"a\\\"", "a string without its closing quote"},
    {0, "{\"a\\u0000b\":{}}", "a string with \\u0000 in it"},
    {0, "{\"a\\ud800\":{}}", "the header isn't JSON, from byte 3 on"},
    {0, "{\"a\nb\":{}}", "a control character in a string"},
    {0, "{\"\xC0\x80\":{}}", "a string that isn't UTF-8"},
    {0, "{\"\xED\xA0\x80\":{}}", "a string that isn't UTF-8"},
    {0, "{\"\xF5\x80\x80\x80\":{}}", "a string that isn't UTF-8"},
    {0, "{\"\xE2\x82\":{}}", "a string that isn't UTF-8"},
    {0, "{\"a\\n\\u001b\":7}", ": it is no object with dtype, shape, data_offsets"},
    {0, "{\"a\":7}", "tensor 'a': it is no object with dtype, shape, data_offsets"},
    {0, "{\"a\":{}}", "tensor 'a': it has no dtype"},
    // Keys of an entry.
    {4, "{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}", "tensor 'a': it has no data_offsets"},
    {4, "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"offsets\":[0,4]}}",
     "tensor 'a': an unknown field, 'offsets'"},
    {4, "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"more\":1}}",
     "tensor 'a': an unknown field, 'more'"},
    {4, "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
     "tensor 'a': twice the field 'dtype'"},
    {4, "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"shape\":[4]}}",
     "tensor 'a': twice the field 'shape'"},
    // dtype.
    {4, TENSOR("U9", "[4]", "[0,4]"),
     "tensor 'a': the dtype is U9, expected F32, F64, I64 or the like"},
    {4, TENSOR("u8", "[4]", "[0,4]"),
     "tensor 'a': the dtype is u8, expected F32, F64, I64 or the like"},
    {4, "{\"a\":{\"dtype\":8,\"shape\":[4],\"data_offsets\":[0,4]}}",
     "tensor 'a': the dtype is no string, expected F32, F64, I64 or the like"},
    // Shapes.
    {4, TENSOR("U8", "4", "[0,4]"), "tensor 'a': the shape is no array"},
    {4, TENSOR("U8", "[\"4\"]", "[0,4]"), "tensor 'a': size 0 of the shape is no number"},
    {4, TENSOR("U8", "[-4]", "[0,4]"), "a negative number"},
    {4, TENSOR("U8", "[4.0]", "[0,4]"), "a number that isn't written as a whole one"},
    {4, TENSOR("U8", "[4e0]", "[0,4]"), "a number that isn't written as a whole one"},
    {4, TENSOR("U8", "[04]", "[0,4]"), "a number that begins with 0"},
    {4, TENSOR("U8", "[9007199254740993]", "[0,4]"), "a number above 2^53 - 1"},
    {4, TENSOR("U8", "[99999999999999999999999]", "[0,4]"), "a number above 2^53 - 1"},
    {4, TENSOR("U8", "[4294967296,4294967297]", "[0,4]"),
     "tensor 'a': shape [4294967296, 4294967297] is too large"},
    {4, TENSOR("U8", "[4294967296,4294967296,4294967296,4294967296]", "[0,4]"),
     "tensor 'a': shape [4294967296, 4294967296] is too large"},
    {4, TENSOR("U8", "[0,4294967296,4294967297]", "[0,0]"),
     "tensor 'a': shape [0, 4294967296, 4294967297] is too large"},
    {4, TENSOR("U8", "[1,1,1,1,1,1,1,1,4]", "[0,4]"),
     "tensor 'a': a rank of 9, expected at most 8"},
    {4, TENSOR("U8", "[3]", "[0,4]"), "tensor 'a': 4 bytes of data, but U8 of shape [3] has 3"},
    {4, TENSOR("F32", "[4]", "[0,4]"), "tensor 'a': 4 bytes of data, but F32 of shape [4] has 16"},
    {0, TENSOR("F32", "[]", "[0,0]"), "tensor 'a': 0 bytes of data, but F32 of shape [] has 4"},
    {4, TENSOR("F64", "[1152921504606846976]", "[0,0]"), "a number above 2^53 - 1"},
    // Offsets.
    {4, TENSOR("U8", "[4]", "[0]"), "tensor 'a': data_offsets are not two numbers"},
    {4, TENSOR("U8", "[4]", "[0,4,4]"), "tensor 'a': data_offsets are not two numbers"},
    {4, TENSOR("U8", "[4]", "[4,0]"), "tensor 'a': data_offsets 4 to 0, in 4 bytes of data"},
    {4, TENSOR("U8", "[4]", "{\"x\":0,\"y\":4}"), "tensor 'a': data_offsets are not two numbers"},
    {4, TENSOR("U8", "[4]", "[0,18446744073709551620]"), "a number above 2^53 - 1"},
    {4, TENSOR("U8", "[5]", "[0,5]"), "tensor 'a': data_offsets 0 to 5, in 4 bytes of data"},
    {4, TENSOR("U8", "[9007199254740992]", "[0,9007199254740992]"), "a number above 2^53 - 1"},
    {5, TENSOR("U8", "[4]", "[1,5]"),
     "tensor 'a': its data begin at 1, expected 0, where those before it end"},
    {5, TENSOR("U8", "[4]", "[0,4]"), "there are 5 bytes of data, and the tensors end at 4"},
    {1, "{}", "there are 1 bytes of data, and the tensors end at 0"},
    {9, "{" A_("U8", "[4]", "[0,4]") "," B_("[5,9]") "}",
     "tensor 'b': its data begin at 5, expected 4, where those before it end"},
    {7, "{" A_("U8", "[4]", "[0,4]") "," B_("[3,7]") "}",
     "tensor 'b': its data begin at 3, expected 4, where those before it end"},
    {4, "{" A_("U8", "[4]", "[0,4]") "," B_("[0,4]") "}",
     "tensor 'b': its data begin at 0, expected 4, where those before it end"},
    {8, "{" A_("U8", "[4]", "[0,4]") "," A_("U8", "[4]", "[4,8]") "}",
     "tensor 'a': it is there twice"},
    {8,
     "{" A_("U8", "[4]",
            "[0,4]") ",\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
     "tensor 'a': it is there twice"},
    // Metadata.
    {0, "{\"__metadata__\":7}", "__metadata__ is no object"},
    {0, "{\"__metadata__\":{\"a\":1}}", "__metadata__: the value of 'a' is no string"},
    {0, "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "__metadata__: the key 'a' is there twice"},
    {0, "{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ is there twice"},
};

static void test_lies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        error.message[0] = '\0';
        if (opens(lies[i].header, lies[i].data_bytes))
            fail_msg("taken: %s", lies[i].header);
        assert_contains(error.message, lies[i].answer);
        assert_contains(error.message, "/bad: ");
    }
    // And the honest ones next to them.
    assert_true(opens("{}", 0));
    assert_true(opens("{}     ", 0));
    assert_true(opens(TENSOR("U8", "[4]", "[0,4]"), 4));
    assert_true(opens(TENSOR("U8", "[1,1,1,1,1,1,1,4]", "[0,4]"), 4));
    assert_true(
        opens("{\n\t \"a\" : {\"shape\":[],\"dtype\":\"BF16\",\"data_offsets\":[0,2]}}", 2));
    assert_true(opens("{" A_("U8", "[4]", "[4,8]") "," B_("[0,4]") "}", 8)); // the order is free
    assert_true(opens("{\"\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0));
    assert_true(
        opens("{\"\\\\u0000\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0));
    assert_true(opens("{\"__metadata__\":{}}", 0));
    // Many errors name the tensor, however long its name: the message stays one line of limited
    // length.
    static char text[5000];
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"", 2);
    snprintf(text + 4900, sizeof text - 4900, "\":7}");
    assert_false(opens(text, 0));
    assert_contains(error.message, "is no object with dtype");
}

static void test_unaligned(void **state) {
    (void)state;
    assert_true(opens("{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                      "\"y\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[1,17]}}",
                      17));
    SafetensorsFile *file = safetensors_open(scratch("bad"), &error);
    unsigned char bytes[16];
    assert_true(safetensors_read(file, safetensors_find(file, "y"), bytes, &error));
    for (int i = 0; i < 16; i++)
        assert_int_equal(bytes[i], i + 1);
    safetensors_close(file);
}

static void test_cut_anywhere(void **state) {
    (void)state;
    save_small("small");
    char *bytes;
    size_t size;
    assert_true(file_read(scratch("small"), 10000, &bytes, &size, &error));
    for (size_t length = 0; length < size; length++) {
        FILE *file = fopen(scratch("bad"), "wb");
        fwrite(bytes, 1, length, file);
        assert_int_equal(fclose(file), 0);
        assert_null(safetensors_open(scratch("bad"), &error));
        assert_contains(error.message, "/bad: ");
    }
    free(bytes);
}

static void test_no_files(void **state) {
    (void)state;
    assert_null(safetensors_open(scratch("nowhere"), &error));
    assert_contains(error.message, "nowhere: can't open: No such file or directory");
    assert_null(safetensors_open(scratch_folder, &error));
    assert_null(safetensors_open("/dev/zero", &error));
    assert_int_equal(mkfifo(scratch("pipe"), 0600), 0);
    assert_null(safetensors_open(scratch("pipe"), &error)); // and doesn't wait for a writer
    assert_contains(error.message, "pipe: not a regular file");
    scratch_write("text", "this is a text and no tensor at all\n");
    assert_null(safetensors_open(scratch("text"), &error));
    assert_contains(error.message, "a header of 2338328219631577204 bytes in a file of 36");
}

// Neither time nor memory runs away with a header of the largest size.
static void test_large_headers(void **state) {
    (void)state;
    const size_t size = SAFETENSORS_HEADER_MAX;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, '[', size);
    text[0] = '{';
    write_file(text, size, 0);
    assert_null(safetensors_open(scratch("bad"), &error));
    // As many names as there is room for, all of them the same one.
    size_t used = 1;
    while (used + 60 < size)
        used += (size_t)snprintf(text + used, 60,
                                 "\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,0]},");
    memcpy(text + used - 1, "}", 1);
    write_file(text, used, 0);
    clock_t before = clock();
    assert_null(safetensors_open(scratch("bad"), &error));
    // As many keys of metadata.
    used = (size_t)snprintf(text, size, "{\"__metadata__\":{");
    for (int i = 0; used + 30 < size; i++)
        used += (size_t)snprintf(text + used, 30, "\"%d\":\"\",", i / 2);
    memcpy(text + used - 1, "}}", 2);
    write_file(text, used + 1, 0);
    assert_null(safetensors_open(scratch("bad"), &error));
    assert_contains(error.message, "is there twice");
    if (!getenv("KNOBS_VALGRIND"))
        assert_true((double)(clock() - before) / CLOCKS_PER_SEC < 20);
    memset(text, ' ', size);
    memcpy(text, "{}", 2);
    write_file(text, size, 0);
    SafetensorsFile *file = safetensors_open(scratch("bad"), &error);
    assert_non_null(file);
    safetensors_close(file);
    free(text);
}

// A name that needs escapes in JSON comes back as it was.
static void test_odd_names(void **state) {
    (void)state;
    const char *names[] = {"\"", "\\", "a\tb\n", "", "é", "\x7f", "a/b", "\\u0000"};
    SafetensorsWriter *writer = safetensors_writer_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        safetensors_add(writer, names[i], DTYPE_U8, 1, (int64_t[]){1}, flags);
    assert_true(safetensors_save(writer, scratch("odd"), &error));
    safetensors_writer_free(writer);
    SafetensorsFile *file = safetensors_open(scratch("odd"), &error);
    assert_non_null(file);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(safetensors_find(file, names[i]));
    safetensors_close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_by_hand),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_deterministic_and_whole),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_unaligned),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_no_files),
        cmocka_unit_test(test_large_headers),
        cmocka_unit_test(test_odd_names),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
