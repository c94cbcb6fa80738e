// Files of every kind of wrong, and the data sets themselves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <math.h>

#include <cmocka.h>
#include <zlib.h>

#include "data/dataset.h"
#include "base/file.h"

// --- files in a folder of their own --------------------------------------------------------------

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/knobs-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *path_of(const char *name) {
    static char paths[2][128]; // two may be in use at once
    static int which;
    which = !which;
    snprintf(paths[which], sizeof paths[which], "%s/%s", folder, name);
    return paths[which];
}

static int remove_folder(void **state) {
    (void)state;
    const char *const names[] = {"file", "images", "labels", "pipe", "folder"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove(path_of(names[i]));
    return rmdir(folder);
}

static void write_file(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

// Packs into out and returns the packed size.
static size_t pack(const void *bytes, size_t size, unsigned char *out, size_t capacity) {
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (uInt)size};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return capacity - stream.avail_out;
}

static void assert_says(const Error *error, const char *text) {
    if (!strstr(error->message, text) || strchr(error->message, '\n'))
        fail_msg("expected a line with \"%s\", got \"%s\"", text, error->message);
}

// --- gzip ----------------------------------------------------------------------------------------

static void assert_reads(const char *name, size_t limit, const void *expected,
                         size_t expected_size) {
    char *bytes;
    size_t size;
    Error error = {0};
    if (!file_read_unpacked(path_of(name), limit, &bytes, &size, &error))
        fail_msg("%s", error.message);
    assert_int_equal(size, expected_size);
    assert_memory_equal(bytes, expected, size);
    assert_int_equal(bytes[size], 0);
    free(bytes);
}

static void assert_refuses(const char *name, size_t limit, const char *says) {
    char *bytes = (char *)"";
    size_t size;
    Error error = {0};
    assert_false(file_read_unpacked(path_of(name), limit, &bytes, &size, &error));
    assert_null(bytes);
    assert_true(strncmp(error.message, folder, strlen(folder)) == 0);
    assert_says(&error, says);
}

static void test_gzip_right(void **state) {
    (void)state;
    static unsigned char content[300000], packed[400000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (unsigned char)(i * i >> 7);
    write_file("file", content, sizeof content);
    assert_reads("file", sizeof content, content, sizeof content);
    size_t size = pack(content, sizeof content, packed, sizeof packed);
    write_file("file", packed, size);
    assert_reads("file", sizeof content, content, sizeof content); // the limit itself is allowed
    assert_reads("file", (size_t)1 << 30, content, sizeof content);
    // Two members, one after another.
    size_t first = pack(content, 100000, packed, sizeof packed);
    size_t second = pack(content + 100000, 200000, packed + first, sizeof packed - first);
    write_file("file", packed, first + second);
    assert_reads("file", sizeof content, content, sizeof content);
    assert_refuses("file", sizeof content - 1, "expected at most 299999 bytes, found more");
    write_file("file", "x", 1);
    assert_reads("file", 1, "x", 1);
}

static void test_gzip_wrong(void **state) {
    (void)state;
    unsigned char packed[256];
    size_t size = pack("hello, hello, hello", 19, packed, sizeof packed);
    // Cut short at every length; what remains of one byte is a plain file.
    for (size_t cut = 2; cut < size; cut++) {
        write_file("file", packed, cut);
        assert_refuses("file", 100, "unexpected end of file");
    }
    write_file("file", "", 0);
    assert_reads("file", 100, "", 0);
    size_t second = pack("again", 5, packed + size, sizeof packed - size);
    write_file("file", packed, size + second - 1);
    assert_refuses("file", 100, "unexpected end of file");
    packed[size - 8] ^= 1; // the checksum
    write_file("file", packed, size);
    assert_refuses("file", 100, "incorrect data check: the file is damaged");
    packed[2] = 7; // the method
    write_file("file", packed, size);
    assert_refuses("file", 100, "damaged");
    size = pack("", 0, packed, sizeof packed);
    write_file("file", packed, size);
    assert_reads("file", 100, "", 0);
    write_file("file", "plain text", 10);
    assert_refuses("file", 9, "expected at most 9 bytes, found more");
}

static void test_gzip_bomb(void **state) {
    (void)state;
    const size_t size = (size_t)64 << 20;
    unsigned char *zeros = calloc(1, size), *packed = malloc(1 << 17);
    size_t packed_size = pack(zeros, size, packed, 1 << 17);
    write_file("file", packed, packed_size);
    assert_refuses("file", 1 << 20, "expected at most 1048576 bytes, found more");
    assert_reads("file", size, zeros, size);
    free(zeros);
    free(packed);
}

// file_read leaves packed bytes as they are.
static void test_gzip_plain(void **state) {
    (void)state;
    unsigned char packed[256];
    char *bytes;
    size_t size = pack("hello, hello, hello", 19, packed, sizeof packed), length;
    Error error = {0};
    write_file("file", packed, size);
    assert_true(file_read(path_of("file"), size, &bytes, &length, &error));
    assert_int_equal(length, size);
    assert_memory_equal(bytes, packed, size);
    assert_int_equal(bytes[size], 0);
    free(bytes);
    assert_false(file_read(path_of("file"), size - 1, &bytes, &length, &error));
    assert_says(&error, "bytes, found more");
    assert_null(bytes);
    write_file("file", packed, 5); // cut
    assert_true(file_read(path_of("file"), 100, &bytes, &length, &error));
    assert_int_equal(length, 5);
    free(bytes);
}

static void test_gzip_no_file(void **state) {
    (void)state;
    assert_refuses("missing", 100, "No such file");
    assert_int_equal(mkdir(path_of("folder"), 0755), 0);
    assert_refuses("folder", 100, "found a folder");
    assert_int_equal(mkfifo(path_of("pipe"), 0644), 0);
    assert_refuses("pipe", 100, "no regular file"); // and doesn't wait for a writer
    if (geteuid() != 0) {                           // root reads everything
        write_file("file", "x", 1);
        assert_int_equal(chmod(path_of("file"), 0), 0);
        assert_refuses("file", 100, "Permission denied");
        remove(path_of("file"));
    }
}

// --- pairs of IDX files --------------------------------------------------------------------------

#define IMAGES "\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\3abcdef"
#define LABELS "\0\0\x08\1\0\0\0\2\4\0"

static bool read_pair(Dataset *data, Error *error) {
    return dataset_read_idx(data, path_of("images"), path_of("labels"), error);
}

static void pair_refused(Dataset expected, const void *labels, size_t size, const char *says) {
    write_file("labels", labels, size);
    Error error = {0};
    assert_false(read_pair(&expected, &error));
    assert_null(expected.owned_pixels);
    assert_null(expected.owned_labels);
    assert_says(&error, says);
}

// A text that doesn't fit is cut, and ends; then nothing more is written.
static void test_buffer_append(void **state) {
    (void)state;
    char buffer[8] = "";
    buffer_append(buffer, 6, "%d", 12);
    buffer_append(buffer, 6, "%s", "3456");
    assert_string_equal(buffer, "12345");
    buffer_append(buffer, 6, "7");
    assert_memory_equal(buffer, "12345\0\0", sizeof buffer);
}

static void test_idx_pair(void **state) {
    (void)state;
    write_file("images", IMAGES, sizeof IMAGES - 1);
    write_file("labels", LABELS, sizeof LABELS - 1);
    const Dataset right = {.classes = 5, .height = 1, .width = 3, .pixel_max = 102}; // 'f'
    Dataset data = right, other = right;
    Error error = {0};
    assert_true(read_pair(&data, &error));
    assert_int_equal(data.count, 2);
    assert_int_equal(data.channels, 1);
    assert_memory_equal(data.pixels, "abcdef", 6);
    assert_int_equal(data.labels[0], 4);
    assert_int_equal(data.labels[1], 0);
    dataset_free(&data);
    assert_null(data.pixels);
    other.classes = 4;
    pair_refused(other, LABELS, sizeof LABELS - 1, "labels: value 0 is 4, expected 0 … 3");
    other = right;
    other.pixel_max = 101;
    pair_refused(other, LABELS, sizeof LABELS - 1, "images: value 5 is 102, expected 0 … 101");
    other = right;
    other.height = 3;
    other.width = 1;
    pair_refused(other, LABELS, sizeof LABELS - 1, "expected images of 3 x 1 pixels, found 1 x 3");
    pair_refused(right, "\0\0\x08\1\0\0\0\3\4\0\1", 11,
                 "expected 2 labels, as many as images, found 3");
    pair_refused(right, IMAGES, sizeof IMAGES - 1, "IDX file of labels");
    pair_refused(right, LABELS, sizeof LABELS - 2, "promises 2 values and 1 follow");
    remove(path_of("labels"));
    assert_false(read_pair(&data, &error));
    assert_says(&error, "No such file");
}

// A folder with some of the files doesn't hide one with all.
static void test_partial_folder(void **state) {
    (void)state;
    static const char *const files[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                        "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
    char name[64], whole[256], partial[128];
    snprintf(partial, sizeof partial, "%s", path_of("folder")); // of a test above
    snprintf(whole, sizeof whole, "%s/datasets/optdigits", KNOBS_ROOT);
    const char *const folders[] = {partial, whole, NULL};
    for (int missing = 0; missing < 4; missing++) {
        for (int i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "folder/%s", files[i]);
            if (i != missing)
                write_file(name, "", 0);
        }
        assert_ptr_equal(dataset_folder(folders, 3), whole);
        assert_null(dataset_folder(folders, 1));
        snprintf(name, sizeof name, "folder/%s", files[missing]);
        write_file(name, "", 0);
        assert_ptr_equal(dataset_folder(folders, 3), partial);
        for (int i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "folder/%s", files[i]);
            assert_int_equal(remove(path_of(name)), 0);
        }
    }
}

// --- the sets ------------------------------------------------------------------------------------

// mean and std are constants in the table; here they are measured.
static void assert_statistics(const Dataset *train) {
    double sum = 0, squares = 0;
    const size_t size = (size_t)train->count * dataset_pixels(train);
    for (size_t i = 0; i < size; i++) {
        double value = train->pixels[i] / train->pixel_max;
        sum += value;
        squares += value * value;
    }
    double mean = sum / (double)size, variance = squares / (double)size - mean * mean;
    assert_true(fabs(mean - train->mean) < 5.1e-5);
    assert_true(fabs(sqrt(variance) - train->std) < 5.1e-5);
}

static void test_digits(void **state) {
    (void)state;
    Dataset train, test;
    Error error = {0};
    // From any folder.
    assert_int_equal(chdir("/"), 0);
    if (!dataset_load(&train, &test, "digits", &error))
        fail_msg("%s", error.message);
    assert_int_equal(train.count, 1297);
    assert_int_equal(test.count, 500);
    assert_int_equal(dataset_pixels(&train), 64);
    static const int expected[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    int counts[10] = {0};
    for (int i = 0; i < train.count; i++)
        counts[train.labels[i]]++;
    for (int i = 0; i < test.count; i++)
        counts[test.labels[i]]++;
    assert_memory_equal(counts, expected, sizeof counts);
    assert_memory_equal(train.pixels, ((unsigned char[]){0, 0, 5, 13, 9, 1, 0, 0}), 8);
    assert_statistics(&train);
    dataset_free(&train);
    dataset_free(&test);
}

static void test_fashion(void **state) {
    (void)state;
    Dataset train, test;
    Error error = {0};
    if (!dataset_load(&train, &test, "fashion", &error)) {
        assert_says(&error, "make setup");
        print_message("skipped: %s\n", error.message);
        skip();
    }
    assert_int_equal(train.count, 60000);
    assert_int_equal(test.count, 10000);
    assert_int_equal(dataset_pixels(&train), 784);
    int counts[10] = {0};
    for (int i = 0; i < train.count; i++)
        counts[train.labels[i]]++;
    for (int i = 0; i < 10; i++)
        assert_int_equal(counts[i], 6000);
    assert_int_equal(train.labels[0], 9); // an ankle boot
    assert_statistics(&train);
    Dataset held_out = dataset_slice(&train, 55000, 5000);
    assert_int_equal(held_out.count, 5000);
    assert_ptr_equal(held_out.pixels, train.pixels + (size_t)55000 * 784);
    assert_ptr_equal(held_out.labels, train.labels + 55000);
    dataset_free(&held_out); // frees nothing: the whole is still there
    assert_int_equal(train.labels[59999], 5);
    dataset_free(&train);
    dataset_free(&test);
}

static void test_unknown(void **state) {
    (void)state;
    Dataset train, test;
    Error error = {0};
    assert_false(dataset_load(&train, &test, "imagenet", &error));
    assert_string_equal(
        error.message,
        "there is no data set 'imagenet'; there are: fashion, digits, mnist, kmnist");
    assert_null(train.pixels);
}

static jmp_buf after_fatal;
static char fatal_line[1024];

static void keep_line(const char *message) {
    snprintf(fatal_line, sizeof fatal_line, "%s", message);
    longjmp(after_fatal, 1);
}

static void assert_slice_is_fatal(const Dataset *whole, int first, int count) {
    FatalHandler before = fatal_set_handler(keep_line);
    fatal_line[0] = 0;
    if (setjmp(after_fatal) == 0)
        dataset_slice(whole, first, count);
    fatal_set_handler(before);
    assert_non_null(strstr(fatal_line, "dataset_slice"));
}

static void test_slice_outside(void **state) {
    (void)state;
    const Dataset whole = {.count = 10, .channels = 1, .height = 1, .width = 1};
    static const int wrong[][2] = {{-1, 2}, {0, 0}, {0, 11}, {10, 1}, {5, 2147483647}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_slice_is_fatal(&whole, wrong[i][0], wrong[i][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip_right),     cmocka_unit_test(test_gzip_wrong),
        cmocka_unit_test(test_gzip_bomb),      cmocka_unit_test(test_gzip_plain),
        cmocka_unit_test(test_gzip_no_file),   cmocka_unit_test(test_idx_pair),
        cmocka_unit_test(test_partial_folder), cmocka_unit_test(test_digits),
        cmocka_unit_test(test_fashion),        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_slice_outside),  cmocka_unit_test(test_buffer_append),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
