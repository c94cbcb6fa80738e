// The small CNN on the 8×8 digits that some tests train, with initial weights that
// scripts/golden_training.py computes too, exactly: multiples of 2⁻²⁴ from mixed integers.
// cmocka's headers come first.
#ifndef KNOBS_TESTS_SMALL_CNN_H
#define KNOBS_TESTS_SMALL_CNN_H

#include "data/batches.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "schedule/scheduler.h"

static inline Module *small_cnn_new(void) {
    return sequential_new(conv2d_new(1, 8, 3, .padding = 1), relu_new(), max_pool2d_new(2),
                          conv2d_new(8, 16, 3, .padding = 1), batch_norm_new(16), relu_new(),
                          max_pool2d_new(2), flatten_new(), linear_new(64, 32), relu_new(),
                          linear_new(32, 10));
}

// 32 bits to 32 bits (lowbias32, Wellons 2018).
static inline uint32_t small_cnn_mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7FEB352Du;
    x ^= x >> 15;
    x *= 0x846CA68Bu;
    return x ^ x >> 16;
}

static inline void small_cnn_set_weights(Module *network) {
    static const char *const layers[] = {"0", "3", "8", "10"};
    Random unused = random_from_seed(1); // for the batch norm, which needs no draws
    module_initialise(network, &unused);
    for (uint32_t index = 0; index < 4; index++) {
        const Module *layer = module_find(network, layers[index]);
        const int fan_in = init_fan(layer->parameters.items[0], FAN_IN);
        double bound = 1; // the power of two at or below 1/√fan_in
        while (bound * bound * fan_in > 1)
            bound /= 2;
        for (uint32_t part = 0; part < 2; part++) {
            Parameter *parameter = layer->parameters.items[part];
            const uint32_t start = (2 * index + part) * 1000003u;
            for (uint32_t i = 0; i < parameter->tensor.size; i++)
                parameter->tensor.data[i] =
                    (real)(((double)(small_cnn_mix(start + i) >> 16) / 32768 - 1) * bound);
            parameter_changed(parameter);
        }
    }
}

static inline Dataset small_cnn_digits(void) {
    Dataset train, test;
    Error error;
    if (!dataset_load(&train, &test, "digits", &error))
        fail_msg("%s", error.message);
    dataset_free(&test);
    return train;
}

// One step of training on the next batch, the first one of the next epoch if this one is at its
// end. Returns the loss before the step.
static inline double small_cnn_step(Module *network, Batches *batches, Optimizer *optimizer,
                                    Scheduler *scheduler, Tape *tape) {
    Batch batch;
    if (!batches_next(batches, tape, &batch))
        batches_next(batches, tape, &batch);
    Tensor *logits = module_forward(network, batch.images);
    Tensor *loss = cross_entropy(logits, batch.labels);
    const double value = tensor_item(loss);
    optimizer_zero_grad(optimizer);
    backward(loss);
    optimizer_step(optimizer);
    if (scheduler)
        scheduler_step(scheduler);
    tape_clear(tape);
    return value;
}

#endif
