#include "data/picture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/picture_bmp.h"
#include "data/picture_jpeg.h"
#include "data/picture_png.h"

// stb_image takes as much memory as a file asks for, and reads tables that a JPEG hasn't: here nothing
// larger than a picture may be is to be had, and what is allocated is cleared.
static void *bounded(void *memory, size_t bytes) {
    return bytes > 9 * (size_t)PICTURE_PIXELS_MAX ? NULL
           : memory                               ? realloc(memory, bytes)
                                                  : calloc(1, bytes);
}

// Its other readers (GIF above all) have had holes, and nobody needs them here.
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_MALLOC(bytes) bounded(NULL, bytes)
#define STBI_REALLOC(memory, bytes) bounded(memory, bytes)
#define STBI_FREE(memory) free(memory)
#define STBI_MAX_DIMENSIONS PICTURE_SIDE_MAX
#include <stb_image.h>

// [pixels, 4] becomes [pixels, 3], in place: what is transparent lets white through.
static void compose_over_white(unsigned char *pixels, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const unsigned alpha = pixels[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] =
                (unsigned char)((pixels[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

typedef enum { FORMAT_NONE, FORMAT_JPEG, FORMAT_PNG, FORMAT_BMP } Format;

static Format format_of(const unsigned char *bytes, size_t size) {
    if (size > 8 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
        return FORMAT_JPEG;
    if (size > 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0)
        return FORMAT_PNG;
    return size > 2 && memcmp(bytes, "BM", 2) == 0 ? FORMAT_BMP : FORMAT_NONE;
}

// A file that was looked at.
typedef struct Picture {
    const unsigned char *bytes;
    size_t size;
    Format format;
    Png png; // where it is one
    Bmp bmp; // where it is one
    int width, height;
} Picture;

// Returns NULL, or in words what is wrong.
static const char *picture_check(Picture *picture, const unsigned char *bytes, size_t size) {
    *picture = (Picture){.bytes = bytes, .size = size, .format = format_of(bytes, size)};
    const char *wrong = "it is no JPEG, PNG or BMP";
    int channels;
    if (picture->format == FORMAT_BMP) {
        wrong = bmp_open(&picture->bmp, bytes, size);
        picture->width = picture->bmp.width;
        picture->height = picture->bmp.height;
        return wrong;
    }
    if (picture->format == FORMAT_JPEG)
        wrong = jpeg_check(bytes, size, PICTURE_PIXELS_MAX);
    if (picture->format == FORMAT_PNG)
        wrong = png_check(&picture->png, bytes, size, PICTURE_PIXELS_MAX);
    if (!wrong &&
        !stbi_info_from_memory(bytes, (int)size, &picture->width, &picture->height, &channels))
        wrong = stbi_failure_reason();
    return wrong;
}

// [height, width, 4]; NULL: see stbi_failure_reason.
static unsigned char *picture_decode(const Picture *picture) {
    int width, height, channels;
    size_t size = picture->size;
    if (picture->format == FORMAT_BMP) {
        unsigned char *pixels = memory_alloc(4 * (size_t)picture->width * (size_t)picture->height);
        bmp_decode(&picture->bmp, pixels);
        return pixels;
    }
    unsigned char *filled =
        picture->png.palette ? png_palette_fill(&picture->png, picture->bytes, &size) : NULL;
    unsigned char *pixels = stbi_load_from_memory(filled ? filled : picture->bytes, (int)size,
                                                  &width, &height, &channels, 4);
    free(filled);
    return pixels;
}

static bool picture_open(const char *path, const unsigned char *bytes, size_t size,
                         Picture *picture, unsigned char **pixels, Error *error) {
    const char *wrong = picture_check(picture, bytes, size);
    const int width = picture->width, height = picture->height;
    if (!wrong && (width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX ||
                   width > PICTURE_PIXELS_MAX / height))
        return error_set(error, "%s: expected at most %d pixels, %d on a side, found %d × %d", path,
                         PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX, width, height);
    *pixels = wrong ? NULL : picture_decode(picture);
    if (!wrong && !*pixels)
        wrong = stbi_failure_reason();
    return !wrong || error_set(error, "%s: the picture can't be read: %s", path, wrong);
}

bool picture_read(const char *path, int *width, int *height, unsigned char **pixels, Error *error) {
    char *bytes;
    size_t size;
    Picture picture;
    if (!file_read(path, PICTURE_BYTES_MAX, &bytes, &size, error))
        return false;
    const bool good =
        picture_open(path, (const unsigned char *)bytes, size, &picture, pixels, error);
    free(bytes);
    if (!good)
        return false;
    *width = picture.width;
    *height = picture.height;
    compose_over_white(*pixels, (size_t)*width * (size_t)*height);
    return true;
}
