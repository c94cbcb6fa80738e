// What moves when the two networks of a GAN play: each action once, on small networks with batch
// norm, measured bit for bit.
#ifndef KNOBS_LESSON_10_MATRIX_H
#define KNOBS_LESSON_10_MATRIX_H

#include "nn/gan_loss.h"
#include "nn/layers.h"
#include "optim/optimizer.h"
#include "instruments/moved.h"

enum { MATRIX_BATCH = 16, MATRIX_LATENT = 4, MATRIX_HIDDEN = 12 };

typedef struct Pair {
    Tape *tape;
    Random random;
    Module *d, *g;
    ParameterList owned_d, owned_g;
    Optimizer *optimizer_d, *optimizer_g;
} Pair;

static Module *small_network(int in, int out, Random *random) {
    Module *network = sequential_new(linear_new(in, MATRIX_HIDDEN), batch_norm_new(MATRIX_HIDDEN),
                                     leaky_relu_new(0.2), linear_new(MATRIX_HIDDEN, out));
    module_initialise(network, random);
    return network;
}

static Tensor *normal_tensor(Pair *pair, int columns) {
    Tensor *x = tape_tensor(pair->tape, SHAPE(MATRIX_BATCH, columns));
    random_fill_normal(&pair->random, x->size, 0, 1, x->data);
    return x;
}

static Tensor *small_fakes(Pair *pair) {
    return module_forward(pair->g, normal_tensor(pair, MATRIX_LATENT));
}

// A step of D, or all of it but the detach.
static void step_d(Pair *pair, bool detached) {
    Tensor *fake = small_fakes(pair);
    Tensor *loss =
        gan_discriminator_loss(GAN_NON_SATURATING, module_forward(pair->d, normal_tensor(pair, 2)),
                               module_forward(pair->d, detached ? detach(fake) : fake), 1);
    backward(loss);
    optimizer_step(pair->optimizer_d);
}

static void step_g(Pair *pair, bool frozen, Optimizer *optimizer) {
    parameter_list_require_grad(&pair->owned_d, !frozen);
    backward(gan_generator_loss(GAN_NON_SATURATING, module_forward(pair->d, small_fakes(pair))));
    optimizer_step(optimizer);
    parameter_list_require_grad(&pair->owned_d, true);
}

// Before each action the gradients are none, unless `keep`.
static void before(Moved *moved, Pair *pair, bool keep) {
    tape_clear(pair->tape);
    if (!keep) {
        optimizer_zero_grad(pair->optimizer_d);
        optimizer_zero_grad(pair->optimizer_g);
    }
    moved_before(moved);
}

// The columns: of D the weights, gradients, optimizer state, statistics; then of G the same.
static void act(Moved *moved, Pair *pair) {
    module_train(pair->d, false);
    before(moved, pair, false);
    module_forward(pair->d, normal_tensor(pair, 2));
    moved_after(moved, "D looks in evaluation mode", ".... ....");
    module_train(pair->d, true);

    before(moved, pair, false);
    module_forward(pair->d, normal_tensor(pair, 2));
    moved_after(moved, "D looks in training mode", "...# ....");

    before(moved, pair, false);
    step_d(pair, true);
    moved_after(moved, "a step of D", "#### ...#");

    before(moved, pair, false);
    step_d(pair, false);
    moved_after(moved, "the same: detach forgotten", "#### .#.#");

    optimizer_set(pair->optimizer_d, 0, "lr", 0);
    before(moved, pair, false);
    step_d(pair, true);
    moved_after(moved, "the same: at rate 0", ".### ...#");
    optimizer_set(pair->optimizer_d, 0, "lr", 0.01);

    ParameterList body = module_parameters(module_find(pair->d, "0"));
    parameter_list_require_grad(&body, false);
    before(moved, pair, false);
    step_d(pair, true);
    moved_after(moved, "the same: first layer frozen", "+++# ...#");
    parameter_list_require_grad(&body, true);

    before(moved, pair, false);
    step_g(pair, true, pair->optimizer_g);
    moved_after(moved, "a step of G with D frozen", "...# ####");

    module_train(pair->d, false);
    before(moved, pair, false);
    step_g(pair, true, pair->optimizer_g);
    moved_after(moved, "the same: D in evaluation mode", ".... ####");
    module_train(pair->d, true);

    before(moved, pair, false);
    step_g(pair, false, pair->optimizer_g);
    moved_after(moved, "the same: D not frozen", ".#.# ####");

    before(moved, pair, true);
    optimizer_zero_grad(pair->optimizer_g);
    moved_after(moved, "then: G's zero_grad", ".... .#..");

    before(moved, pair, true);
    optimizer_step(pair->optimizer_d);
    moved_after(moved, "then: D steps with zero_grad forgotten", "#.#. ....");

    Optimizer *both = adam(parameter_list_join(pair->owned_d, pair->owned_g), .lr = 0.01);
    moved_watch(moved, 0, "D", pair->d, both);
    moved_watch(moved, 1, "G", pair->g, both);
    before(moved, pair, false);
    step_g(pair, false, both);
    moved_after(moved, "one optimizer for both: a step of G", "#### ####");
    optimizer_free(both);
}

// Writes folder/moved.csv; *unexpected is how many cells aren't as they stand above.
static bool matrix_measure(const char *folder, int seed, int *unexpected, Error *error) {
    Pair pair = {.tape = tape_new(), .random = random_from_seed((uint64_t)seed)};
    pair.d = small_network(2, 1, &pair.random);
    pair.g = small_network(MATRIX_LATENT, 2, &pair.random);
    pair.owned_d = module_parameters(pair.d);
    pair.owned_g = module_parameters(pair.g);
    pair.optimizer_d = adam(pair.owned_d, .lr = 0.01);
    pair.optimizer_g = adam(pair.owned_g, .lr = 0.01);
    Moved *moved = moved_new(folder, "moved.csv");
    moved_watch(moved, 0, "D", pair.d, pair.optimizer_d);
    moved_watch(moved, 1, "G", pair.g, pair.optimizer_g);
    act(moved, &pair);
    optimizer_free(pair.optimizer_d);
    optimizer_free(pair.optimizer_g);
    module_free(pair.d);
    module_free(pair.g);
    tape_free(pair.tape);
    return moved_close(moved, unexpected, error);
}

#endif
