#include "instruments/evaluate.h"

#include "nn/loss.h"

Tensor *evaluate_batch(Module *network, Tensor *inputs) {
    Tape *tape = inputs->tape;
    const bool was_recording = tape->recording;
    module_begin_evaluation(network);
    tape_set_recording(tape, false);
    Tensor *outputs = module_forward(network, inputs);
    tape_set_recording(tape, was_recording);
    module_end_evaluation(network);
    return outputs;
}

// The loss of such outputs isn't recorded either: they require no gradient.
double batch_loss(Module *network, Batch batch) {
    return tensor_item(cross_entropy(evaluate_batch(network, batch.images), batch.labels));
}

Evaluation evaluate(Module *network, Tape *tape, const Dataset *data) {
    Batches *batches = batches_new(data, .size = 250, .shuffle = false);
    Batch batch;
    double loss = 0;
    int correct = 0;
    while (batches_next(batches, tape, &batch)) {
        Tensor *logits = evaluate_batch(network, batch.images);
        loss += batch.count * tensor_item(cross_entropy(logits, batch.labels));
        correct += count_correct(logits, batch.labels);
        tape_clear(tape);
    }
    batches_free(batches);
    return (Evaluation){.accuracy = (double)correct / data->count, .loss = loss / data->count};
}
