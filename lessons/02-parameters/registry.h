// What an optimizer sees of a model: the registry's list of pointers. A small conv net with a layer of
// our own is built, its list given to SGD, and compared: the count, the pointers, the gradients.
#ifndef KNOBS_LESSON_02_REGISTRY_H
#define KNOBS_LESSON_02_REGISTRY_H

#include "instruments/ownership.h"
#include "instruments/slope.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "prelu.h" // the layer of our own
#include "run/lesson.h"

// --- the model whose parameters are counted ------------------------------------------------------

// out·in·k·k + out of the convolution, a slope for each channel, out·in + out of the linear layer
enum { BY_HAND = (8 * 1 * 3 * 3 + 8) + 8 + (10 * 8 * 14 * 14 + 10), SLOPES = 8 };

static Module *network_new(int seed) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "conv", conv2d_new(1, 8, 3, .padding = 1));
    sequential_append(network, "act", prelu_new(SLOPES));
    sequential_append(network, "pool", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(8 * 14 * 14, 10));
    Random random = random_from_seed((uint64_t)seed);
    module_initialise(network, &random);
    return network;
}

typedef struct Registry {
    size_t numbers, slopes; // in the list; of them, those of the layer of our own
    int pointers;           // its length
    int same;               // of the optimizer's pointers: those that are the module's own
    int slopes_moved;       // by one step of the optimizer
    double gradient_error;  // relative, of slope and of conv.bias behind it
} Registry;
static Registry found;

static void look_at_registry(Module *network, Optimizer *optimizer, Batch batch) {
    const ParameterList list = module_parameters(network);
    Parameter *slope = module_find_parameter(network, "act.slope");
    found = (Registry){.numbers = parameter_list_size(&list),
                       .slopes = slope->tensor.size,
                       .pointers = list.count};
    const ParameterList owned = optimizer->groups[0].parameters;
    for (int i = 0; i < owned.count; i++)
        found.same += owned.items[i] == module_find_parameter(network, owned.items[i]->name);

    backward(cross_entropy(module_forward(network, batch.images), batch.labels));
    ParameterList both = {2, {slope, module_find_parameter(network, "conv.bias")}};
    found.gradient_error = gradient_error(network, both, batch);
    optimizer_step(optimizer);
    for (size_t c = 0; c < slope->tensor.size; c++)
        found.slopes_moved += slope->tensor.data[c] != (real)0.25;
}

static bool registry_check(const LessonOptions *options, Error *error) {
    LessonData data;
    if (!lesson_data_load(&data, options, error))
        return false;
    Tape *tape = tape_new();
    Module *network = network_new(options->seed);
    Optimizer *optimizer = sgd(module_parameters(network), .lr = 1); // a step to be seen
    Batches *batches = batches_new(&data.train, .size = 64, .seed = (uint64_t)options->seed);
    Batch batch;
    batches_next(batches, tape, &batch);
    look_at_registry(network, optimizer, batch);
    const bool written = ownership_write(options->out, "ownership.csv", network, optimizer, error);
    batches_free(batches);
    optimizer_free(optimizer);
    module_free(network);
    tape_free(tape);
    lesson_data_free(&data);
    return written;
}

// --- claims --------------------------------------------------------------------------------------

static void registry_claims(Claims *claims) {
    claims_check(claims, found.numbers == BY_HAND,
                 "the registry holds the numbers that are counted by hand",
                 "%zu in the list, %d by hand", found.numbers, BY_HAND);
    claims_check(claims, found.same == found.pointers,
                 "the optimizer holds the module's own pointers", "%d of %d are the same",
                 found.same, found.pointers);
    claims_check(claims, found.slopes == SLOPES && found.slopes_moved == SLOPES,
                 "a layer of one's own adds its parameter to the list, and the optimizer moves it",
                 "%zu numbers, %d moved", found.slopes, found.slopes_moved);
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-6 : 1e-2;
    claims_check(claims, found.gradient_error < tolerance,
                 "its gradients are the measured slopes of the loss",
                 "relative difference %.1e, at most %.0e in " REAL_NAME, found.gradient_error,
                 tolerance);
}

#endif
