#include "data/photos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "data/bilinear.h"
#include "data/picture.h"
#include "data/picture_folder.h"

// --- one photo -----------------------------------------------------------------------------------

// Where the pixels of the square lie among those of the picture, along one axis.
static PixelPair *pairs_new(int size, int side) {
    PixelPair *pairs = memory_alloc((size_t)side * sizeof *pairs);
    for (int i = 0; i < side; i++)
        pairs[i] = pixel_pair_at(i * ((double)size / side), size);
    return pairs;
}

// A row of the picture as wide as the square.
static void squeeze_row(const unsigned char *from, const PixelPair *across, int side, double *to) {
    for (int x = 0; x < side; x++) {
        const unsigned char *left = from + 3 * across[x].first,
                            *right = from + 3 * across[x].second;
        const double part = across[x].part;
        for (int c = 0; c < 3; c++)
            *to++ = left[c] * (1 - part) + right[c] * part;
    }
}

static void squeeze(const unsigned char *from, int width, int height, int side, unsigned char *to) {
    // Added and taken away again, it rounds to the nearest whole number, a half to the even one.
    const double round = 0x1.8p52;
    const size_t row = 3 * (size_t)width, area = (size_t)side * (size_t)side;
    PixelPair *across = pairs_new(width, side), *down = pairs_new(height, side);
    double *upper = memory_alloc(6 * (size_t)side * sizeof(double)), *lower = upper + 3 * side;
    for (int y = 0; y < side; y++) {
        squeeze_row(from + row * (size_t)down[y].first, across, side, upper);
        squeeze_row(from + row * (size_t)down[y].second, across, side, lower);
        const double part = down[y].part;
        for (int x = 0; x < side; x++, to++)
            for (int c = 0; c < 3; c++) {
                const double value = upper[3 * x + c] * (1 - part) + lower[3 * x + c] * part;
                to[(size_t)c * area] = (unsigned char)(value + round - round);
            }
    }
    free(upper);
    free(across);
    free(down);
}

bool photo_read(const char *path, int side, unsigned char *pixels, Error *error) {
    int width, height;
    unsigned char *picture;
    if (!picture_read(path, &width, &height, &picture, error))
        return false;
    const bool good = width >= PHOTO_SIDE_MIN && height >= PHOTO_SIDE_MIN;
    if (good)
        squeeze(picture, width, height, side, pixels);
    free(picture);
    return good || error_set(error, "%s: expected at least %d pixels on each side, found %d × %d",
                             path, PHOTO_SIDE_MIN, width, height);
}

// --- lists of photos -----------------------------------------------------------------------------

typedef struct PhotoList {
    char **paths;
    int *labels;
    int count;
} PhotoList;

// The list owns the path from here on.
static void photo_list_add(PhotoList *list, char *path, int label) {
    const size_t count = (size_t)list->count + 1;
    list->paths = memory_resize(list->paths, count * sizeof *list->paths);
    list->labels = memory_resize(list->labels, count * sizeof *list->labels);
    list->paths[list->count] = path;
    list->labels[list->count++] = label;
}

static void photo_list_free(PhotoList *list) {
    for (int i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    free(list->labels);
}

// --- the split -----------------------------------------------------------------------------------

typedef struct Split {
    const PhotosOptions *options;
    PhotoList train, test;
} Split;

// The photos of a class, in an order of the seed.
static bool list_class(PhotoList *list, const char *folder, const PhotosOptions *options, int label,
                       Error *error) {
    FolderList found;
    if (!folder_list_pictures(&found, folder, error))
        return false;
    const int count = found.count;
    int *order = memory_alloc((size_t)count * sizeof(int));
    const Random root = random_from_seed(options->seed);
    Random random = random_split(&root, (uint64_t)label);
    random_permutation(&random, (size_t)count, order);
    for (int i = 0; i < count; i++)
        photo_list_add(list, path_format("%s/%s", folder, found.names[order[i]]), label);
    free(order);
    folder_list_free(&found);
    return count > 0 || error_set(error,
                                  "%s: no photo there (JPEG, PNG or BMP); put some in, or remove "
                                  "the folder",
                                  folder);
}

static int fifth_of(int count) {
    return count < 5 ? 1 : count / 5;
}

// Divides a class: behind the first `skipped` photos, which aren't used, `tested` are to test with.
static bool divide_class(Split *split, const char *folder, PhotoList *list, int skipped, int tested,
                         Error *error) {
    const int asked = split->options->per_class, found = list->count - skipped - tested;
    if (found < (asked ? asked : 1))
        return error_set(error,
                         "%s: expected at least %d to train on of the %d photos%s, found %d; add "
                         "some, or ask for fewer",
                         folder, asked ? asked : 1, list->count,
                         tested ? ", beside a fifth to test with" : "", found);
    const int first = skipped + tested; // to train on
    for (int i = skipped; i < first + (asked ? asked : found); i++) {
        photo_list_add(i < first ? &split->test : &split->train, list->paths[i], list->labels[i]);
        list->paths[i] = NULL;
    }
    return true;
}

// A class of a folder that isn't split, or of train/.
static bool split_class(Split *split, const char *folder, int label, bool split_already,
                        Error *error) {
    PhotoList list = {0};
    const bool held_out = split->options->held_out;
    bool good = list_class(&list, folder, split->options, label, error);
    const int skipped = held_out && !split_already ? fifth_of(list.count) : 0;
    const int tested = held_out || !split_already ? fifth_of(list.count - skipped) : 0;
    good = good && divide_class(split, folder, &list, skipped, tested, error);
    photo_list_free(&list);
    return good;
}

// The classes of val/ must be those of train/.
static bool add_tests(Split *split, const char *folder, const FolderList *classes, Error *error) {
    FolderList found;
    bool good = folder_list_folders(&found, folder, error);
    for (int i = 0; good && i < classes->count; i++) {
        const char *name = classes->names[i];
        if (i >= found.count || strcmp(found.names[i], name) != 0)
            good = error_set(error,
                             "%s: expected the class folders of train, found other ones than %s",
                             folder, name);
        char *class_folder = path_format("%s/%s", folder, name);
        good = good && list_class(&split->test, class_folder, split->options, i, error);
        free(class_folder);
    }
    if (good && found.count > classes->count)
        good =
            error_set(error, "%s/%s: train has no such class", folder, found.names[classes->count]);
    folder_list_free(&found);
    return good;
}

static bool list_all(Split *split, const char *folder, FolderList *classes, Error *error) {
    char *train = path_format("%s/train", folder), *val = path_format("%s/val", folder);
    const bool split_already = folder_exists(train) && folder_exists(val);
    const char *root = split_already ? train : folder;
    bool good = folder_list_folders(classes, root, error);
    if (good && classes->count < 2)
        good = error_set(error,
                         "%s: expected at least two folders, each with the photos of a class, "
                         "found %d",
                         root, classes->count);
    for (int i = 0; good && i < classes->count; i++) {
        char *class_folder = path_format("%s/%s", root, classes->names[i]);
        good = split_class(split, class_folder, i, split_already, error);
        free(class_folder);
    }
    if (good && split_already && !split->options->held_out)
        good = add_tests(split, val, classes, error);
    free(train);
    free(val);
    return good;
}

// --- reading -------------------------------------------------------------------------------------

// Moves the paths of the photos that can be read to `photos`; returns how many these are, or −1: stopped.
static int read_half(Photos *photos, PhotoList *list, int done, int count,
                     const PhotosOptions *options) {
    Dataset *whole = &photos->whole;
    const int before = whole->count;
    for (int i = 0; i < list->count; i++) {
        Error wrong;
        if (options->stop && options->stop(done + i, count))
            return -1;
        if (!photo_read(list->paths[i], options->side,
                        whole->owned_pixels + (size_t)whole->count * dataset_pixels(whole),
                        &wrong)) {
            fprintf(stderr, "skipped %s\n", wrong.message);
            continue;
        }
        whole->owned_labels[whole->count] = list->labels[i];
        photos->paths[whole->count++] = list->paths[i];
        list->paths[i] = NULL;
    }
    return whole->count - before;
}

// Skipping may have emptied a class.
static bool check_classes(const Photos *photos, const char *folder, Error *error) {
    const Dataset *halves[] = {&photos->train, &photos->test};
    for (int half = 0; half < 2; half++)
        for (int class = 0; class < photos->whole.classes; class ++) {
            int count = 0;
            for (int i = 0; i < halves[half]->count; i++)
                count += halves[half]->labels[i] == class;
            if (count == 0)
                return error_set(error, "%s: no photo of %s can be read to %s", folder,
                                 photos->classes[class], half == 0 ? "train on" : "test with");
        }
    return true;
}

static bool read_all(Photos *photos, const char *folder, Split *split, Error *error) {
    Dataset *whole = &photos->whole;
    const size_t pixels = dataset_pixels(whole);
    const int count = split->train.count + split->test.count;
    if ((size_t)count > PHOTOS_BYTES_MAX / pixels)
        return error_set(error,
                         "%s: %d photos, expected at most the %zu of %d × %d that fit; ask for "
                         "fewer of each class",
                         folder, count, PHOTOS_BYTES_MAX / pixels, whole->width, whole->height);
    whole->pixels = whole->owned_pixels = memory_alloc((size_t)count * pixels);
    whole->labels = whole->owned_labels = memory_alloc((size_t)count * sizeof(int));
    photos->paths = memory_zeroed((size_t)count, sizeof *photos->paths);
    const int train = read_half(photos, &split->train, 0, count, split->options);
    const int test =
        train < 0 ? -1 : read_half(photos, &split->test, split->train.count, count, split->options);
    if (test < 0)
        return error_set(error, "%s: stopped before all photos were read", folder);
    photos->train = train ? dataset_slice(whole, 0, train) : (Dataset){0};
    photos->test = test ? dataset_slice(whole, train, test) : (Dataset){0};
    return check_classes(photos, folder, error);
}

bool photos_load(Photos *photos, const char *folder, const PhotosOptions *options, Error *error) {
    Split split = {.options = options};
    FolderList classes;
    *photos = (Photos){.whole = {.name = "photos",
                                 .channels = 3,
                                 .height = options->side,
                                 .width = options->side,
                                 .pixel_max = 255,
                                 .mean = 128 / 255.0,
                                 .std = 128 / 255.0}};
    const bool listed = list_all(&split, folder, &classes, error);
    photos->classes = classes.names; // which photos_free frees
    photos->whole.classes = classes.count;
    const bool good = listed && read_all(photos, folder, &split, error);
    photo_list_free(&split.train);
    photo_list_free(&split.test);
    if (!good)
        photos_free(photos);
    return good;
}

void photos_free(Photos *photos) {
    for (int i = 0; i < photos->whole.classes; i++)
        free(photos->classes[i]);
    for (int i = 0; i < photos->whole.count; i++)
        free(photos->paths[i]);
    free(photos->classes);
    free(photos->paths);
    dataset_free(&photos->whole);
    *photos = (Photos){0};
}
