// How far generated garments are from real ones: the Fréchet distance between the two clouds of
// features that a classifier of ours makes of them. (It is not the FID of the literature, whose
// features are those of Inception v3 for ImageNet: its numbers can't be compared with these.)
//
// Each cloud counts as a Gaussian of mean m and covariance C (Fréchet 1957; Dowson and Landau 1982;
// Heusel et al. 2017 for GANs):
//
//     d² = |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½)
#ifndef KNOBS_LESSON_11_FRECHET_H
#define KNOBS_LESSON_11_FRECHET_H

#include <math.h>
#include <string.h>

#include "data/batches.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "run/interrupt.h"
#include "run/progress.h"

enum { FEATURES = 64, FRECHET_SAMPLES = 5000 };

// --- the classifier ------------------------------------------------------------------------------

// Images [n, 1, 28, 28] → features [n, 64] ("features"), → 10 garments ("head").
static Module *classifier_new(Random *random) {
    Module *features =
        sequential_new(conv2d_new(1, 16, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                       conv2d_new(16, 32, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                       flatten_new(), linear_new(32 * 7 * 7, FEATURES), relu_new());
    Module *classifier = sequential_new(NULL);
    sequential_append(classifier, "features", features);
    sequential_append(classifier, "head", linear_new(FEATURES, 10));
    module_initialise(classifier, random);
    return classifier;
}

static void classifier_train(Module *classifier, Tape *tape, const Dataset *data, int epochs) {
    Optimizer *optimizer = adam(module_parameters(classifier));
    Batches *batches = batches_new(data, .size = 64, .seed = 1);
    const long steps = (long)epochs * batches_count(batches);
    Progress progress;
    progress_start(&progress, "classifier", 0, steps, batches_count(batches));
    for (long step = 0; step < steps && !interrupt_signal();) {
        Batch batch;
        if (!batches_next(batches, tape, &batch))
            continue; // the end of an epoch
        Tensor *loss = cross_entropy(module_forward(classifier, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        progress_step(&progress, ++step, tensor_item(loss), optimizer_get(optimizer, 0, "lr"));
        tape_clear(tape);
    }
    progress_finish(&progress, "its features are what samples are compared by");
    batches_free(batches);
    optimizer_free(optimizer);
}

// --- clouds of features --------------------------------------------------------------------------

typedef double Matrix[FEATURES][FEATURES];

typedef struct Cloud {
    int count;
    double mean[FEATURES];
    Matrix covariance; // sums of products until cloud_finish
} Cloud;

// Adds the features of some images [n, 1, 28, 28].
static void cloud_add(Cloud *cloud, Module *classifier, Tensor *images) {
    const Tensor *features = module_forward(module_find(classifier, "features"), images);
    for (int i = 0; i < features->shape.dims[0]; i++) {
        const real *f = features->data + (ptrdiff_t)i * FEATURES;
        for (int a = 0; a < FEATURES; a++) {
            cloud->mean[a] += (double)f[a];
            for (int b = 0; b < FEATURES; b++)
                cloud->covariance[a][b] += (double)f[a] * (double)f[b];
        }
        cloud->count++;
    }
}

static void cloud_finish(Cloud *cloud) {
    const double n = cloud->count;
    for (int a = 0; a < FEATURES; a++)
        cloud->mean[a] /= n;
    for (int a = 0; a < FEATURES; a++)
        for (int b = 0; b < FEATURES; b++)
            cloud->covariance[a][b] =
                (cloud->covariance[a][b] - n * cloud->mean[a] * cloud->mean[b]) / (n - 1);
}

// The first images of a set.
static Cloud cloud_of_data(Module *classifier, Tape *tape, const Dataset *data) {
    Cloud cloud = {0};
    Batches *batches = batches_new(data, .size = 250, .shuffle = false);
    tape_set_recording(tape, false);
    for (Batch batch; cloud.count < FRECHET_SAMPLES && batches_next(batches, tape, &batch);) {
        cloud_add(&cloud, classifier, batch.images);
        tape_clear(tape);
    }
    tape_set_recording(tape, true);
    batches_free(batches);
    cloud_finish(&cloud);
    return cloud;
}

// --- the distance --------------------------------------------------------------------------------

// LAPACK: eigenvalues, ascending, and with jobz "V" the eigenvectors in the rows of a.
extern void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *info);

static void eigenvalues(Matrix a, double *values, bool vectors) {
    const int n = FEATURES, room = 64 * FEATURES;
    static double work[64 * FEATURES];
    int info = 0;
    dsyev_(vectors ? "V" : "N", "U", &n, &a[0][0], &n, values, work, &room, &info);
    if (info != 0)
        fatal("frechet: dsyev found no eigenvalues: info %d", info);
}

static void product(Matrix a, Matrix b, Matrix c) {
    for (int i = 0; i < FEATURES; i++)
        for (int j = 0; j < FEATURES; j++) {
            c[i][j] = 0;
            for (int k = 0; k < FEATURES; k++)
                c[i][j] += a[i][k] * b[k][j];
        }
}

// The symmetric root of a covariance; eigenvalues below 0 are rounding.
static void square_root(Matrix covariance, Matrix root) {
    Matrix vectors;
    double values[FEATURES];
    memcpy(vectors, covariance, sizeof vectors);
    eigenvalues(vectors, values, true);
    for (int i = 0; i < FEATURES; i++)
        for (int j = 0; j < FEATURES; j++) {
            root[i][j] = 0;
            for (int k = 0; k < FEATURES; k++)
                root[i][j] += vectors[k][i] * sqrt(fmax(values[k], 0)) * vectors[k][j];
        }
}

static bool cloud_is_finite(const Cloud *cloud) {
    for (int i = 0; i < FEATURES; i++)
        for (int j = 0; j < FEATURES; j++)
            if (!isfinite(cloud->covariance[i][j]))
                return false;
    return true;
}

// NaN where a generator has diverged.
static double frechet_distance(Cloud *a, Cloud *b) {
    Matrix root, half, middle;
    double values[FEATURES], distance = 0;
    if (!cloud_is_finite(a) || !cloud_is_finite(b))
        return NAN;
    square_root(a->covariance, root);
    product(root, b->covariance, half);
    product(half, root, middle);
    eigenvalues(middle, values, false);
    for (int i = 0; i < FEATURES; i++) {
        const double between = a->mean[i] - b->mean[i];
        distance += between * between + a->covariance[i][i] + b->covariance[i][i] -
                    2 * sqrt(fmax(values[i], 0));
    }
    return distance;
}

#endif
