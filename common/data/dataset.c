#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/csv.h"
#include "data/idx.h"

#define BYTES_LIMIT ((size_t)256 << 20) // no set here unpacks to more

// --- the sets ------------------------------------------------------------------------------------

enum { FOLDER_COUNT = 2 };

typedef struct DataSource {
    Dataset known;                     // what is known before the files are read
    const char *folders[FOLDER_COUNT]; // where its files are looked for, in this order; relative
                                       // ones stand below KNOBS_ROOT
    const char *first_file;            // the folder that has it is the one
    const char *get;                   // how to get it
    bool (*load)(const char *folder, Dataset *train, Dataset *test, Error *error);
} DataSource;

static bool load_idx_files(const char *folder, Dataset *train, Dataset *test, Error *error);
static bool load_digits(const char *folder, Dataset *train, Dataset *test, Error *error);

// A further set of the MNIST family is one more row.
static const DataSource SOURCES[] = {
    {.known = {.name = "fashion",
               .classes = 10,
               .channels = 1,
               .height = 28,
               .width = 28,
               .pixel_max = 255,
               .mean = 0.2860,
               .std = 0.3530},
     .folders = {"datasets/downloads/fashion", "/usr/share/datasets/fashion-mnist"},
     .first_file = "train-images-idx3-ubyte.gz",
     .get = "run `make setup`, or `scripts/download.sh fashion`",
     .load = load_idx_files},
    {.known = {.name = "digits",
               .classes = 10,
               .channels = 1,
               .height = 8,
               .width = 8,
               .pixel_max = 16,
               .mean = 0.3059,
               .std = 0.3755},
     .folders = {"datasets/optdigits"},
     .first_file = "digits.csv.gz",
     .get = "it belongs to the repository: run `git checkout datasets/optdigits`",
     .load = load_digits},
};
#define SOURCE_COUNT (sizeof SOURCES / sizeof SOURCES[0])

// --- files ---------------------------------------------------------------------------------------

size_t dataset_pixels(const Dataset *data) {
    return (size_t)data->channels * data->height * data->width;
}

// Makes room for `count` images and their labels.
static void dataset_take(Dataset *data, int count) {
    data->count = count;
    data->owned_pixels = memory_alloc((size_t)count * dataset_pixels(data));
    data->owned_labels = memory_alloc((size_t)count * sizeof(int));
    data->pixels = data->owned_pixels;
    data->labels = data->owned_labels;
}

static void dataset_copy(Dataset *data, const Dataset *whole, int first, int count) {
    const size_t pixels = dataset_pixels(whole);
    dataset_take(data, count);
    memcpy(data->owned_pixels, whole->pixels + (size_t)first * pixels, (size_t)count * pixels);
    memcpy(data->owned_labels, whole->labels + first, (size_t)count * sizeof(int));
}

// What the two headers can't say of themselves: that they belong together, and to the set that was
// asked for.
static bool check_idx(const Dataset *data, const char *images_path, const Idx *images,
                      const char *labels_path, const Idx *labels, Error *error) {
    if (images->sizes[1] != data->height || images->sizes[2] != data->width)
        return error_set(error, "%s: expected images of %d x %d pixels, found %d x %d", images_path,
                         data->height, data->width, images->sizes[1], images->sizes[2]);
    if (labels->count != (size_t)images->sizes[0])
        return error_set(error, "%s: expected %d labels, as many as images, found %zu", labels_path,
                         images->sizes[0], labels->count);
    for (size_t i = 0; i < labels->count; i++)
        if (labels->values[i] >= data->classes)
            return error_set(error, "%s: label %zu is %d, expected 0 … %d", labels_path, i,
                             labels->values[i], data->classes - 1);
    return true;
}

bool dataset_read_idx(Dataset *data, const char *images_path, const char *labels_path,
                      Error *error) {
    char *image_bytes = NULL, *label_bytes = NULL;
    size_t image_size, label_size;
    Idx images, labels;
    bool good = file_read(images_path, BYTES_LIMIT, &image_bytes, &image_size, error) &&
                idx_parse(images_path, image_bytes, image_size, 3, &images, error) &&
                file_read(labels_path, BYTES_LIMIT, &label_bytes, &label_size, error) &&
                idx_parse(labels_path, label_bytes, label_size, 1, &labels, error) &&
                check_idx(data, images_path, &images, labels_path, &labels, error);
    if (good) {
        dataset_take(data, images.sizes[0]);
        memcpy(data->owned_pixels, images.values, images.count);
        for (int i = 0; i < data->count; i++)
            data->owned_labels[i] = labels.values[i];
    }
    free(image_bytes);
    free(label_bytes);
    return good;
}

bool dataset_read_csv(Dataset *data, const char *path, Error *error) {
    const size_t pixels = dataset_pixels(data), columns = pixels + 1;
    unsigned char *maxima = memory_alloc(columns), *table = NULL;
    memset(maxima, (int)data->pixel_max, pixels);
    maxima[pixels] = (unsigned char)(data->classes - 1);
    char *text = NULL;
    size_t size;
    int rows;
    bool good = file_read(path, BYTES_LIMIT, &text, &size, error) &&
                csv_parse(path, text, size, maxima, (int)columns, &table, &rows, error);
    if (good) {
        dataset_take(data, rows);
        for (int i = 0; i < rows; i++) {
            const unsigned char *row = table + (size_t)i * columns;
            memcpy(data->owned_pixels + (size_t)i * pixels, row, pixels);
            data->owned_labels[i] = row[pixels];
        }
    }
    free(maxima);
    free(text);
    free(table);
    return good;
}

// --- the loaders of the table --------------------------------------------------------------------

static bool load_half(Dataset *data, const char *folder, const char *half, Error *error) {
    char *images = path_format("%s/%s-images-idx3-ubyte.gz", folder, half);
    char *labels = path_format("%s/%s-labels-idx1-ubyte.gz", folder, half);
    bool loaded = dataset_read_idx(data, images, labels, error);
    free(images);
    free(labels);
    return loaded;
}

static bool load_idx_files(const char *folder, Dataset *train, Dataset *test, Error *error) {
    return load_half(train, folder, "train", error) && load_half(test, folder, "t10k", error);
}

// Neighbouring rows come from the same writer, so the split is where the file stands, not drawn at
// random: the test digits are by writers that the training hardly saw. (One nearest neighbour: .960
// here, .988 on a random split.)
static bool load_digits(const char *folder, Dataset *train, Dataset *test, Error *error) {
    enum { TOTAL = 1797, TRAIN = 1297 };
    char *path = path_format("%s/digits.csv.gz", folder);
    Dataset whole = *train;
    bool good = dataset_read_csv(&whole, path, error);
    if (good && whole.count != TOTAL)
        good = error_set(error, "%s: expected %d digits, found %d", path, TOTAL, whole.count);
    if (good) {
        dataset_copy(train, &whole, 0, TRAIN);
        dataset_copy(test, &whole, TRAIN, TOTAL - TRAIN);
    }
    free(path);
    dataset_free(&whole);
    return good;
}

// --- loading, slicing, freeing -------------------------------------------------------------------

// The folder that has the set's first file, wherever the program is run; the caller frees it. NULL
// if there is none.
static char *find_folder(const DataSource *source, Error *error) {
    for (size_t i = 0; i < FOLDER_COUNT && source->folders[i]; i++) {
        const char *name = source->folders[i];
        char *folder = path_format("%s%s", *name == '/' ? "" : KNOBS_ROOT "/", name);
        char *path = path_format("%s/%s", folder, source->first_file);
        bool found = file_exists(path);
        free(path);
        if (found)
            return folder;
        free(folder);
    }
    const char *other = source->folders[1];
    error_set(error, "the data set %s isn't in %s/%s%s%s: %s", source->known.name, KNOBS_ROOT,
              source->folders[0], other ? " nor in " : "", other ? other : "", source->get);
    return NULL;
}

static bool unknown_name(const char *name, Error *error) {
    char names[256] = "";
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", SOURCES[i].known.name);
    }
    return error_set(error, "there is no data set '%s'; there are: %s", name, names);
}

bool dataset_load(Dataset *train, Dataset *test, const char *name, Error *error) {
    *train = *test = (Dataset){0};
    const DataSource *source = NULL;
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (strcmp(SOURCES[i].known.name, name) == 0)
            source = &SOURCES[i];
    if (!source)
        return unknown_name(name, error);
    char *folder = find_folder(source, error);
    if (!folder)
        return false;
    *train = *test = source->known;
    bool loaded = source->load(folder, train, test, error);
    free(folder);
    if (!loaded) {
        dataset_free(train);
        dataset_free(test);
    }
    return loaded;
}

Dataset dataset_slice(const Dataset *whole, int first, int count) {
    if (first < 0 || count < 1 || first > whole->count - count)
        fatal("dataset_slice: images %d … %d + %d of %d", first, first, count, whole->count);
    Dataset slice = *whole;
    slice.count = count;
    slice.pixels += (size_t)first * dataset_pixels(whole);
    slice.labels += first;
    slice.owned_pixels = NULL;
    slice.owned_labels = NULL;
    return slice;
}

void dataset_free(Dataset *data) {
    free(data->owned_pixels);
    free(data->owned_labels);
    *data = (Dataset){0};
}
