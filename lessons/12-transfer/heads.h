// Two backbones, and heads that learn side by side: one for each number of photos.
#ifndef KNOBS_LESSON_12_HEADS_H
#define KNOBS_LESSON_12_HEADS_H

#include <math.h>
#include <stdio.h>

#include "data/derived.h"
#include "instruments/evaluate.h"
#include "files/table.h"
#include "nn/layers.h"
#include "nn/mobilenet.h"
#include "run/lesson.h"
#include "run/loop.h"

enum { IMAGENET, RANDOM, BACKBONES, HEADS_MAX = 24 };
static const char *const backbone_names[] = {"ImageNet", "random"};

// The control: the same network with Kaiming's random weights, which keep the signal's size.
static Module *random_backbone(double width, Random *random) {
    Module *network = mobilenet_new(width, 0);
    module_initialise(network, random); // it has values then, as one that was loaded
    mobilenet_forget(network, random);
    return network;
}

typedef struct Heads {
    int count; // half of them of each backbone; the last of a half learns from all photos
    struct Head {
        int backbone;
        double photos; // of each class, that it learns from
        double accuracy;
        Module *layer;
        Dataset few; // features of these photos
        Batches *batches;
    } items[HEADS_MAX];
    Module *layers; // of all heads
} Heads;

static void add_head(Heads *heads, int backbone, double photos, Dataset few) {
    struct Head *head = &heads->items[heads->count++];
    *head = (struct Head){.backbone = backbone, .photos = photos, .few = few};
    head->layer = sequential_new(flatten_new(), linear_new(few.channels, few.classes));
    head->batches = batches_new(&head->few, .size = few.count, .shuffle = false);
    char name[32];
    snprintf(name, sizeof name, "head%d", heads->count);
    sequential_append(heads->layers, name, head->layer);
}

static int smallest_class(const Dataset *data) {
    int smallest = data->count;
    for (int class = 0; class < data->classes; class ++) {
        int count = 0;
        for (int i = 0; i < data->count; i++)
            count += data->labels[i] == class;
        smallest = count < smallest ? count : smallest;
    }
    return smallest;
}

// For 1, 2, 5, 10 … photos of each class, as long as every class has more, and for all that there are.
static bool add_heads(Heads *heads, int backbone, const Dataset *train, uint64_t seed,
                      Error *error) {
    static const int sizes[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    const int smallest = smallest_class(train);
    for (int i = 0; i < 10 && sizes[i] < smallest; i++) {
        Dataset few;
        if (!dataset_few(&few, train, sizes[i], seed, error))
            return false;
        add_head(heads, backbone, sizes[i], few);
    }
    add_head(heads, backbone, (double)train->count / train->classes,
             dataset_slice(train, 0, train->count));
    return true;
}

// The accuracy of each head on new photos: learning.csv, and what is claimed.
static bool test_heads(Heads *heads, const Dataset tests[BACKBONES], Loop *loop, Results *results) {
    const int all = heads->count / 2 - 1;
    Table *table = table_open(loop->options->out, "learning.csv", "backbone,photos,accuracy");
    tape_clear(loop->tape);
    for (int i = 0; i < heads->count; i++) {
        struct Head *head = &heads->items[i];
        const Dataset *test = &tests[head->backbone];
        head->accuracy = evaluate(head->layer, loop->tape, test).accuracy;
        table_row(table, "%s,%g,%.17g", backbone_names[head->backbone], head->photos,
                  head->accuracy);
    }
    result_add(results, "accuracy", heads->items[all].accuracy);
    result_add(results, "accuracy_one", heads->items[0].accuracy);
    result_add(results, "accuracy_random", heads->items[heads->count - 1].accuracy);
    result_add(results, "photos", heads->items[all].few.count);
    result_add(results, "tested", tests[IMAGENET].count);
    return table_close(table, loop->error);
}

// Of a share of n: the 95 % interval (Wilson, "Probable inference, the law of succession, and statistical inference", 1927).
typedef struct Interval {
    double low, high;
} Interval;

static Interval interval_of(double share, double n) {
    const double z = 1.96, middle = share + z * z / (2 * n), whole = 1 + z * z / n;
    const double half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return (Interval){(middle - half) / whole, (middle + half) / whole};
}

static void free_heads(Heads *heads) { // their layers belong to the loop
    for (int i = 0; i < heads->count; i++) {
        batches_free(heads->items[i].batches);
        dataset_free(&heads->items[i].few);
    }
}

#endif
