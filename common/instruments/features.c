#include "instruments/features.h"

#include <string.h>

#include "instruments/evaluate.h"

Dataset features_of(Module *backbone, Tape *tape, const Dataset *data) {
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
    Batches *batches = batches_new(data, .size = 250, .shuffle = false);
    real *to = NULL;
    for (Batch batch; batches_next(batches, tape, &batch); tape_clear(tape)) {
        const Tensor *outputs = evaluate_batch(backbone, batch.images);
        if (!to) {
            features.channels = (int)outputs->size / batch.count;
            to = features.owned_numbers =
                memory_alloc((size_t)data->count * features.channels * sizeof(real));
        }
        memcpy(to, outputs->data, outputs->size * sizeof(real));
        to += outputs->size;
    }
    features.numbers = features.owned_numbers;
    batches_free(batches);
    return features;
}
