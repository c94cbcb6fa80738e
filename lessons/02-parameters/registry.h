// What an optimizer sees of a model: the registry's list of pointers. A small conv net with a layer
// of our own (prelu.h) is built, its list is given to SGD, and compared: the count by hand, the
// pointers one by one, a value written through one and read through the other, the gradients of the
// layer of our own beside measured slopes.
#ifndef KNOBS_LESSON_02_REGISTRY_H
#define KNOBS_LESSON_02_REGISTRY_H

#include <math.h>

#include "data/batches.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "optim/optimizer.h"
#include "prelu.h" // the layer of our own
#include "run/evaluate.h"
#include "run/lesson.h"
#include "run/table.h"

// --- the model whose parameters are counted ------------------------------------------------------

static Module *network_new(Module *activation, int seed) {
    Module *network = sequential_of((Module *[]){NULL});
    sequential_append(network, "conv", conv2d_new(1, 8, 3, .padding = 1));
    sequential_append(network, "act", activation);
    sequential_append(network, "pool", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(8 * 14 * 14, 10));
    Random random = random_from_seed((uint64_t)seed);
    module_initialise(network, &random);
    return network;
}

// out·in·k·k + out of the convolution, a slope for each channel, out·in + out of the linear layer
enum { BY_HAND = (8 * 1 * 3 * 3 + 8) + 8 + (10 * 8 * 14 * 14 + 10), SLOPES = 8 };

typedef struct Registry {
    size_t numbers, numbers_relu; // in the list of the network, and of one with relu instead
    int pointers, pointers_relu;  // its length
    int same_pointer, same_value; // of the optimizer's pointers: those that are the module's own;
                                  // those through which a value was written and read in the model
    int slopes_moved;             // by one step of the optimizer
    double gradient_error;        // relative, of slope and of conv.bias behind it
} Registry;
static Registry found;

// An optimizer of the module's list holds the very pointers: a write through one is read in both.
static void compare_pointers(Module *network, Optimizer *optimizer) {
    const ParameterList owned = optimizer->groups[0].parameters;
    for (int i = 0; i < owned.count; i++) {
        Parameter *ours = module_find_parameter(network, owned.items[i]->name);
        const real before = ours->tensor.data[0];
        found.same_pointer += owned.items[i] == ours;
        owned.items[i]->tensor.data[0] = before + 1;
        found.same_value += ours->tensor.data[0] == before + 1;
        owned.items[i]->tensor.data[0] = before;
        parameter_changed(owned.items[i]);
    }
}

// The gradient beside (loss with a little more − loss with a little less) / 2h, number by number:
// the length of their difference over the length of the gradient.
static double gradient_error(Module *network, Batch batch, const char *name) {
    const double h = sizeof(real) == sizeof(double) ? 1e-6 : 1e-3; // floats feel no smaller move
    Parameter *parameter = module_find_parameter(network, name);
    double difference = 0, length = 0;
    for (size_t i = 0; i < parameter->tensor.size; i++) {
        real *at = &parameter->tensor.data[i], start = *at;
        *at = start + (real)h;
        const double more = *at, loss_more = batch_loss(network, batch);
        *at = start - (real)h;
        const double less = *at, loss_less = batch_loss(network, batch);
        *at = start;
        const double slope = (loss_more - loss_less) / (more - less);
        const double gradient = (double)parameter->tensor.grad[i];
        difference += (slope - gradient) * (slope - gradient);
        length += gradient * gradient;
    }
    return sqrt(difference / length);
}

static void look_at_registry(Module *network, Optimizer *optimizer, Batch batch, int seed) {
    Module *with_relu = network_new(relu_new(), seed);
    const ParameterList list = module_parameters(network), other = module_parameters(with_relu);
    found = (Registry){.numbers = parameter_list_size(&list),
                       .numbers_relu = parameter_list_size(&other),
                       .pointers = list.count,
                       .pointers_relu = other.count};
    module_free(with_relu);
    compare_pointers(network, optimizer);

    backward(cross_entropy(module_forward(network, batch.images), batch.labels));
    found.gradient_error = fmax(gradient_error(network, batch, "act.slope"),
                                gradient_error(network, batch, "conv.bias"));
    optimizer_step(optimizer);
    const Tensor *slope = &module_find_parameter(network, "act.slope")->tensor;
    for (size_t c = 0; c < slope->size; c++)
        found.slopes_moved += slope->data[c] != (real)0.25;
}

// Param-1: the layers with their parameters, and the optimizer's list, each entry with the place in
// the model of what it points at.
static bool write_parameters(Module *network, Optimizer *optimizer, const char *out, Error *error) {
    const ParameterList list = module_parameters(network), owned = optimizer->groups[0].parameters;
    Table *table = table_open(out, "parameters.csv", "kind,name,value,count");
    for (int i = 0; i < network->child_count; i++) {
        const Module *layer = network->children[i];
        table_row(table, "layer,%s,%s%s,%d", layer->name, layer->kind,
                  layer->forward == prelu_forward ? " written in this lesson" : "",
                  layer->parameters.count);
        for (int j = 0; j < layer->parameters.count; j++)
            table_row(table, "parameter,%s,%s,%zu", layer->parameters.items[j]->name,
                      shape_label(layer->parameters.items[j]->tensor.shape).text,
                      layer->parameters.items[j]->tensor.size);
    }
    for (int i = 0; i < owned.count; i++)
        for (int j = 0; j < list.count; j++)
            if (owned.items[i] == list.items[j])
                table_row(table, "pointer,%s,,%d", owned.items[i]->name, j + 1);
    return table_close(table, error);
}

static bool registry_check(const LessonOptions *options, Error *error) {
    LessonData data;
    if (!lesson_data_load(&data, options, "fashion", false, error))
        return false;
    Tape *tape = tape_new();
    Module *network = network_new(prelu_new(SLOPES), options->seed);
    Optimizer *optimizer = sgd(module_parameters(network), .lr = 1); // a step to be seen
    Batches *batches = batches_new(&data.train, .size = 64, .seed = (uint64_t)options->seed);
    Batch batch;
    batches_next(batches, tape, &batch);
    const bool written = write_parameters(network, optimizer, options->out, error);
    look_at_registry(network, optimizer, batch, options->seed);
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
    claims_check(claims, found.same_pointer == found.pointers && found.same_value == found.pointers,
                 "the optimizer holds the module's own pointers",
                 "%d of %d are the same; a value written through %d is read in the model",
                 found.same_pointer, found.pointers, found.same_value);
    const int pointers = found.pointers - found.pointers_relu;
    const size_t numbers = found.numbers - found.numbers_relu;
    claims_check(claims, numbers == SLOPES && pointers == 1 && found.slopes_moved == SLOPES,
                 "a layer of one's own adds its parameter to the list, and the optimizer moves it",
                 "%d pointer, %zu numbers more; %d moved", pointers, numbers, found.slopes_moved);
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-6 : 3e-2;
    claims_check(claims, found.gradient_error < tolerance,
                 "its gradients are the measured slopes of the loss",
                 "relative difference %.1e, at most %.0e in " REAL_NAME, found.gradient_error,
                 tolerance);
}

#endif
