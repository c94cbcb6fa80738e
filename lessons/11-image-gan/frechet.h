// How far generated garments are from real ones: the Fréchet distance between the two clouds of
// features that a classifier of ours makes of them. (It is not the FID of the literature, whose
// features are those of Inception v3 for ImageNet: its numbers can't be compared with these.)
#ifndef KNOBS_LESSON_11_FRECHET_H
#define KNOBS_LESSON_11_FRECHET_H

#include <math.h>

#include "instruments/cloud.h"
#include "instruments/evaluate.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "run/interrupt.h"
#include "run/progress.h"

enum { FEATURES = 64, FRECHET_SAMPLES = 5000, AT_ONCE = 250 };

// --- the classifier ------------------------------------------------------------------------------

// Images [n, 1, 28, 28] → features [n, 64] (child 0) → 10 garments.
static Module *classifier_new(Random *random) {
    Module *features =
        sequential_new(conv2d_new(1, 16, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                       conv2d_new(16, 32, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                       flatten_new(), linear_new(32 * 7 * 7, FEATURES), relu_new());
    Module *classifier = sequential_new(features, linear_new(FEATURES, 10));
    module_initialise(classifier, random);
    return classifier;
}

static void classifier_train(Module *classifier, Tape *tape, const Dataset *data, int epochs) {
    Optimizer *optimizer = adam(module_parameters(classifier));
    Batches *batches = batches_new(data, .size = 64, .seed = 1);
    const long steps = (long)epochs * batches_count(batches);
    Progress progress;
    progress_start(&progress, "classifier", 0, steps, batches_count(batches));
    for (long step = 1; step <= steps && !interrupt_signal(); step++) {
        const Batch batch = batches_draw(batches, tape);
        Tensor *loss = cross_entropy(module_forward(classifier, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        progress_step(&progress, step, "step %ld/%ld  loss %.4f", step, steps, tensor_item(loss));
        tape_clear(tape);
    }
    progress_finish(&progress, interrupt_signal()
                                   ? "stopped"
                                   : "its features are what samples are compared by");
    batches_free(batches);
    optimizer_free(optimizer);
}

// --- clouds of its features ----------------------------------------------------------------------

// Adds the features of some images. Clears their tape.
static void add_images(Cloud *cloud, Module *classifier, Tensor *images) {
    const Tensor *features = evaluate_batch(classifier->children[0], images);
    cloud_add(cloud, features->data, features->shape.dims[0]);
    tape_clear(images->tape);
}

// Of the first images of a set.
static Cloud cloud_of_data(Module *classifier, Tape *tape, const Dataset *data) {
    Cloud cloud = {.size = FEATURES};
    Batches *batches = batches_new(data, .size = AT_ONCE, .shuffle = false);
    for (Batch batch; cloud.count < FRECHET_SAMPLES && batches_next(batches, tape, &batch);)
        add_images(&cloud, classifier, batch.images);
    batches_free(batches);
    return cloud;
}

// Of a generator's images, of the same noise at each call.
static Cloud cloud_of_samples(Module *classifier, Tape *tape, Module *generator, int latent) {
    Cloud cloud = {.size = FEATURES};
    Random random = random_from_seed(1);
    while (cloud.count < FRECHET_SAMPLES) {
        Tensor *noise = tape_normal(tape, SHAPE(AT_ONCE, latent, 1, 1), &random);
        add_images(&cloud, classifier, evaluate_batch(generator, noise));
    }
    return cloud;
}

// --- the judge -----------------------------------------------------------------------------------

typedef struct Judge {
    Module *classifier; // NULL: there is no judge, for the data are no garments
    Cloud real;         // features of the test images
    double floor;       // the distance of training images to these: as near as it gets
} Judge;

// With `quick` the classifier trains a little. The caller frees it.
static void judge_init(Judge *judge, const Dataset *train, const Dataset *test, Tape *tape,
                       bool quick) {
    Random random = random_from_seed(1);
    const Dataset part =
        dataset_slice(train, 0, quick && train->count > 6000 ? 6000 : train->count);
    judge->classifier = classifier_new(&random);
    classifier_train(judge->classifier, tape, &part, quick ? 1 : 3);
    judge->real = cloud_of_data(judge->classifier, tape, test);
    const Cloud others = cloud_of_data(judge->classifier, tape, train);
    judge->floor = cloud_distance(&others, &judge->real);
}

// How far a generator's images are from real ones; NaN without a judge. Clears the tape.
static double judge_distance(const Judge *judge, Tape *tape, Module *generator, int latent) {
    if (!judge->classifier)
        return NAN;
    const Cloud made = cloud_of_samples(judge->classifier, tape, generator, latent);
    return cloud_distance(&made, &judge->real);
}

#endif
