// Looking at a generator: grids of samples, the way from one latent to another, the nearest real
// image, and two numbers: how alike the samples are, and how near to real images.
#ifndef KNOBS_LESSON_11_LOOKS_H
#define KNOBS_LESSON_11_LOOKS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/pictures.h"
#include "files/image_grid.h"
#include "files/output.h"
#include "instruments/evaluate.h" // samples
#include "run/interrupt.h"

enum { SHOWN = 64, SHOWN_COLUMNS = 8, WAYS = 6, WAY_LENGTH = 10, NEAREST = 12 };

// The samples as samples.png, and smaller as a frame of the GIF.
static bool write_samples(const Tensor *samples, long step, const char *folder, Error *error) {
    char *frames = path_format("%s/frames", folder), *frame = path_format("%06ld.png", step);
    const bool written =
        image_grid_write(folder, "samples.png", samples, SHOWN_COLUMNS, 2, error) &&
        folder_create(frames, error) &&
        image_grid_write(frames, frame, samples, SHOWN_COLUMNS, 1, error);
    free(frames);
    free(frame);
    return written;
}

// Rows of images between the first latents of some noise, two a row, in equal steps along the great
// circle: on the straight line are shorter vectors, which the generator has never seen.
static bool write_between(Module *generator, const Tensor *noise, const char *folder,
                          Error *error) {
    const int latent = noise->shape.dims[1];
    Tensor *ways = tape_tensor(noise->tape, SHAPE(WAYS * WAY_LENGTH, latent, 1, 1));
    for (int row = 0; row < WAYS; row++) {
        const real *from = noise->data + (ptrdiff_t)(2 * row) * latent, *to = from + latent;
        double inner = 0, from_from = 0, to_to = 0;
        for (int j = 0; j < latent; j++) {
            inner += (double)from[j] * (double)to[j];
            from_from += (double)from[j] * (double)from[j];
            to_to += (double)to[j] * (double)to[j];
        }
        const double angle = acos(inner / sqrt(from_from * to_to));
        for (int i = 0; i < WAY_LENGTH; i++) {
            const double part = (double)i / (WAY_LENGTH - 1);
            for (int j = 0; j < latent; j++)
                ways->data[(row * WAY_LENGTH + i) * latent + j] =
                    (real)((sin((1 - part) * angle) * (double)from[j] +
                            sin(part * angle) * (double)to[j]) /
                           sin(angle));
        }
    }
    return image_grid_write(folder, "between.png", evaluate_batch(generator, ways), WAY_LENGTH, 2,
                            error);
}

// The root mean square of the difference of two images.
static double image_distance(const real *a, const real *b, size_t size) {
    double squares = 0;
    for (size_t i = 0; i < size; i++)
        squares += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(squares / (double)size);
}

// The mean distance between two of some different images.
static double diversity_of(const real *images, int n, size_t size) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            sum += image_distance(images + (size_t)i * size, images + (size_t)j * size, size);
    return n > 1 ? sum / (n * (n - 1) / 2.0) : 0;
}

// --- real images ---------------------------------------------------------------------------------

// Garments in two halves; or smileys or the pictures of a folder, without a test half.
static bool reals_load(Dataset *data, Dataset *test, const char *name, Error *error) {
    if (strcmp(name, "fashion") == 0) {
        const bool loaded = dataset_load(data, test, name, error);
        data->mean = data->std = test->mean = test->std = 0.5; // −1 … 1
        return loaded;
    }
    const bool smileys = strcmp(name, "smileys") == 0;
    int skipped;
    if (!pictures_load(data, smileys ? KNOBS_ROOT "/datasets/emoji/smileys" : name, 32,
                       interrupt_signal, &skipped, error))
        return false;
    fprintf(stderr, "%s: %d pictures, %d skipped\n", name, data->count, skipped);
    return true;
}

static void real_image(const Dataset *data, int index, real *image) {
    const size_t size = dataset_pixels(data);
    const unsigned char *pixels = data->pixels + (size_t)index * size;
    for (size_t i = 0; i < size; i++)
        image[i] = (real)((pixels[i] / (double)data->pixel_max - data->mean) / data->std);
}

// The nearest of the real images 0, stride, 2 stride …; `skip` is left out.
static int nearest_of(const Dataset *data, int stride, int skip, const real *image,
                      double *distance) {
    const size_t size = dataset_pixels(data);
    real *other = memory_alloc(size * sizeof(real));
    int nearest = 0;
    *distance = INFINITY;
    for (int i = 0; i < data->count; i += stride) {
        real_image(data, i, other);
        const double d = image_distance(other, image, size);
        if (i != skip && d < *distance) {
            nearest = i;
            *distance = d;
        }
    }
    free(other);
    return nearest;
}

// Of some images: how much they differ from each other, and how far each is from the nearest real one.
typedef struct Likeness {
    double diversity, nearest; // mean distances
} Likeness;

// Of more images than that, every second (third, …) stands for all.
enum { REALS_MAX = 2000, REAL_PAIRS_MAX = 500 };

// With own > 0 the images are real ones themselves, 0, own, 2 own …; then from the nearest other one.
static Likeness likeness_of(const Dataset *data, const real *images, int n, int own) {
    const int stride = 1 + (data->count - 1) / REALS_MAX;
    const size_t size = dataset_pixels(data);
    double sum = 0, distance;
    for (int i = 0; i < n; i++) {
        nearest_of(data, stride, own ? i * own : -1, images + (size_t)i * size, &distance);
        sum += distance;
    }
    return (Likeness){diversity_of(images, n, size), sum / n};
}

// Of real images. The error: those that stand for all don't differ.
static bool reals_compare(const Dataset *data, const char *name, Likeness *likeness, Error *error) {
    const int stride = 1 + (data->count - 1) / REAL_PAIRS_MAX, n = 1 + (data->count - 1) / stride;
    const size_t size = dataset_pixels(data);
    real *images = memory_alloc((size_t)n * size * sizeof(real));
    for (int i = 0; i < n; i++)
        real_image(data, i * stride, images + (size_t)i * size);
    *likeness = likeness_of(data, images, n, stride);
    free(images);
    return likeness->diversity > 0 ||
           error_set(error, "%s: expected pictures that differ, found no two among %d compared",
                     name, n);
}

// Samples, and below each the real image that is nearest to it, of all.
static bool write_nearest(const Tensor *samples, const Dataset *data, const char *folder,
                          Error *error) {
    const size_t size = dataset_pixels(data);
    Tensor *pairs =
        tape_tensor(samples->tape, SHAPE(2 * NEAREST, data->channels, data->height, data->width));
    for (int i = 0; i < NEAREST; i++) {
        double distance;
        const real *sample = samples->data + (size_t)i * size;
        memcpy(pairs->data + (size_t)i * size, sample, size * sizeof(real));
        real_image(data, nearest_of(data, 1, -1, sample, &distance),
                   pairs->data + (size_t)(NEAREST + i) * size);
    }
    return image_grid_write(folder, "nearest.png", pairs, NEAREST, 2, error);
}

#endif
