// Lesson 10b — two time scales
//
// Question   Two optimizers have two learning rates. Does their ratio matter, or only their size?
// Concepts   the map of lr_D × lr_G; the two time-scale rule (Heusel et al. 2017): D may be faster than G
// Run        make lesson-10b ARGS="--seeds 5"
// Time       about 3 minutes; one seed a cell: 40 seconds
// See        out/lesson-10b/map.png    how many runs of each cell find the modes

#include <math.h>
#include <stdio.h>

#include "mixture.h"         // the data, and how good samples are
#include "nn/gan_loss.h"     // gan_discriminator_loss, gan_generator_loss
#include "nn/layers.h"       // Module: linear_new …
#include "optim/optimizer.h" // adam
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "files/table.h"       // CSV, for the figures

enum { RATES = 5, LATENT = 16, HIDDEN = 64, BATCH = 256, LOOKED_AT = 2500 };
static const double rates[RATES] = {0.00025, 0.0005, 0.001, 0.002, 0.004};

static int rate_d = 0, steps = 4000;

// Each run is of one rate of D, and goes through all rates of G.
static const Option knobs[] = {
    option_choice("lr-d", &rate_d, NULL, "0.00025", "0.0005", "0.001", "0.002", "0.004"),
    option_integer("steps", &steps, "steps of each training", .min = 1, .max = 1000000),
};

static Tensor *generate(Module *generator, Tape *tape, int n, Random *random) {
    Tensor *noise = tape_tensor(tape, SHAPE(n, LATENT));
    random_fill_normal(random, noise->size, 0, 1, noise->data);
    return module_forward(generator, noise);
}

// The right recipe of lesson.c, once for a pair of rates.
static Quality train(double lr_d, double lr_g, int seed) {
    Random random = random_from_seed((uint64_t)seed);
    const Mixture mixture = mixture_of(RING);
    Tape *tape = tape_new();
    Module *g = sequential_new(linear_new(LATENT, HIDDEN), relu_new(), linear_new(HIDDEN, HIDDEN),
                               relu_new(), linear_new(HIDDEN, 2));
    Module *d =
        sequential_new(linear_new(2, HIDDEN), leaky_relu_new(0.2), linear_new(HIDDEN, HIDDEN),
                       leaky_relu_new(0.2), linear_new(HIDDEN, 1));
    module_initialise(g, &random);
    module_initialise(d, &random);
    const ParameterList owned_d = module_parameters(d);
    Optimizer *optimizer_g = adam(module_parameters(g), .lr = lr_g, .beta1 = 0.5);
    Optimizer *optimizer_d = adam(owned_d, .lr = lr_d, .beta1 = 0.5);
    for (int step = 0; step < steps && !interrupt_signal(); step++) {
        Tensor *truth = mixture_draw(&mixture, tape, BATCH, &random);
        Tensor *fake = detach(generate(g, tape, BATCH, &random));
        Tensor *loss = gan_discriminator_loss(GAN_NON_SATURATING, module_forward(d, truth),
                                              module_forward(d, fake), 1);
        optimizer_zero_grad(optimizer_d);
        backward(loss);
        optimizer_step(optimizer_d);
        parameter_list_require_grad(&owned_d, false);
        loss = gan_generator_loss(GAN_NON_SATURATING,
                                  module_forward(d, generate(g, tape, BATCH, &random)));
        optimizer_zero_grad(optimizer_g);
        backward(loss);
        optimizer_step(optimizer_g);
        parameter_list_require_grad(&owned_d, true);
        tape_clear(tape);
    }
    tape_set_recording(tape, false);
    const Quality quality = quality_of(&mixture, generate(g, tape, LOOKED_AT, &random));
    optimizer_free(optimizer_g);
    optimizer_free(optimizer_d);
    module_free(g);
    module_free(d);
    tape_free(tape);
    return quality;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Log *log = log_open(options->out, "map.csv", "lr_d,lr_g,covered,good", LOG_NEW, error);
    if (!log)
        return false;
    for (int i = 0; i < RATES; i++) {
        const Quality quality = train(rates[rate_d], rates[i], options->seed);
        if (interrupt_signal())
            break;
        char name[32];
        snprintf(name, sizeof name, "found_%d", i);
        result_add(results, name, quality.covered >= 7 && quality.good >= 0.8);
        log_row(log, rates[rate_d], rates[i], quality.covered, quality.good);
    }
    return table_close(log, error);
}

// Runs that found the modes, with D's rate above G's by a factor.
static void count_found(const Results *results, int from, int to, int *found, int *all) {
    *found = *all = 0;
    for (int d = 0; d < RATES; d++)
        for (int g = 0; g < RATES; g++) {
            char name[32];
            snprintf(name, sizeof name, "found_%d", g);
            const Sample cell = results_of(results, d, name);
            for (int i = 0; i < cell.count && d - g >= from && d - g <= to; i++) {
                *found += cell.values[i] == 1;
                ++*all;
            }
        }
}

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    int faster, faster_all, slower, slower_all;
    count_found(results, 1, 2, &faster, &faster_all);
    count_found(results, -2, -1, &slower, &slower_all);
    const double share = (double)faster / faster_all, other = (double)slower / slower_all;
    claims_check_seeds(claims, options->seeds, share > other + 0.2,
                       "a D that is 2 or 4 times as fast as G finds the modes more often than one "
                       "that is as much slower",
                       "in %.0f %% of %d runs, against %.0f %% of %d", 100 * share, faster_all,
                       100 * other, slower_all);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-10b",
        .folder = "lessons/10-gan",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 60}},
        .resume_note = "keeps finished runs, and no checkpoint within one",
        .run = run_once,
        .over = &knobs[0],
        .figures = {"map.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
