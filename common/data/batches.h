// Cuts a data set into batches, in a new random order each epoch.
//
//     Batches *batches = batches_new(&train, .size = 64, .seed = 7);
//     Batch batch;
//     for (int epoch = 0; epoch < epochs; epoch++)
//         while (batches_next(batches, tape, &batch)) {
//             …a step on batch.images and batch.labels…
//             tape_clear(tape);
//         }
//
// The order of epoch e is a pure function of (seed, e), so where the iteration stands is two
// numbers, `epoch` and `next`, which is all that a checkpoint has to keep.
#ifndef KNOBS_DATA_BATCHES_H
#define KNOBS_DATA_BATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/real.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "tensor/tape.h"

typedef struct BatchOptions {
    int size;       // images a batch, at least 1
    bool shuffle;   // a new order each epoch; otherwise the order of the set
    uint64_t seed;  // of the shuffle
    bool drop_last; // leave out the last batch of an epoch if it is smaller than size
    // Where several processes share each batch: this one has the part-th (from 0) of so many equal ones. 0
    // parts: it has all. The order is the same in all, so where it stands doesn't depend on the parts.
    int part, parts;
    Augment augment; // how an image may look otherwise when it is drawn; all zero: not at all
} BatchOptions;

typedef struct Batch {
    Tensor *images; // [count, channels, height, width], (pixel / pixel_max − mean) / std; step life
    const int *labels; // [count], valid until the next batches_next
    int count;         // size, or its share, or less in the last batch of an epoch
} Batch;

typedef struct Batches {
    const Dataset *data; // the caller's; must outlive this and keep its place
    BatchOptions options;
    long epoch;        // of the next batch, from 0
    int next;          // how many images of that epoch were given out
    int *order;        // [data->count], the images in the order of epoch order_epoch
    long order_epoch;  // −1: none yet
    int *labels;       // [data->count], theirs
    real numbers[256]; // what each value of a pixel is as a number
} Batches;

// batches_new(&data, .size = 32, …): the options not named are as given here. The caller ends it
// with batches_free. Fatal: size < 1; drop_last when not even one batch is full; parts that aren't equal,
// or without drop_last; an augmentation that can't be.
#define batches_new(data, ...)                                                                     \
    batches_new_with(                                                                              \
        data,                                                                                      \
        (BatchOptions){.size = 64, .shuffle = true, .seed = 1, .drop_last = false, __VA_ARGS__})
Batches *batches_new_with(const Dataset *data, BatchOptions options);
void batches_free(Batches *batches);

// The next batch, its images on the tape. False at the end of an epoch, and the batch is then
// empty; the call after that begins the next epoch.
bool batches_next(Batches *batches, Tape *tape, Batch *batch);

// The next batch without a stop: behind the last batch of an epoch comes the first of the next. For a
// training that counts steps.
Batch batches_draw(Batches *batches, Tape *tape);

// Batches (steps) in an epoch.
int batches_count(const Batches *batches);

// Goes on from a saved (epoch, next) of the same data and options. The error is a position that
// batches_next never stops at; nothing has changed then.
bool batches_seek(Batches *batches, long epoch, int next, Error *error);

#endif
