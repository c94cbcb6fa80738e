#include "data/batches.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

// Below this many pixels a batch is filled sooner than threads wake up.
#define PARALLEL_PIXELS (1 << 18)

Batches *batches_new_with(const Dataset *data, BatchOptions options) {
    if (options.size < 1)
        fatal("batches_new: size %d, expected at least 1", options.size);
    if (options.drop_last && options.size > data->count)
        fatal("batches_new: drop_last leaves no batch: size %d, %d images", options.size,
              data->count);
    const int parts = options.parts ? options.parts : 1;
    if (parts < 1 || options.part < 0 || options.part >= parts || options.size % parts ||
        (parts > 1 && !options.drop_last))
        fatal("batches_new: %d images can't be shared out in %d equal parts (drop_last: %d), of "
              "which this is %d",
              options.size, parts, options.drop_last, options.part);
    augment_check(options.augment);
    if (data->count < 1)
        fatal("batches_new: the data set %s has no image", data->name ? data->name : "");
    Batches *batches = memory_alloc(sizeof *batches);
    *batches = (Batches){.data = data, .options = options, .order_epoch = -1};
    batches->order = memory_alloc((size_t)data->count * sizeof(int));
    batches->labels = memory_alloc((size_t)data->count * sizeof(int));
    for (int pixel = 0; pixel < 256; pixel++)
        batches->numbers[pixel] = (real)((pixel / data->pixel_max - data->mean) / data->std);
    return batches;
}

void batches_free(Batches *batches) {
    if (!batches)
        return;
    free(batches->order);
    free(batches->labels);
    free(batches);
}

int batches_count(const Batches *batches) {
    const int count = batches->data->count, size = batches->options.size;
    return count / size + (count % size && !batches->options.drop_last);
}

// Sets the order of the epoch that is under way, and the labels in it, if they aren't there yet.
static void batches_order(Batches *batches) {
    if (batches->order_epoch == batches->epoch)
        return;
    const int count = batches->data->count;
    if (batches->options.shuffle) {
        Random root = random_from_seed(batches->options.seed);
        Random random = random_split(&root, (uint64_t)batches->epoch);
        random_permutation(&random, (size_t)count, batches->order);
    } else {
        for (int i = 0; i < count; i++)
            batches->order[i] = i;
    }
    for (int i = 0; i < count; i++)
        batches->labels[i] = batches->data->labels[batches->order[i]];
    batches->order_epoch = batches->epoch;
}

// Augments image number `index` in place, as drawn for this epoch: by a stream of the seed that isn't the
// order's.
static void augment_image(const Batches *batches, int index, real *image) {
    const Dataset *data = batches->data;
    const size_t bytes = dataset_pixels(data) * sizeof(real);
    Random random = random_from_seed(batches->options.seed);
    random = random_split(&random, UINT64_MAX);
    random = random_split(&random, (uint64_t)batches->epoch);
    random = random_split(&random, (uint64_t)index);
    const View view = augment_draw(batches->options.augment, data->height, data->width, &random);
    real *before = memory_alloc(bytes);
    memcpy(before, image, bytes);
    augment_apply(view, data->channels, data->height, data->width, before, image);
    free(before);
}

static void fill_image(const Batches *batches, int index, real *to) {
    const Dataset *data = batches->data;
    const size_t pixels = dataset_pixels(data), first = (size_t)index * pixels;
    if (data->numbers) {
        memcpy(to, data->numbers + first, pixels * sizeof(real));
        return;
    }
    const unsigned char *from = data->pixels + first;
    for (size_t pixel = 0; pixel < pixels; pixel++)
        to[pixel] = batches->numbers[from[pixel]];
}

static void batches_fill(const Batches *batches, const int *indices, int count, real *images) {
    const size_t pixels = dataset_pixels(batches->data);
    const bool augments = !augment_is_none(batches->options.augment);
#pragma omp parallel for schedule(static) if ((size_t)count * pixels > PARALLEL_PIXELS)
    for (int i = 0; i < count; i++) {
        fill_image(batches, indices[i], images + (size_t)i * pixels);
        if (augments)
            augment_image(batches, indices[i], images + (size_t)i * pixels);
    }
}

bool batches_next(Batches *batches, Tape *tape, Batch *batch) {
    const Dataset *data = batches->data;
    const int size = batches->options.size, left = data->count - batches->next;
    *batch = (Batch){0};
    if (left <= 0 || (left < size && batches->options.drop_last)) {
        batches->epoch++;
        batches->next = 0;
        return false;
    }
    batches_order(batches);
    const int parts = batches->options.parts ? batches->options.parts : 1;
    const int whole = left < size ? left : size, share = whole / parts;
    const int first = batches->next + batches->options.part * share;
    batch->count = share;
    batch->images =
        tape_tensor(tape, SHAPE(batch->count, data->channels, data->height, data->width));
    batches_fill(batches, batches->order + first, batch->count, batch->images->data);
    batch->labels = batches->labels + first;
    batches->next += whole;
    return true;
}

Batch batches_draw(Batches *batches, Tape *tape) {
    Batch batch;
    while (!batches_next(batches, tape, &batch))
        ; // the end of an epoch: the next call begins another
    return batch;
}

bool batches_seek(Batches *batches, long epoch, int next, Error *error) {
    const int count = batches->data->count, size = batches->options.size;
    const bool at_the_end = next == count && !batches->options.drop_last;
    if (epoch < 0 || next < 0 || next > count || (next % size != 0 && !at_the_end))
        return error_set(error,
                         "the data order can't go on from image %d of epoch %ld: expected a "
                         "multiple of %d up to %d",
                         next, epoch, size, count);
    batches->epoch = epoch;
    batches->next = next;
    return true;
}
