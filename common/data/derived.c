#include "data/derived.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/bilinear.h"

// The images of these indices, of whichever kind they are: bytes or numbers.
static Dataset pick(const Dataset *data, const int *indices, int count) {
    const size_t bytes = dataset_pixels(data) * (data->numbers ? sizeof(real) : 1);
    const char *from = data->numbers ? (const char *)data->numbers : (const char *)data->pixels;
    void *images = memory_alloc((size_t)count * bytes);
    int *labels = memory_alloc((size_t)count * sizeof(int));
    for (int i = 0; i < count; i++) {
        memcpy((char *)images + (size_t)i * bytes, from + (size_t)indices[i] * bytes, bytes);
        labels[i] = data->labels[indices[i]];
    }
    Dataset picked = *data;
    picked.count = count;
    picked.pixels = picked.owned_pixels = data->numbers ? NULL : images;
    picked.numbers = picked.owned_numbers = data->numbers ? images : NULL;
    picked.labels = picked.owned_labels = labels;
    return picked;
}

static void check_classes(const Dataset *data, const int *classes, int count) {
    for (int i = 0; i < count; i++) {
        bool twice = false;
        for (int before = 0; before < i; before++)
            twice |= classes[before] == classes[i];
        if (classes[i] < 0 || classes[i] >= data->classes || twice)
            fatal("dataset_of_classes: class %d, of %d that %s has, each once", classes[i],
                  data->classes, data->name);
    }
}

Dataset dataset_of_classes(const Dataset *data, const int *classes, int count) {
    check_classes(data, classes, count);
    int *label_of = memory_alloc((size_t)data->classes * sizeof(int));
    int *indices = memory_alloc((size_t)data->count * sizeof(int)), found = 0;
    for (int class = 0; class < data->classes; class ++)
        label_of[class] = -1;
    for (int i = 0; i < count; i++)
        label_of[classes[i]] = i;
    for (int i = 0; i < data->count; i++)
        if (label_of[data->labels[i]] >= 0)
            indices[found++] = i;
    Dataset picked = pick(data, indices, found);
    picked.classes = count;
    for (int i = 0; i < found; i++)
        picked.owned_labels[i] = label_of[picked.owned_labels[i]];
    free(label_of);
    free(indices);
    if (found == 0) {
        dataset_free(&picked);
        fatal("data set %s: none of its images is of these classes", data->name);
    }
    return picked;
}

bool dataset_few(Dataset *few, const Dataset *data, int each, uint64_t seed, Error *error) {
    if (each < 1)
        fatal("dataset_few: %d images of each class", each);
    *few = (Dataset){0};
    int *order = memory_alloc((size_t)data->count * sizeof(int));
    int *taken = memory_zeroed((size_t)data->classes, sizeof(int)), count = 0;
    Random random = random_from_seed(seed);
    random_permutation(&random, (size_t)data->count, order);
    for (int i = 0; i < data->count; i++)
        if (taken[data->labels[order[i]]]++ < each)
            order[count++] = order[i];
    bool enough = true;
    for (int class = 0; class < data->classes && enough; class ++)
        if (taken[class] < each)
            enough = error_set(error, "%s: %d images of class %d, %d are wanted", data->name,
                               taken[class], class, each);
    if (enough)
        *few = pick(data, order, count);
    free(order);
    free(taken);
    return enough;
}

// Where pixel i of `to` lies among `from`; before the first one's middle, at the first.
static PixelPair pair_of(int i, int from, int to) {
    return pixel_pair_at(fmax((i + 0.5) * from / to - 0.5, 0), from);
}

static void resize_plane(const unsigned char *from, int rows, int columns, unsigned char *to,
                         int height, int width, double factor) {
    for (int y = 0; y < height; y++) {
        const PixelPair v = pair_of(y, rows, height);
        const unsigned char *above = from + v.first * columns, *below = from + v.second * columns;
        for (int x = 0; x < width; x++) {
            const PixelPair h = pair_of(x, columns, width);
            const double top = above[h.first] + h.part * (above[h.second] - above[h.first]);
            const double foot = below[h.first] + h.part * (below[h.second] - below[h.first]);
            *to++ = (unsigned char)lround(factor * (top + v.part * (foot - top)));
        }
    }
}

Dataset dataset_resized(const Dataset *data, int height, int width) {
    if (data->numbers || height < 1 || width < 1)
        fatal("dataset_resized: %s to %d × %d: pixels, and a size, are wanted", data->name, height,
              width);
    const int planes = data->count * data->channels;
    const size_t old = (size_t)data->height * data->width, new = (size_t)height *width;
    Dataset resized = *data;
    resized.height = height;
    resized.width = width;
    resized.pixel_max = 255;
    resized.owned_pixels = memory_alloc((size_t)planes * new);
    resized.owned_labels = memory_alloc((size_t)data->count * sizeof(int));
    memcpy(resized.owned_labels, data->labels, (size_t)data->count * sizeof(int));
    for (int i = 0; i < planes; i++)
        resize_plane(data->pixels + (size_t)i * old, data->height, data->width,
                     resized.owned_pixels + (size_t)i * new, height, width, 255 / data->pixel_max);
    resized.pixels = resized.owned_pixels;
    resized.labels = resized.owned_labels;
    return resized;
}
