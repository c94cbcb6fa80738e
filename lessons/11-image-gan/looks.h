// Looking at a generator: grids of samples, the way from one latent to another, the nearest real
// image, and two numbers: how alike the samples are, and how near to real images.
#ifndef KNOBS_LESSON_11_LOOKS_H
#define KNOBS_LESSON_11_LOOKS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "nn/module.h"
#include "files/image_grid.h"

enum { SHOWN = 64, SHOWN_COLUMNS = 8, BETWEEN = 10, NEAREST = 12 };

// A generator makes images of noise [n, latent, 1, 1]: in evaluation mode, nothing moves.
static Tensor *samples_of(Module *generator, Tape *tape, int n, int latent, const real *noise) {
    const bool was_training = generator->training;
    module_train(generator, false);
    tape_set_recording(tape, false);
    Tensor *images = module_forward(generator, tape_copy(tape, SHAPE(n, latent, 1, 1), noise));
    tape_set_recording(tape, true);
    module_train(generator, was_training);
    return images;
}

// Rows of images between two latents each, in equal steps along the great circle: on the straight
// line between two such vectors are shorter ones, which the generator has never seen.
static bool write_between(Module *generator, Tape *tape, int latent, const real *noise, int rows,
                          const char *folder, Error *error) {
    Tensor *way = tape_tensor(tape, SHAPE(rows * BETWEEN, latent, 1, 1));
    for (int row = 0; row < rows; row++) {
        const real *from = noise + (ptrdiff_t)(2 * row) * latent, *to = from + latent;
        double inner = 0, from_from = 0, to_to = 0;
        for (int j = 0; j < latent; j++) {
            inner += (double)from[j] * (double)to[j];
            from_from += (double)from[j] * (double)from[j];
            to_to += (double)to[j] * (double)to[j];
        }
        const double angle = acos(inner / sqrt(from_from * to_to));
        for (int i = 0; i < BETWEEN; i++) {
            const double part = (double)i / (BETWEEN - 1);
            for (int j = 0; j < latent; j++)
                way->data[(row * BETWEEN + i) * latent + j] =
                    (real)((sin((1 - part) * angle) * (double)from[j] +
                            sin(part * angle) * (double)to[j]) /
                           sin(angle));
        }
    }
    return image_grid_write(folder, "between.png",
                            samples_of(generator, tape, rows * BETWEEN, latent, way->data), BETWEEN,
                            2, error);
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

// With more images than that, every second (third, …) stands for all, but in nearest.png.
enum { REALS_MAX = 2000, REAL_PAIRS_MAX = 500 };

static int stride_for(const Dataset *data, int most) {
    return (data->count + most - 1) / most;
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

// The mean distance of each sample to the nearest real image.
static double nearest_mean(const Tensor *samples, const Dataset *data) {
    const int n = samples->shape.dims[0];
    double sum = 0, distance;
    for (int i = 0; i < n; i++) {
        nearest_of(data, stride_for(data, REALS_MAX), -1,
                   samples->data + (size_t)i * dataset_pixels(data), &distance);
        sum += distance;
    }
    return sum / n;
}

// The same numbers of the real images: how much they differ, and how near each has another one.
typedef struct Reals {
    double diversity, nearest;
} Reals;

static Reals reals_of(const Dataset *data) {
    const int stride = stride_for(data, REAL_PAIRS_MAX), n = (data->count + stride - 1) / stride;
    const size_t size = dataset_pixels(data);
    real *images = memory_alloc((size_t)n * size * sizeof(real));
    double sum = 0, distance;
    for (int i = 0; i < n; i++) {
        real_image(data, i * stride, images + (size_t)i * size);
        nearest_of(data, stride_for(data, REALS_MAX), i * stride, images + (size_t)i * size,
                   &distance);
        sum += distance;
    }
    const Reals reals = {diversity_of(images, n, size), sum / n};
    free(images);
    return reals;
}

// Samples, and below each the real image that is nearest to it, of all.
static bool write_nearest(const Tensor *samples, const Dataset *data, Tape *tape,
                          const char *folder, Error *error) {
    const size_t size = dataset_pixels(data);
    Tensor *pairs =
        tape_tensor(tape, SHAPE(2 * NEAREST, data->channels, data->height, data->width));
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
