#include "instruments/evaluate.h"

#include "data/batches.h"
#include "nn/loss.h"

Evaluation evaluate(Module *network, Tape *tape, const Dataset *data) {
    const bool was_training = network->training, was_recording = tape->recording;
    module_train(network, false);
    tape_set_recording(tape, false);
    Batches *batches = batches_new(data, .size = 250, .shuffle = false);
    Batch batch;
    double loss = 0;
    int correct = 0;
    while (batches_next(batches, tape, &batch)) {
        Tensor *logits = module_forward(network, batch.images);
        loss += batch.count * tensor_item(cross_entropy(logits, batch.labels));
        correct += count_correct(logits, batch.labels);
        tape_clear(tape);
    }
    batches_free(batches);
    tape_set_recording(tape, was_recording);
    module_train(network, was_training);
    return (Evaluation){.accuracy = (double)correct / data->count, .loss = loss / data->count};
}

Tensor *evaluate_batch(Module *network, Tensor *inputs) {
    Tape *tape = inputs->tape;
    const bool was_training = network->training, was_recording = tape->recording;
    module_train(network, false);
    tape_set_recording(tape, false);
    Tensor *outputs = module_forward(network, inputs);
    tape_set_recording(tape, was_recording);
    module_train(network, was_training);
    return outputs;
}

double batch_loss(Module *network, Batch batch) {
    tape_set_recording(batch.images->tape, false);
    Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
    tape_set_recording(batch.images->tape, true);
    return tensor_item(loss);
}
