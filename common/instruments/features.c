#include "instruments/features.h"

#include <string.h>

#include "data/batches.h"
#include "instruments/evaluate.h"

// Pixels of the images that go through the backbone at a time, but at least one image.
enum { BATCH_PIXELS = 250 * 28 * 28 };

Dataset features_of_with(Module *backbone, Tape *tape, const Dataset *data,
                         FeaturesOptions options) {
    const int pixels = (int)dataset_pixels(data), each = (BATCH_PIXELS + pixels - 1) / pixels;
    Dataset features = {.name = data->name,
                        .count = data->count,
                        .classes = data->classes,
                        .height = 1,
                        .width = 1,
                        .pixel_max = 1,
                        .std = 1};
    features.owned_labels = memory_alloc((size_t)data->count * sizeof(int));
    memcpy(features.owned_labels, data->labels, (size_t)data->count * sizeof(int));
    features.labels = features.owned_labels;
    Batches *batches = batches_new(data, .size = each, .shuffle = false);
    real *to = NULL;
    bool stopped = false;
    for (Batch batch; !stopped && batches_next(batches, tape, &batch); tape_clear(tape)) {
        const Tensor *outputs = evaluate_batch(backbone, batch.images);
        if (!to) {
            features.channels = (int)outputs->size / batch.count;
            to = features.owned_numbers =
                memory_alloc((size_t)data->count * features.channels * sizeof(real));
        }
        memcpy(to, outputs->data, outputs->size * sizeof(real));
        to += outputs->size;
        stopped = options.stop && options.stop(batches->next, data->count);
    }
    features.numbers = features.owned_numbers;
    batches_free(batches);
    if (stopped)
        dataset_free(&features);
    return features;
}
