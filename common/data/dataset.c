#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/csv.h"
#include "data/gzip.h"
#include "data/idx.h"

#define BYTES_LIMIT ((size_t)256 << 20) // no set here unpacks to more
#define PATH_BYTES 4096

// --- the sets ------------------------------------------------------------------------------------

typedef struct DataSource {
    Dataset known;          // what is known before the files are read
    const char *folders[3]; // where its files are looked for, in this order; relative ones stand below KNOBS_ROOT
    const char *first_file; // the folder that has it is the one
    const char *get;        // how to get it
    bool (*load)(const char *folder, Dataset *train, Dataset *test, Error *error);
} DataSource;

static bool load_idx_files(const char *folder, Dataset *train, Dataset *test, Error *error);
static bool load_digits(const char *folder, Dataset *train, Dataset *test, Error *error);

static const char *const FASHION_CLASSES[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                              "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
static const char *const DIGIT_CLASSES[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

// A further set of the MNIST family is one more row.
static const DataSource SOURCES[] = {
    {.known = {.name = "fashion", .classes = 10, .class_names = FASHION_CLASSES, .channels = 1, .height = 28,
               .width = 28, .pixel_max = 255, .mean = 0.2860, .std = 0.3530},
     .folders = {"datasets/downloads/fashion", "/usr/share/datasets/fashion-mnist"},
     .first_file = "train-images-idx3-ubyte.gz",
     .get = "run `make setup`, or `scripts/download.sh fashion`",
     .load = load_idx_files},
    {.known = {.name = "digits", .classes = 10, .class_names = DIGIT_CLASSES, .channels = 1, .height = 8,
               .width = 8, .pixel_max = 16, .mean = 0.3059, .std = 0.3755},
     .folders = {"datasets/optdigits"},
     .first_file = "digits.csv.gz",
     .get = "it belongs to the repository: run `git checkout datasets/optdigits`",
     .load = load_digits},
};
#define SOURCE_COUNT (sizeof SOURCES / sizeof SOURCES[0])

// --- files ---------------------------------------------------------------------------------------

static void path_join(char *path, const char *folder, const char *file) {
    if (snprintf(path, PATH_BYTES, "%s/%s", folder, file) >= PATH_BYTES)
        fatal("dataset_load: the path %s/%s is too long", folder, file);
}

bool dataset_read_idx(Dataset *data, const char *images_path, const char *labels_path, Error *error) {
    unsigned char *image_bytes = NULL, *label_bytes = NULL;
    size_t image_size, label_size;
    Idx images, labels;
    bool good = gzip_read(images_path, BYTES_LIMIT, &image_bytes, &image_size, error) &&
                idx_parse(images_path, image_bytes, image_size, 3, &images, error) &&
                gzip_read(labels_path, BYTES_LIMIT, &label_bytes, &label_size, error) &&
                idx_parse(labels_path, label_bytes, label_size, 1, &labels, error);
    if (good && labels.count != (size_t)images.sizes[0])
        good = error_set(error, "%s: expected %d labels, as many as images, found %zu", labels_path,
                         images.sizes[0], labels.count);
    if (good && ((data->height && images.sizes[1] != data->height) ||
                 (data->width && images.sizes[2] != data->width)))
        good = error_set(error, "%s: expected images of %d x %d pixels, found %d x %d", images_path,
                         data->height, data->width, images.sizes[1], images.sizes[2]);
    for (size_t i = 0; good && i < labels.count; i++)
        if (labels.values[i] >= data->classes)
            good = error_set(error, "%s: label %zu is %d, expected 0 … %d", labels_path, i, labels.values[i],
                             data->classes - 1);
    if (good) {
        data->count = images.sizes[0];
        data->channels = 1;
        data->height = images.sizes[1];
        data->width = images.sizes[2];
        data->owned_labels = memory_alloc(labels.count * sizeof(int));
        for (size_t i = 0; i < labels.count; i++)
            data->owned_labels[i] = labels.values[i];
        memmove(image_bytes, images.values, images.count);
        data->owned_pixels = memory_resize(image_bytes, images.count);
        data->pixels = data->owned_pixels;
        data->labels = data->owned_labels;
    } else {
        free(image_bytes);
    }
    free(label_bytes);
    return good;
}
