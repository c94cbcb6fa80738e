// What both ladders measure: what a rung starts from, how far it carries each layer, and by how much one
// rung beats another.
#ifndef KNOBS_LESSON_14_CLIMB_H
#define KNOBS_LESSON_14_CLIMB_H

#include <stdlib.h>
#include <string.h>

#include "data/batches.h"
#include "files/table.h"
#include "instruments/weights.h"
#include "run/lesson.h"
#include "rungs.h"

// --- augmentation --------------------------------------------------------------------------------

#define AUGMENT_NAMES "none", "flip", "shift", "crop", "all"

static Augment augment_of(int choice, int side) { // shifts by up to 1/14 of the side
    const Augment kinds[] = {{0},
                             {.flip = true},
                             {.shift = side / 14},
                             {.crop = 0.7},
                             {.flip = true, .shift = side / 14, .crop = 0.7}};
    return kinds[choice];
}

// --- what a rung starts from ---------------------------------------------------------------------

typedef struct Start {
    real *weights[16]; // of each layer
    double head;       // tells the bits of the new head
    double images;     // tells the images that it learns from
} Start;

static Start start_of(const Rung *rung, const Dataset *images) {
    Start start = {.head = weights_fingerprint(&rung->layers[rung->layer_count - 1])};
    for (int i = 0; i < rung->layer_count; i++)
        start.weights[i] = weights_copy(&rung->layers[i]);
    for (size_t i = 0; i < dataset_pixels(images) * (size_t)images->count; i++)
        start.images += (double)(i % 8191) * images->pixels[i];
    return start;
}

static void start_free(Start *start) {
    for (int i = 0; i < 16; i++)
        free(start->weights[i]);
}

// drift.csv: a row a layer, from the input on; and the first layer's and the head's among the results.
static bool write_drift(const Rung *rung, const Start *start, const char *folder, Results *results,
                        Error *error) {
    Table *table = table_open(folder, "drift.csv", "layer,name,drift");
    double drift = NAN;
    for (int i = 0; i < rung->layer_count; i++) {
        const char *name = rung->layers[i].items[0]->name;
        drift = weights_drift(&rung->layers[i], start->weights[i]);
        table_row(table, "%d,%.*s,%.9g", i + 1, (int)strcspn(name, "."), name, drift);
        if (i == 0)
            result_add(results, "drift_first", drift);
    }
    result_add(results, "drift_head", drift);
    result_add(results, "head", start->head);
    result_add(results, "images", start->images);
    return table_close(table, error);
}

// --- claims --------------------------------------------------------------------------------------

static void claim_paired(Claims *claims, const Results *results) {
    double apart = 0;
    for (int rung = 1; rung < RUNGS; rung++)
        for (int what = 0; what < 2; what++) {
            const char *name = what ? "head" : "images";
            const Sample first = results_of(results, name, 0),
                         own = results_of(results, name, rung);
            const Sample difference = sample_difference(&own, &first);
            apart += difference.least != 0 || difference.most != 0;
        }
    claims_check(claims, apart == 0,
                 "all rungs of a seed have the same images and the same new head, bit for bit",
                 "%g of %d differ", apart, 2 * (RUNGS - 1));
    claims_check(claims, results_of(results, "drift_first", LAST_LAYER).most == 0,
                 "last layer: the first layer stays where it is", "drift %g",
                 results_of(results, "drift_first", LAST_LAYER).most);
}

// The drift of the first layer, of the head's: the largest of any seed.
static double drift_ratio(const Results *results, int rung) {
    const Sample first = results_of(results, "drift_first", rung);
    const Sample head = results_of(results, "drift_head", rung);
    double most = 0;
    for (int i = 0; i < first.count; i++)
        most = worst_of(most, first.values[i] / head.values[i]);
    return most;
}

static void claim_drift(Claims *claims, const Results *results) {
    const double ratio = drift_ratio(results, DIFFERENTIAL);
    const Sample one = results_of(results, "drift_first", FULL);
    const Sample two = results_of(results, "drift_first", DIFFERENTIAL);
    claims_check_seeds(claims, ratio <= 0.1,
                       "differential: the first layer drifts at most a tenth as far as the head",
                       "%.2g of it, at most; at one rate %.2g", ratio, drift_ratio(results, FULL));
    claims_check_seeds(claims, two.most < one.least,
                       "differential: the first layer drifts less than at one rate",
                       "%.2g, at most, against %.2g, at least", two.most, one.least);
}

// By the differences seed by seed, with their standard error.
static Sample rung_gain(const Results *results, int better, int other) {
    const Sample a = results_of(results, "accuracy", better);
    const Sample b = results_of(results, "accuracy", other);
    return sample_difference(&a, &b);
}

static void claim_gain(Claims *claims, const Results *results, int better, int other,
                       const char *words) {
    const Sample gain = rung_gain(results, better, other);
    claims_check_seeds(claims, gain.mean > 2 * gain.error, words, "by %+.1f ± %.1f points",
                       100 * gain.mean, 100 * gain.error);
}

#endif
