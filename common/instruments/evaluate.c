#include "instruments/evaluate.h"

#include "nn/loss.h"

Evaluation evaluate(Module *network, Tape *tape, const Dataset *data) {
    const bool was_recording = tape->recording;
    module_begin_evaluation(network);
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
    module_end_evaluation(network);
    return (Evaluation){.accuracy = (double)correct / data->count, .loss = loss / data->count};
}

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

double batch_loss(Module *network, Batch batch) {
    Tape *tape = batch.images->tape;
    const bool was_recording = tape->recording;
    Tensor *logits = evaluate_batch(network, batch.images);
    tape_set_recording(tape, false);
    const Tensor *loss = cross_entropy(logits, batch.labels);
    tape_set_recording(tape, was_recording);
    return tensor_item(loss);
}
