#include "data/pictures.h"

#include <stdio.h>
#include <stdlib.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#if __has_include(<stb_image_resize2.h>)
#include <stb_image_resize2.h>
#else // three arguments instead of the last
#include <stb_image_resize.h>
#define STBIR_RGB 3, STBIR_ALPHA_CHANNEL_NONE, 0
#endif

#include "base/file.h"
#include "data/picture.h"
#include "data/picture_folder.h"

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
    const bool scale = square != side; // else the filter would smooth it
    if (scale && !stbir_resize_uint8_srgb(corner, square, square, 3 * width, scaled, side, side, 0,
                                          STBIR_RGB))
        fatal("picture: out of memory to scale %d × %d pixels", square, square);
    separate_channels(scale ? scaled : corner, 3 * (scale ? side : width), side, to);
    free(scaled);
    free(pixels);
    return true;
}

// --- folders -------------------------------------------------------------------------------------

typedef struct Loading {
    Dataset *data;
    int *skipped;
    int (*stop)(void);
} Loading;

static void skip(const Loading *loading, const char *why) {
    fprintf(stderr, "skipped %s\n", why);
    ++*loading->skipped;
}

// Takes one more picture, or skips it. False only where there is no room for it, or when it is time
// to stop.
static bool add_picture(const Loading *loading, const char *path, Error *error) {
    Dataset *data = loading->data;
    const size_t pixels = dataset_pixels(data), count = (size_t)data->count;
    if (loading->stop && loading->stop())
        return error_set(error, "%s: stopped before this picture was read", path);
    if ((count + 1) * pixels > PICTURES_BYTES_MAX)
        return error_set(error, "%s: more pictures than the %zu of %d × %d that fit", path,
                         PICTURES_BYTES_MAX / pixels, data->width, data->height);
    if ((count & (count - 1)) == 0) { // room is doubled
        const size_t room = count ? 2 * count : 1;
        data->owned_pixels = memory_resize(data->owned_pixels, room * pixels);
        data->owned_labels = memory_resize(data->owned_labels, room * sizeof(int));
    }
    Error wrong;
    if (read_square(path, data->width, data->owned_pixels + count * pixels, &wrong))
        data->owned_labels[data->count++] = data->classes;
    else
        skip(loading, wrong.message);
    return true;
}

// The pictures of a folder as one more class, if it has any that can be read.
static bool add_pictures(const Loading *loading, const char *folder, const FolderList *pictures,
                         Error *error) {
    const int before = loading->data->count;
    bool good = true;
    for (int i = 0; good && i < pictures->count; i++) {
        char *path = path_format("%s/%s", folder, pictures->names[i]);
        good = add_picture(loading, path, error);
        free(path);
    }
    loading->data->classes += loading->data->count > before;
    return good;
}

// The same of a folder in the folder; one that can't be listed is skipped.
static bool add_folder(const Loading *loading, const char *folder, Error *error) {
    FolderList pictures;
    Error wrong;
    if (!folder_list_pictures(&pictures, folder, &wrong)) {
        skip(loading, wrong.message);
        return true;
    }
    const bool good = add_pictures(loading, folder, &pictures, error);
    folder_list_free(&pictures);
    return good;
}

// The pictures in the folder itself, then those of each folder in it.
static bool add_all(const Loading *loading, const char *folder, Error *error) {
    FolderList pictures, folders = {0};
    bool good = folder_list_pictures(&pictures, folder, error) &&
                add_pictures(loading, folder, &pictures, error) &&
                folder_list_folders(&folders, folder, error);
    for (int i = 0; good && i < folders.count; i++) {
        char *path = path_format("%s/%s", folder, folders.names[i]);
        good = add_folder(loading, path, error);
        free(path);
    }
    folder_list_free(&pictures);
    folder_list_free(&folders);
    return good;
}

bool pictures_load(Dataset *data, const char *folder, int side, int (*stop)(void), int *skipped,
                   Error *error) {
    *data = (Dataset){.name = "pictures",
                      .channels = 3,
                      .height = side,
                      .width = side,
                      .pixel_max = 255,
                      .mean = 0.5,
                      .std = 0.5};
    *skipped = 0;
    const Loading loading = {.data = data, .skipped = skipped, .stop = stop};
    bool good = add_all(&loading, folder, error);
    if (good && data->count == 0)
        good = error_set(error, "%s: no picture there (JPEG, PNG or BMP)%s", folder,
                         *skipped ? " that can be read" : "");
    data->pixels = data->owned_pixels;
    data->labels = data->owned_labels;
    if (!good)
        dataset_free(data);
    return good;
}
