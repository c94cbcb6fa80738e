// Looking at a generator: grids of samples, the way from one latent to another, the nearest real
// image, and two numbers: how alike the samples are, and how near to real images.
#ifndef KNOBS_LESSON_11_LOOKS_H
#define KNOBS_LESSON_11_LOOKS_H

#include <math.h>
#include <string.h>

#include "data/batches.h"
#include "nn/module.h"
#include "run/image_grid.h"

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

// Up to SHOWN_REAL images of the data, [n, channels, side, side], to be compared with.
enum { REAL_MAX = 2000 };
static Tensor *real_images(Tape *tape, const Dataset *data) {
    Batches *batches = batches_new(data, .size = data->count < REAL_MAX ? data->count : REAL_MAX,
                                   .shuffle = false);
    Batch batch;
    batches_next(batches, tape, &batch);
    batches_free(batches);
    return batch.images;
}

static int nearest_of(const Tensor *images, int skip, const real *image, double *distance) {
    const size_t size = images->size / (size_t)images->shape.dims[0];
    int nearest = -1;
    for (int i = 0; i < images->shape.dims[0]; i++) {
        const double d = image_distance(images->data + (size_t)i * size, image, size);
        if (i != skip && (nearest < 0 || d < *distance)) {
            nearest = i;
            *distance = d;
        }
    }
    return nearest;
}

// The mean distance between two different images.
static double diversity_of(const Tensor *images) {
    const int n = images->shape.dims[0] < SHOWN ? images->shape.dims[0] : SHOWN;
    const size_t size = images->size / (size_t)images->shape.dims[0];
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            sum += image_distance(images->data + (size_t)i * size, images->data + (size_t)j * size,
                                  size);
    return n > 1 ? sum / (n * (n - 1) / 2.0) : 0;
}

// The mean distance of each of some images to the nearest real one, itself left out.
static double nearest_mean(const Tensor *images, const Tensor *reals) {
    const int n = images->shape.dims[0] < SHOWN ? images->shape.dims[0] : SHOWN;
    const size_t size = images->size / (size_t)images->shape.dims[0];
    double sum = 0, distance = 0;
    for (int i = 0; i < n; i++) {
        nearest_of(reals, images == reals ? i : -1, images->data + (size_t)i * size, &distance);
        sum += distance;
    }
    return sum / n;
}

// Samples, and below each the real image that is nearest to it.
static bool write_nearest(const Tensor *samples, const Tensor *reals, Tape *tape,
                          const char *folder, Error *error) {
    const int *dims = samples->shape.dims;
    const size_t size = samples->size / (size_t)dims[0];
    Tensor *pairs = tape_tensor(tape, SHAPE(2 * NEAREST, dims[1], dims[2], dims[3]));
    for (int i = 0; i < NEAREST; i++) {
        double distance;
        const real *sample = samples->data + (size_t)i * size;
        const int nearest = nearest_of(reals, -1, sample, &distance);
        memcpy(pairs->data + (size_t)i * size, sample, size * sizeof(real));
        memcpy(pairs->data + (size_t)(NEAREST + i) * size, reals->data + (size_t)nearest * size,
               size * sizeof(real));
    }
    return image_grid_write(folder, "nearest.png", pairs, NEAREST, 2, error);
}

#endif
