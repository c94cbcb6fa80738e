// Picture files made byte by byte. Each is read twice, with other rubbish on the stack and in new memory, and the
// sum of its pixels is branched on, so that valgrind sees one that was never set. cmocka's headers come first,
// and _GNU_SOURCE before all.
#ifndef KNOBS_TESTS_PICTURE_FILES_H
#define KNOBS_TESTS_PICTURE_FILES_H

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "data/picture.h"
#include "scratch.h"

static Error error;

typedef struct Bytes {
    unsigned char at[4096];
    size_t size;
} Bytes;

static inline void add(Bytes *bytes, const void *more, size_t size) {
    assert_true(bytes->size + size <= sizeof bytes->at);
    memcpy(bytes->at + bytes->size, more, size);
    bytes->size += size;
}
#define ADD(bytes, ...)                                                                            \
    add(bytes, (const unsigned char[]){__VA_ARGS__}, sizeof(const unsigned char[]){__VA_ARGS__})

static void __attribute__((noinline)) leave_rubbish(int byte) {
    volatile unsigned char stack[1 << 16];
    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = (unsigned char)byte;
#ifdef M_PERTURB
    mallopt(M_PERTURB, byte);
#endif
}

static inline unsigned char *read_with(const Bytes *file, int rubbish, int *width, int *height) {
    unsigned char *pixels = NULL;
    FILE *stream = fopen(scratch("picture"), "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(file->at, 1, file->size, stream), file->size);
    assert_int_equal(fclose(stream), 0);
    leave_rubbish(rubbish);
    const bool good = picture_read(scratch("picture"), width, height, &pixels, &error);
    leave_rubbish(0);
    remove(scratch("picture")); // to write over it would wait for the disk
    if (!good) {
        assert_null(pixels);
        assert_contains(error.message, scratch("picture"));
        return NULL;
    }
    unsigned sum = 0;
    for (int i = 0; i < 3 * *width * *height; i++)
        sum += pixels[i];
    assert_true(sum <= 255U * 3U * (unsigned)*width * (unsigned)*height);
    return pixels;
}

// Its pixels, the same twice; NULL: refused, twice. The caller frees them.
static inline unsigned char *read_twice(const Bytes *file, int *width, int *height) {
    int width_again, height_again;
    unsigned char *pixels = read_with(file, 0x5A, width, height);
    unsigned char *again = read_with(file, 0xA5, &width_again, &height_again);
    assert_int_equal(!pixels, !again);
    if (pixels) {
        assert_true(*width == width_again && *height == height_again);
        assert_memory_equal(pixels, again, (size_t)(3 * *width * *height));
    }
    free(again);
    return pixels;
}

static inline bool accepted(const Bytes *file) {
    int width, height;
    unsigned char *pixels = read_twice(file, &width, &height);
    free(pixels);
    return pixels != NULL;
}

static inline void assert_pixels(const Bytes *file, int width, int height,
                                 const unsigned char *wanted) {
    int found_width, found_height;
    unsigned char *pixels = read_twice(file, &found_width, &found_height);
    if (!pixels)
        fail_msg("%s", error.message);
    assert_int_equal(found_width, width);
    assert_int_equal(found_height, height);
    assert_memory_equal(pixels, wanted, (size_t)(3 * width * height));
    free(pixels);
}
#define ASSERT_PIXELS(file, width, height, ...)                                                    \
    assert_pixels(file, width, height, (const unsigned char[]){__VA_ARGS__})

static inline void assert_refused(const Bytes *file, const char *why) {
    int width, height;
    unsigned char *pixels = read_twice(file, &width, &height);
    if (pixels)
        fail_msg("wanted \"%s\", but %d × %d pixels were read", why, width, height);
    assert_contains(error.message, why);
    free(pixels);
}

#endif
