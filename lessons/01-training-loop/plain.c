// Training in one page: a network learns to tell ten garments apart, with nothing around it.
//
// Build and run it:    make plain
//
// A *tape* records what is computed, so that it can be walked backwards; all tensors that were made on
// it die when it is cleared. Everything else is named as it is called in the field.

#include <stdio.h>

#include "base/threads.h"    // how loops wait for each other
#include "data/batches.h"    // the data set, a batch of images at a time
#include "nn/layers.h"       // a network, made of layers
#include "nn/loss.h"         // how wrong it is
#include "optim/optimizer.h" // how its weights move
#include "run/process.h"     // whether what is printed arrives

int main(int argc, char **argv) {
    (void)argc;
    threads_prepare(argv);
    Error error;
    Dataset train, test;
    if (!dataset_load(&train, &test, "fashion", &error))
        return error_report(&error);

    Random random = random_from_seed(11);
    Module *network =
        sequential_new(flatten_new(), linear_new(28 * 28, 256), relu_new(), linear_new(256, 10));
    module_initialise(network, &random);
    Optimizer *optimizer = sgd(module_parameters(network), .lr = 0.05);
    Batches *batches = batches_new(&train, .size = 64, .seed = 11);
    Tape *tape = tape_new();
    for (int epoch = 1; epoch <= 5; epoch++) {
        double sum = 0;
        for (Batch batch; batches_next(batches, tape, &batch);) {
            Tensor *logits = module_forward(network, batch.images); // what does it say?
            Tensor *loss = cross_entropy(logits, batch.labels);     // how wrong is that?
            optimizer_zero_grad(optimizer);
            backward(loss);            // d loss / d weight, for every weight
            optimizer_step(optimizer); // weight ← weight − 0.05 · gradient
            sum += tensor_item(loss);
            tape_clear(tape); // the tensors of this step die here
        }
        printf("epoch %d: mean loss %.3f\n", epoch, sum / batches_count(batches));
    }

    int correct = 0;
    Batches *tests = batches_new(&test, .size = 250, .shuffle = false);
    tape_set_recording(tape, false); // nothing will be walked backwards
    for (Batch batch; batches_next(tests, tape, &batch); tape_clear(tape))
        correct += count_correct(module_forward(network, batch.images), batch.labels);
    printf("%.1f %% of %d garments that it never saw are named right\n",
           100.0 * correct / test.count, test.count);
    batches_free(tests);
    batches_free(batches);
    optimizer_free(optimizer);
    module_free(network);
    tape_free(tape);
    dataset_free(&train);
    dataset_free(&test);
    return process_said(&error) ? 0 : error_report(&error);
}
