// What moves when the two networks of a GAN play: each action once, on small networks with batch
// norm, measured bit for bit.
#ifndef KNOBS_LESSON_10_MATRIX_H
#define KNOBS_LESSON_10_MATRIX_H

#include "gan.h"
#include "instruments/moved.h"

typedef struct Action {
    const char *name;
    const char *expected; // of D the weights, gradients, state, statistics; of G the same (moved.h)
    enum { LOOK, STEP_D, STEP_G, CLEAR_G, MOVE_D } what;
    // D evaluating, not detached from, at rate 0, its first layer frozen, not frozen while G steps
    enum { PLAIN, EVALUATING, ATTACHED, RATE_0, FIRST_FROZEN, THAWED, ONE_FOR_BOTH } how;
} Action;

static const Action actions[] = {
    {"D looks in evaluation mode", ".... ....", LOOK, EVALUATING},
    {"D looks in training mode", "...# ....", LOOK, PLAIN},
    {"a step of D", "#### ...#", STEP_D, PLAIN},
    {"the same: detach forgotten", "#### .#.#", STEP_D, ATTACHED},
    {"the same: at rate 0", ".### ...#", STEP_D, RATE_0},
    {"the same: first layer frozen", "+++# ...#", STEP_D, FIRST_FROZEN},
    {"a step of G with D frozen", "...# ####", STEP_G, PLAIN},
    {"the same: D in evaluation mode", ".... ####", STEP_G, EVALUATING},
    {"the same: D not frozen", ".#.# ####", STEP_G, THAWED},
    {"then: G's zero_grad", ".... .#..", CLEAR_G, PLAIN},
    {"then: D steps with zero_grad forgotten", "#.#. ....", MOVE_D, PLAIN},
    {"one optimizer for both: a step of G", "#### ####", STEP_G, ONE_FOR_BOTH},
};
enum { ACTIONS = sizeof actions / sizeof *actions, MATRIX_BATCH = 16 };

static Module *small_network(int in, int out, Random *random) {
    enum { HIDDEN = 12 };
    Module *network = sequential_new(linear_new(in, HIDDEN), batch_norm_new(HIDDEN),
                                     leaky_relu_new(0.2), linear_new(HIDDEN, out));
    module_initialise(network, random);
    return network;
}

static Tensor *verdict_of_real(Gan *pair) {
    return module_forward(pair->discriminator,
                          tape_normal(pair->tape, SHAPE(MATRIX_BATCH, 2), &pair->random));
}

static void step_d(Gan *pair, const Action *action) {
    Tensor *fake = gan_generate(pair), *of_real = verdict_of_real(pair);
    Tensor *of_fake =
        module_forward(pair->discriminator, action->how == ATTACHED ? fake : detach(fake));
    optimizer_set(pair->optimizer_d, 0, "lr", action->how == RATE_0 ? 0 : 0.01);
    backward(gan_discriminator_loss(GAN_NON_SATURATING, of_real, of_fake, 1));
    optimizer_step(pair->optimizer_d);
}

static void step_g(Gan *pair, const Action *action, Optimizer *both) {
    parameter_list_require_grad(&pair->owned_d, both || action->how == THAWED);
    backward(gan_generator_loss(GAN_NON_SATURATING,
                                module_forward(pair->discriminator, gan_generate(pair))));
    optimizer_step(both ? both : pair->optimizer_g);
    parameter_list_require_grad(&pair->owned_d, true);
}

// `both` owns the two networks, where one optimizer is the action's mistake; else it is NULL.
static void act(Moved *moved, Gan *pair, const Action *action, Optimizer *both) {
    const ParameterList first = module_parameters(module_find(pair->discriminator, "0"));
    tape_clear(pair->tape);
    if (action->what != CLEAR_G && action->what != MOVE_D) { // else what was left is the point
        optimizer_zero_grad(pair->optimizer_d);
        optimizer_zero_grad(pair->optimizer_g);
    }
    moved_watch(moved, 0, "D", pair->discriminator, both ? both : pair->optimizer_d);
    moved_watch(moved, 1, "G", pair->generator, both ? both : pair->optimizer_g);
    module_train(pair->discriminator, action->how != EVALUATING);
    parameter_list_require_grad(&first, action->how != FIRST_FROZEN);
    moved_before(moved);
    if (action->what == LOOK)
        verdict_of_real(pair);
    else if (action->what == STEP_D)
        step_d(pair, action);
    else if (action->what == STEP_G)
        step_g(pair, action, both);
    else if (action->what == CLEAR_G)
        optimizer_zero_grad(pair->optimizer_g);
    else
        optimizer_step(pair->optimizer_d);
    moved_after(moved, action->name, action->expected);
    parameter_list_require_grad(&first, true);
}

// Writes folder/moved.csv; *unexpected is how many cells aren't as they stand above.
static bool matrix_measure(const char *folder, int seed, int *unexpected, Error *error) {
    const GanKnobs small = {.latent = 4, .batch_size = MATRIX_BATCH};
    Gan pair = {.knobs = &small, .tape = tape_new(), .random = random_from_seed((uint64_t)seed)};
    pair.discriminator = small_network(2, 1, &pair.random);
    pair.generator = small_network(small.latent, 2, &pair.random);
    pair.owned_d = module_parameters(pair.discriminator);
    pair.owned_g = module_parameters(pair.generator);
    pair.optimizer_d = adam(pair.owned_d, .lr = 0.01);
    pair.optimizer_g = adam(pair.owned_g, .lr = 0.01);
    Optimizer *both = adam(parameter_list_join(pair.owned_d, pair.owned_g), .lr = 0.01);
    Moved *moved = moved_new(folder);
    for (int i = 0; i < ACTIONS; i++)
        act(moved, &pair, &actions[i], actions[i].how == ONE_FOR_BOTH ? both : NULL);
    optimizer_free(pair.optimizer_d);
    optimizer_free(pair.optimizer_g);
    optimizer_free(both);
    module_free(pair.discriminator);
    module_free(pair.generator);
    tape_free(pair.tape);
    return moved_close(moved, unexpected, error);
}

#endif
