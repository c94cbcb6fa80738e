// One model, two networks: a generator of points in the plane and a discriminator, each with an
// optimizer of its own. For a loop (run/loop.h) that saves and frees them.
#ifndef KNOBS_LESSON_10_GAN_H
#define KNOBS_LESSON_10_GAN_H

#include "mixture.h"
#include "nn/gan_loss.h"
#include "nn/layers.h"
#include "optim/optimizer.h"
#include "run/loop.h"

typedef struct GanKnobs {
    double lr_d, lr_g, beta1;
    int batch_size, hidden, latent, data; // RING or GRID
} GanKnobs;
static GanKnobs gan_knobs = {0.002, 0.001, 0.5, 256, 64, 16, RING}; // of both programs

typedef struct Gan {
    const GanKnobs *knobs;
    Tape *tape; // the loop's
    Mixture mixture;
    Random random;
    Module *generator, *discriminator;
    ParameterList owned_g, owned_d;
    Optimizer *optimizer_g, *optimizer_d;
} Gan;

static Module *network_new(int in, int out, int hidden, Module *(*activation)(void),
                           Random *random) {
    Module *network =
        sequential_new(linear_new(in, hidden), activation(), linear_new(hidden, hidden),
                       activation(), linear_new(hidden, out));
    module_initialise(network, random);
    return network;
}

static Module *leaky(void) {
    return leaky_relu_new(0.2);
}

// With one optimizer for both, which is a mistake, whoever steps moves both.
static void gan_start(Gan *gan, const GanKnobs *knobs, bool one_optimizer, Loop *loop) {
    *gan = (Gan){.knobs = knobs,
                 .tape = loop->tape,
                 .mixture = mixture_of(knobs->data),
                 .random = random_from_seed((uint64_t)loop->options->seed)};
    gan->generator = loop_module(
        loop, "generator", network_new(knobs->latent, 2, knobs->hidden, relu_new, &gan->random));
    gan->discriminator =
        loop_module(loop, "discriminator", network_new(2, 1, knobs->hidden, leaky, &gan->random));
    gan->owned_g = module_parameters(gan->generator);
    gan->owned_d = module_parameters(gan->discriminator);
    const ParameterList both = parameter_list_join(gan->owned_g, gan->owned_d);
    gan->optimizer_g = loop_optimizer(
        loop, "optimizer_g",
        adam(one_optimizer ? both : gan->owned_g, .lr = knobs->lr_g, .beta1 = knobs->beta1));
    gan->optimizer_d =
        one_optimizer
            ? gan->optimizer_g
            : loop_optimizer(loop, "optimizer_d",
                             adam(gan->owned_d, .lr = knobs->lr_d, .beta1 = knobs->beta1));
    loop_random(loop, "random", &gan->random);
}

static Tensor *gan_generate_many(Gan *gan, int n) {
    return module_forward(gan->generator,
                          tape_normal(gan->tape, SHAPE(n, gan->knobs->latent), &gan->random));
}

// A batch of generated points, and one of real ones.
static Tensor *gan_generate(Gan *gan) {
    return gan_generate_many(gan, gan->knobs->batch_size);
}

static Tensor *gan_truth(Gan *gan) {
    return mixture_draw(&gan->mixture, gan->tape, gan->knobs->batch_size, &gan->random);
}

// How good generated points are. Nothing moves, the random stream neither.
static Quality gan_quality(Gan *gan) {
    enum { POINTS = 2500 };
    const Random kept = gan->random;
    tape_set_recording(gan->tape, false);
    const Quality quality = quality_of(&gan->mixture, gan_generate_many(gan, POINTS));
    tape_set_recording(gan->tape, true);
    gan->random = kept;
    return quality;
}

#endif
