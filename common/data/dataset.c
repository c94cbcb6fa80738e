#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/idx.h"

#define BYTES_LIMIT ((size_t)256 << 20) // no set here unpacks to more

enum { CLASSES = 10 };

typedef struct DataSource {
    const char *name;
    int side;                    // its images are side × side
    double pixel_max, mean, std; // as a Dataset's
    const char *get;             // how to get it
    // Where its files may lie; NULL: in no other one. The first folder that has all of them is taken.
    const char *folder, *other_folder;
} DataSource;

// The MNIST family: ten classes, square images. A further set is one more row.
static const DataSource SOURCES[] = {
    {"fashion", 28, 255, 0.2860, 0.3530, "run `make setup`, or `scripts/download.sh fashion`",
     KNOBS_ROOT "/datasets/downloads/fashion", "/usr/share/datasets/fashion-mnist"},
    {"digits", 8, 16, 0.3059, 0.3755,
     "run `git checkout datasets/optdigits`: it belongs to the repository",
     KNOBS_ROOT "/datasets/optdigits", NULL},
    {"mnist", 28, 255, 0.1307, 0.3081, "run `scripts/download.sh mnist`",
     KNOBS_ROOT "/datasets/downloads/mnist", NULL},
    {"kmnist", 28, 255, 0.1918, 0.3483, "run `scripts/download.sh kmnist`",
     KNOBS_ROOT "/datasets/downloads/kmnist", NULL},
};
#define SOURCE_COUNT (sizeof SOURCES / sizeof SOURCES[0])

// --- reading files -------------------------------------------------------------------------------

static bool check_values(const char *path, const Idx *idx, int maximum, Error *error) {
    for (size_t i = 0; i < idx->count; i++)
        if (idx->values[i] > maximum)
            return error_set(error, "%s: value %zu is %d, expected 0 … %d", path, i, idx->values[i],
                             maximum);
    return true;
}

// Whether the two files belong together, and to the set that was asked for.
static bool check_pair(const Dataset *data, const char *images_path, const Idx *images,
                       const char *labels_path, const Idx *labels, Error *error) {
    if (images->sizes[1] != data->height || images->sizes[2] != data->width)
        return error_set(error, "%s: expected images of %d x %d pixels, found %d x %d", images_path,
                         data->height, data->width, images->sizes[1], images->sizes[2]);
    if (labels->sizes[0] != images->sizes[0])
        return error_set(error, "%s: expected %d labels, as many as images, found %d", labels_path,
                         images->sizes[0], labels->sizes[0]);
    return check_values(images_path, images, (int)data->pixel_max, error) &&
           check_values(labels_path, labels, data->classes - 1, error);
}

bool dataset_read_idx(Dataset *data, const char *images_path, const char *labels_path,
                      Error *error) {
    char *image_bytes = NULL, *label_bytes = NULL;
    size_t image_size, label_size;
    Idx images, labels;
    bool good = file_read_unpacked(images_path, BYTES_LIMIT, &image_bytes, &image_size, error) &&
                idx_parse(images_path, image_bytes, image_size, 3, &images, error) &&
                file_read_unpacked(labels_path, BYTES_LIMIT, &label_bytes, &label_size, error) &&
                idx_parse(labels_path, label_bytes, label_size, 1, &labels, error) &&
                check_pair(data, images_path, &images, labels_path, &labels, error);
    if (good) {
        data->count = images.sizes[0];
        data->channels = 1;
        data->owned_pixels = memory_alloc(images.count);
        memcpy(data->owned_pixels, images.values, images.count);
        data->owned_labels = memory_alloc(labels.count * sizeof(int));
        for (size_t i = 0; i < labels.count; i++)
            data->owned_labels[i] = labels.values[i];
        data->pixels = data->owned_pixels;
        data->labels = data->owned_labels;
    }
    free(image_bytes);
    free(label_bytes);
    return good;
}

// The caller frees both.
static void pair_paths(const char *folder, const char *half, char **images, char **labels) {
    *images = path_format("%s/%s-images-idx3-ubyte.gz", folder, half);
    *labels = path_format("%s/%s-labels-idx1-ubyte.gz", folder, half);
}

static bool read_half(Dataset *data, const char *folder, const char *half, Error *error) {
    char *images, *labels;
    pair_paths(folder, half, &images, &labels);
    bool good = dataset_read_idx(data, images, labels, error);
    free(images);
    free(labels);
    return good;
}

static bool has_half(const char *folder, const char *half) {
    char *images, *labels;
    pair_paths(folder, half, &images, &labels);
    const bool has = file_exists(images) && file_exists(labels);
    free(images);
    free(labels);
    return has;
}

// --- loading, slicing, freeing -------------------------------------------------------------------

static const DataSource *find_source(const char *name, Error *error) {
    char names[256] = "";
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        if (strcmp(SOURCES[i].name, name) == 0)
            return &SOURCES[i];
        buffer_append(names, sizeof names, "%s%s", i ? ", " : "", SOURCES[i].name);
    }
    error_set(error, "there is no data set '%s'; there are: %s", name, names);
    return NULL;
}

const char *dataset_folder(const char *const *folders, int count) {
    for (int i = 0; i < count && folders[i]; i++)
        if (has_half(folders[i], "train") && has_half(folders[i], "t10k"))
            return folders[i];
    return NULL;
}

static const char *find_folder(const DataSource *source, Error *error) {
    const char *folders[] = {source->folder, source->other_folder};
    const char *folder = dataset_folder(folders, 2);
    if (!folder)
        error_set(error, "%s: the data set %s isn't there%s: %s", source->folder, source->name,
                  file_exists(source->folder) ? " as a whole" : "", source->get);
    return folder;
}

bool dataset_load(Dataset *train, Dataset *test, const char *name, Error *error) {
    *train = *test = (Dataset){0};
    const DataSource *source = find_source(name, error);
    const char *folder = source ? find_folder(source, error) : NULL;
    if (!folder)
        return false;
    *train = *test = (Dataset){.name = source->name,
                               .classes = CLASSES,
                               .height = source->side,
                               .width = source->side,
                               .pixel_max = source->pixel_max,
                               .mean = source->mean,
                               .std = source->std};
    Error why;
    bool good = read_half(train, folder, "train", &why) && read_half(test, folder, "t10k", &why);
    if (!good) {
        error_set(error, "%s; to get it again, %s", why.message, source->get);
        dataset_free(train);
        dataset_free(test);
    }
    return good;
}

size_t dataset_pixels(const Dataset *data) {
    return (size_t)data->channels * data->height * data->width;
}

Dataset dataset_slice(const Dataset *whole, int first, int count) {
    if (first < 0 || count < 1 || first > whole->count - count)
        fatal("dataset_slice: images %d … %d + %d of %d", first, first, count, whole->count);
    Dataset slice = *whole;
    slice.count = count;
    const size_t before = (size_t)first * dataset_pixels(whole);
    if (slice.numbers)
        slice.numbers += before;
    else
        slice.pixels += before;
    slice.labels += first;
    slice.owned_pixels = NULL;
    slice.owned_numbers = NULL;
    slice.owned_labels = NULL;
    return slice;
}

void dataset_free(Dataset *data) {
    free(data->owned_pixels);
    free(data->owned_numbers);
    free(data->owned_labels);
    *data = (Dataset){0};
}
