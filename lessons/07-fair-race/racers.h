// Who races, at which rates, with which optimizers.
#ifndef KNOBS_LESSON_07_RACERS_H
#define KNOBS_LESSON_07_RACERS_H

#include "nn/module.h"
#include "optim/optimizer.h"

typedef struct Racer {
    const char *name;
    const Algorithm *algorithm;
    double rate;           // the usual one: the grid lies about it
    int memory;            // numbers that it keeps of each number of the model, by its formula
    Hyperparameters knobs; // that aren't PyTorch's defaults
} Racer;

// The rates that are tried, times the usual one; and fewer of them, for a look.
#define RACE_FACTORS "0.1", "0.3", "1", "3", "10"
#define RACE_FEWER_FACTORS "0.1", "1", "10"

#define WITH(...)                                                                                  \
    { HYPERPARAMETERS_UNSET, __VA_ARGS__ }
#define WITHOUT                                                                                    \
    { HYPERPARAMETERS_UNSET }
static const Racer racers[] = {
    {"sgd", &algorithm_sgd, 0.1, 0, WITHOUT},
    {"momentum", &algorithm_sgd, 0.03, 1, WITH(.momentum = 0.9)},
    {"nesterov", &algorithm_sgd, 0.03, 1, WITH(.momentum = 0.9, .nesterov = 1)},
    {"adagrad", &algorithm_adagrad, 0.01, 1, WITHOUT},
    {"adadelta", &algorithm_adadelta, 1, 2, WITHOUT},
    {"rmsprop", &algorithm_rmsprop, 0.001, 1, WITHOUT},
    {"adam", &algorithm_adam, 0.001, 2, WITHOUT},
    {"amsgrad", &algorithm_adam, 0.001, 3, WITH(.amsgrad = 1)},
    {"adamw", &algorithm_adamw, 0.001, 2, WITHOUT},
    {"adamax", &algorithm_adamax, 0.002, 2, WITHOUT},
    {"nadam", &algorithm_nadam, 0.002, 2, WITHOUT},
    {"radam", &algorithm_radam, 0.003, 2, WITHOUT}, // around Adam's 0.001 the best lay at the end
    {"lion", &algorithm_lion, 0.0003, 1, WITHOUT},
    {"muon", &algorithm_muon, 0.02, 1, WITHOUT},
    {"rprop", &algorithm_rprop, 0.0001, 2, WITHOUT}, // not in the race: it is for full batches
};
#undef WITH
#undef WITHOUT
enum { SGD = 0, ADAMW = 8, MUON = 13, RACERS = 14 };
#define RACE_NAMES                                                                                 \
    "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "amsgrad", "adamw",   \
        "adamax", "nadam", "radam", "lion", "muon"

static const double BESIDE_MUON = 0.001; // AdamW's usual rate, for what is no matrix
enum { BESIDE_MEMORY = 2 };

// --- its optimizers ------------------------------------------------------------------------------

typedef struct Optimizers {
    Optimizer *main, *beside; // NULL: it has them all
    double proportion;        // of the rates of the two
} Optimizers;

// The matrices of the hidden layers: the last one, the head's, isn't among them.
static ParameterList hidden_matrices(ParameterList all) {
    ParameterList matrices = {0};
    for (int i = 0; i < all.count; i++)
        if (all.items[i]->tensor.shape.rank == 2)
            parameter_list_append(&matrices, all.items[i]);
    if (matrices.count > 1)
        matrices.count--;
    return matrices;
}

// One model, two optimizers: Muon knows matrices and nothing else, so AdamW has the rest.
static Optimizers optimizers_new(const Racer *racer, const Module *network, double factor) {
    const ParameterList all = module_parameters(network), matrices = hidden_matrices(all);
    const bool two = racer->algorithm->of_matrices;
    Hyperparameters knobs = racer->knobs;
    knobs.lr = racer->rate * factor;
    Optimizers optimizers = {.proportion = BESIDE_MUON / racer->rate};
    optimizers.main = optimizer_new(racer->algorithm, two ? matrices : all, knobs);
    if (two)
        optimizers.beside =
            adamw(parameter_list_without(all, matrices), .lr = knobs.lr * optimizers.proportion);
    return optimizers;
}

static void optimizers_zero_grad(const Optimizers *optimizers) {
    optimizer_zero_grad(optimizers->main);
    if (optimizers->beside)
        optimizer_zero_grad(optimizers->beside);
}

// A --schedule turns the rate of the main one, and the other's follows.
static void optimizers_step(const Optimizers *optimizers) {
    optimizer_step(optimizers->main);
    if (!optimizers->beside)
        return;
    optimizer_set(optimizers->beside, 0, "lr",
                  optimizer_get(optimizers->main, 0, "lr") * optimizers->proportion);
    optimizer_step(optimizers->beside);
}

// Bytes of state for each number of the model, as they are kept; NaN before the first step.
static double state_bytes(const Optimizers *optimizers, const ParameterList *all) {
    const ParameterList *mains = &optimizers->main->groups[0].parameters;
    double bytes = 0;
    for (int i = 0; i < all->count; i++) {
        const bool is_main = parameter_list_holds(mains, all->items[i]);
        const ParameterState *state =
            optimizer_state(is_main ? optimizers->main : optimizers->beside, all->items[i]);
        for (int b = 0; b < STATE_MAX_BUFFERS; b++)
            if (state->buffers[b])
                bytes += (double)(all->items[i]->tensor.size * sizeof(real));
    }
    return bytes / (double)parameter_list_size(all);
}

// The same by the formulas, where `matrices` of `numbers` numbers are those that Muon would have.
static double state_bytes_by_formula(const Racer *racer, double matrices, double numbers) {
    const double memory =
        racer->algorithm->of_matrices
            ? (racer->memory * matrices + BESIDE_MEMORY * (numbers - matrices)) / numbers
            : racer->memory;
    return memory * sizeof(real);
}

#endif
