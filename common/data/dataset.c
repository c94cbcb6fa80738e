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

static const char *const FASHION_CLASSES[] = {"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                              "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                              "Bag",         "Ankle boot"};
static const char *const DIGIT_CLASSES[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

// A further set of the MNIST family is one more row.
static const DataSource SOURCES[] = {
    {.known = {.name = "fashion",
               .classes = 10,
               .class_names = FASHION_CLASSES,
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
               .class_names = DIGIT_CLASSES,
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

static void path_join(char *path, const char *folder, const char *file) {
    if (snprintf(path, PATH_BYTES, "%s/%s", folder, file) >= PATH_BYTES)
        fatal("dataset_load: the path %s/%s is too long", folder, file);
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
    data->channels = whole->channels;
    dataset_take(data, count);
    memcpy(data->owned_pixels, whole->pixels + (size_t)first * pixels, (size_t)count * pixels);
    memcpy(data->owned_labels, whole->labels + first, (size_t)count * sizeof(int));
}

// What the two headers can't say of themselves: that they belong together, and to the set that was
// asked for.
static bool check_idx(const Dataset *data, const char *images_path, const Idx *images,
                      const char *labels_path, const Idx *labels, Error *error) {
    if ((data->height && images->sizes[1] != data->height) ||
        (data->width && images->sizes[2] != data->width))
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
    unsigned char *image_bytes = NULL, *label_bytes = NULL;
    size_t image_size, label_size;
    Idx images, labels;
    bool good = gzip_read(images_path, BYTES_LIMIT, &image_bytes, &image_size, error) &&
                idx_parse(images_path, image_bytes, image_size, 3, &images, error) &&
                gzip_read(labels_path, BYTES_LIMIT, &label_bytes, &label_size, error) &&
                idx_parse(labels_path, label_bytes, label_size, 1, &labels, error) &&
                check_idx(data, images_path, &images, labels_path, &labels, error);
    if (good) {
        data->channels = 1;
        data->height = images.sizes[1];
        data->width = images.sizes[2];
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
    const int pixels = data->height * data->width, columns = pixels + 1;
    if (data->pixel_max < 1 || data->pixel_max > 255 || data->classes < 1 || data->classes > 256 ||
        pixels < 1)
        fatal("dataset_read_csv: %d pixels of 0 … %g, %d classes", pixels, data->pixel_max,
              data->classes);
    unsigned char *maxima = memory_alloc((size_t)columns), *text = NULL, *table = NULL;
    memset(maxima, (int)data->pixel_max, (size_t)pixels);
    maxima[pixels] = (unsigned char)(data->classes - 1);
    size_t size;
    int rows;
    bool good = gzip_read(path, BYTES_LIMIT, &text, &size, error) &&
                csv_parse(path, text, size, maxima, columns, &table, &rows, error);
    if (good) {
        data->channels = 1;
        dataset_take(data, rows);
        for (int i = 0; i < rows; i++) {
            const unsigned char *row = table + (size_t)i * columns;
            memcpy(data->owned_pixels + (size_t)i * pixels, row, (size_t)pixels);
            data->owned_labels[i] = row[pixels];
        }
    }
    free(maxima);
    free(text);
    free(table);
    return good;
}

// --- the loaders of the table --------------------------------------------------------------------

static bool load_idx_files(const char *folder, Dataset *train, Dataset *test, Error *error) {
    char images[PATH_BYTES], labels[PATH_BYTES];
    path_join(images, folder, "train-images-idx3-ubyte.gz");
    path_join(labels, folder, "train-labels-idx1-ubyte.gz");
    if (!dataset_read_idx(train, images, labels, error))
        return false;
    path_join(images, folder, "t10k-images-idx3-ubyte.gz");
    path_join(labels, folder, "t10k-labels-idx1-ubyte.gz");
    return dataset_read_idx(test, images, labels, error);
}

// Neighbouring rows come from the same writer, so the split is where the file stands, not drawn at
// random: the test digits are by writers that the training hardly saw. (One nearest neighbour: .960
// here, .988 on a random split.)
static bool load_digits(const char *folder, Dataset *train, Dataset *test, Error *error) {
    enum { TOTAL = 1797, TRAIN = 1297 };
    char path[PATH_BYTES];
    path_join(path, folder, "digits.csv.gz");
    Dataset whole = *train;
    if (!dataset_read_csv(&whole, path, error))
        return false;
    if (whole.count == TOTAL) {
        dataset_copy(train, &whole, 0, TRAIN);
        dataset_copy(test, &whole, TRAIN, TOTAL - TRAIN);
    } else {
        error_set(error, "%s: expected %d digits, found %d", path, TOTAL, whole.count);
    }
    dataset_free(&whole);
    return train->count > 0;
}

// --- loading, slicing, freeing -------------------------------------------------------------------

// Writes the folder that has the set's first file; relative ones stand below the project, wherever
// the program is run.
static bool find_folder(const DataSource *source, char *folder, Error *error) {
    char path[PATH_BYTES];
    struct stat status;
    for (size_t i = 0; i < FOLDER_COUNT && source->folders[i]; i++) {
        if (source->folders[i][0] == '/')
            snprintf(folder, PATH_BYTES, "%s", source->folders[i]);
        else
            path_join(folder, KNOBS_ROOT, source->folders[i]);
        path_join(path, folder, source->first_file);
        if (stat(path, &status) == 0)
            return true;
    }
    path_join(folder, KNOBS_ROOT, source->folders[0]);
    return error_set(error, "the data set %s isn't in %s%s%s: %s", source->known.name, folder,
                     source->folders[1] ? " nor in " : "",
                     source->folders[1] ? source->folders[1] : "", source->get);
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
    char folder[PATH_BYTES];
    if (!find_folder(source, folder, error))
        return false;
    *train = *test = source->known;
    if (source->load(folder, train, test, error))
        return true;
    dataset_free(train);
    dataset_free(test);
    return false;
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
