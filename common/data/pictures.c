#include "data/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_MALLOC(bytes) bounded(NULL, bytes)
#define STBI_REALLOC(memory, bytes) bounded(memory, bytes)
#define STBI_FREE(memory) free(memory)
#define STBI_MAX_DIMENSIONS PICTURE_SIDE_MAX
#include <stb_image.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#if defined(__has_include) && __has_include(<stb_image_resize2.h>)
#include <stb_image_resize2.h>
#define resize(from, width, height, stride, to, side)                                              \
    stbir_resize_uint8_srgb(from, width, height, stride, to, side, side, 0, STBIR_RGB)
#else
#include <stb_image_resize.h>
#define resize(from, width, height, stride, to, side)                                              \
    stbir_resize_uint8_srgb(from, width, height, stride, to, side, side, 0, 3,                     \
                            STBIR_ALPHA_CHANNEL_NONE, 0)
#endif

#include "base/file.h"

// --- one picture ---------------------------------------------------------------------------------

// [pixels, 4] becomes [pixels, 3], in place: what is transparent lets white through.
static void compose_over_white(unsigned char *pixels, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const unsigned alpha = pixels[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] =
                (unsigned char)((pixels[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

// The tables of a segment are whole, and fit where stb_image puts them.
static bool tables_are_sound(const unsigned char *tables, size_t size) {
    while (size > 0) {
        size_t codes = 0;
        for (size_t i = 1; i <= 16 && i < size; i++)
            codes += tables[i];
        if (size < 17 + codes || codes > 256)
            return false;
        tables += 17 + codes;
        size -= 17 + codes;
    }
    return true;
}

// Marker follows marker, up to that of the end (ITU T.81, annex B).
static bool jpeg_is_sound(const unsigned char *bytes, size_t size) {
    enum { TABLES = 0xC4, RESTART = 0xD0, END = 0xD9, SCAN = 0xDA, FILL = 0xFF };
    size_t at = 2;
    while (at + 2 <= size && bytes[at] == 0xFF && bytes[at + 1] != END) {
        const unsigned char marker = bytes[at + 1];
        if (marker == FILL) { // any number of these may stand before a marker
            at++;
            continue;
        }
        const size_t length = at + 4 <= size ? (size_t)bytes[at + 2] << 8 | bytes[at + 3] : 0;
        if (length < 2 || length > size - at - 2 ||
            (marker == TABLES && !tables_are_sound(bytes + at + 4, length - 2)))
            return false;
        at += 2 + length;
        if (marker == SCAN) // its data end at the next marker that isn't a restart
            while (at + 2 <= size &&
                   !(bytes[at] == 0xFF && bytes[at + 1] != 0 && bytes[at + 1] / 8 != RESTART / 8))
                at++;
    }
    return at + 2 <= size && bytes[at] == 0xFF && bytes[at + 1] == END;
}

// Whether it begins as one of the three formats, and a JPEG or BMP is all there: stb_image fills what is
// missing at their ends, and older versions write beyond a table for too many Huffman codes.
static bool is_sound(const unsigned char *bytes, size_t size) {
    if (size > 8 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
        return jpeg_is_sound(bytes, size);
    if (size > 8 && memcmp(bytes, "BM", 2) == 0) // and its length, least byte first
        return (bytes[2] | bytes[3] << 8 | bytes[4] << 16 | (uint32_t)bytes[5] << 24) <= size;
    return size > 8 && memcmp(bytes, "\x89PNG", 4) == 0;
}

static bool picture_decode(const char *path, const stbi_uc *file, size_t size, int *width,
                           int *height, unsigned char **pixels, Error *error) {
    int channels;
    if (!is_sound(file, size))
        return error_set(error, "%s: expected a whole JPEG, PNG or BMP picture", path);
    if (!stbi_info_from_memory(file, (int)size, width, height, &channels))
        return error_set(error, "%s: the picture is damaged, or a side has more than %d pixels",
                         path, PICTURE_SIDE_MAX);
    if (*width < 1 || *height < 1 || *width > PICTURE_PIXELS_MAX / *height)
        return error_set(error, "%s: expected at most %d pixels, found %d × %d", path,
                         PICTURE_PIXELS_MAX, *width, *height);
    *pixels = stbi_load_from_memory(file, (int)size, width, height, &channels, 4);
    return *pixels ||
           error_set(error, "%s: the picture is damaged: %s", path, stbi_failure_reason());
}

bool picture_read(const char *path, int *width, int *height, unsigned char **pixels, Error *error) {
    char *bytes;
    size_t size;
    if (!file_read(path, PICTURE_BYTES_MAX, &bytes, &size, error))
        return false;
    const bool good =
        picture_decode(path, (const stbi_uc *)bytes, size, width, height, pixels, error);
    free(bytes);
    if (good)
        compose_over_white(*pixels, (size_t)*width * (size_t)*height);
    return good;
}

// [side, side, 3] → [3, side, side]
static void separate_channels(const unsigned char *from, int from_stride, int side,
                              unsigned char *to) {
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                *to++ = from[y * from_stride + 3 * x + c];
}

// The largest square in the middle, scaled.
static bool read_square(const char *path, int side, unsigned char *to, Error *error) {
    int width, height;
    unsigned char *pixels;
    if (!picture_read(path, &width, &height, &pixels, error))
        return false;
    const int square = width < height ? width : height;
    const unsigned char *corner = pixels + 3 * ((size_t)((height - square) / 2) * (size_t)width +
                                                (size_t)((width - square) / 2));
    unsigned char *scaled = memory_alloc((size_t)side * (size_t)side * 3);
    if (square == side) // the filter would smooth it
        separate_channels(corner, 3 * width, side, to);
    else if (resize(corner, square, square, 3 * width, scaled, side))
        separate_channels(scaled, 3 * side, side, to);
    else
        fatal("picture: out of memory to scale %d × %d pixels", square, square);
    free(scaled);
    free(pixels);
    return true;
}

// --- folders -------------------------------------------------------------------------------------

static bool is_picture_name(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp"};
    const char *dot = strrchr(name, '.');
    for (int i = 0; dot && i < 4; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

// Takes one more picture, or skips it and says so. False only where there is no room for it.
static bool add_picture(Dataset *data, const char *path, int *skipped, Error *error) {
    const size_t pixels = dataset_pixels(data), count = (size_t)data->count;
    if ((count + 1) * pixels > PICTURES_BYTES_MAX)
        return error_set(error, "%s: more pictures than the %zu of %d × %d that fit", path,
                         PICTURES_BYTES_MAX / pixels, data->width, data->height);
    if ((count & (count - 1)) == 0) { // room is doubled
        const size_t room = count ? 2 * count : 1;
        data->owned_pixels = memory_resize(data->owned_pixels, room * pixels);
        data->owned_labels = memory_resize(data->owned_labels, room * sizeof(int));
    }
    Error wrong;
    if (read_square(path, data->width, data->owned_pixels + count * pixels, &wrong)) {
        data->owned_labels[data->count++] = data->classes;
    } else {
        fprintf(stderr, "skipped %s\n", wrong.message);
        ++*skipped;
    }
    return true;
}

// The pictures of a folder as one more class, if it has any; or those of each folder in it.
static bool add_folder(Dataset *data, const char *folder, bool inner, int *skipped, Error *error) {
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_visible, alphasort), before = data->count;
    if (count < 0)
        return error_set(error, "%s: expected a folder of pictures: %s", folder, strerror(errno));
    bool good = true;
    for (int i = 0; i < count; i++) {
        char *path = path_format("%s/%s", folder, entries[i]->d_name);
        if (good && inner && is_folder(path))
            good = add_folder(data, path, false, skipped, error);
        else if (good && !inner && is_picture_name(entries[i]->d_name) && !is_folder(path))
            good = add_picture(data, path, skipped, error);
        free(path);
        free(entries[i]);
    }
    free(entries);
    data->classes += !inner && data->count > before;
    return good;
}

bool pictures_load(Dataset *data, const char *folder, int side, int *skipped, Error *error) {
    *data = (Dataset){.name = "pictures",
                      .channels = 3,
                      .height = side,
                      .width = side,
                      .pixel_max = 255,
                      .mean = 0.5,
                      .std = 0.5};
    *skipped = 0;
    bool good = add_folder(data, folder, false, skipped, error) &&
                add_folder(data, folder, true, skipped, error);
    if (good && data->count == 0)
        good = error_set(error, "%s: no picture there (JPEG, PNG or BMP)%s", folder,
                         *skipped ? " that can be read" : "");
    data->pixels = data->owned_pixels;
    data->labels = data->owned_labels;
    if (!good)
        dataset_free(data);
    return good;
}
