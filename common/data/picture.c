#include "data/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/picture_formats.h"

bool picture_allocate(Picture *picture, size_t width, size_t height, int channels, Error *error) {
    if (width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX ||
        width * height > PICTURE_PIXELS_MAX)
        return error_set(error, "expected at most %d pixels, %d on a side, found %zu × %zu",
                         PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX, width, height);
    picture->width = (int)width;
    picture->height = (int)height;
    picture->channels = channels;
    picture->ground = 255;
    picture->pixels = memory_zeroed(width * height, (size_t)channels);
    return true;
}

// Four channels become three, in place: what is transparent lets the ground through.
static void compose(const Picture *picture) {
    unsigned char *pixels = picture->pixels;
    const size_t count = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; i < count; i++) {
        const unsigned alpha = pixels[4 * i + 3], ground = picture->ground * (255 - alpha);
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] = (unsigned char)((pixels[4 * i + c] * alpha + ground + 127) / 255);
    }
}

static ReadFormat *find_reader(const unsigned char *bytes, size_t size) {
    if (size > 8 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
        return jpeg_read;
    if (size > 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0)
        return png_read;
    return size > 2 && memcmp(bytes, "BM", 2) == 0 ? bmp_read : NULL;
}

bool picture_read(const char *path, int *width, int *height, unsigned char **pixels, Error *error) {
    char *bytes;
    size_t size;
    Picture picture = {0};
    Error wrong = {.message = "it is no JPEG, PNG or BMP"};
    if (!file_read(path, PICTURE_BYTES_MAX, &bytes, &size, error))
        return false;
    ReadFormat *read = find_reader((unsigned char *)bytes, size);
    const bool good = read && read(&picture, (unsigned char *)bytes, size, &wrong);
    free(bytes);
    if (!good) {
        free(picture.pixels);
        return error_set(error, "%s: the picture can't be read: %s", path, wrong.message);
    }
    if (picture.channels == 4)
        compose(&picture);
    *width = picture.width;
    *height = picture.height;
    *pixels = picture.pixels;
    return true;
}
