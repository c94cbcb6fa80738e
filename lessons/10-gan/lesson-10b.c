// Lesson 10b — two time scales
//
// Question   Two optimizers have two learning rates. Does their ratio matter, or only their size?
// Concepts   the map of lr_D × lr_G; the two time-scale rule (Heusel et al. 2017): D may be faster than G
// Run        make lesson-10b ARGS="--seeds 5"
// Time       about 8 minutes; one seed a cell: a minute and a half
// See        out/lesson-10b/map.png    how many runs of each cell find the modes

#include <math.h>

#include "gan.h"        // the networks and their optimizers
#include "run/lesson.h" // options, --seeds, figures, claims: what surrounds a run

enum { RATES = 5 };
#define RATES_TEXT                                                                                 \
    { "0.00025", "0.0005", "0.001", "0.002", "0.004" }

static int steps = 4000;

static const Option knobs[] = {
    option_number("lr-d", &gan_knobs.lr_d, "learning rate of the discriminator", .above = 0),
    option_number("lr-g", &gan_knobs.lr_g, "learning rate of the generator", .above = 0),
    option_integer("steps", &steps, "steps of each training", .min = 1, .max = 1000000),
};

// The right recipe of lesson.c, for one pair of rates.
static double train_step(Gan *gan) {
    Tensor *truth = gan_truth(gan), *fake = detach(gan_generate(gan));
    Tensor *loss =
        gan_discriminator_loss(GAN_NON_SATURATING, module_forward(gan->discriminator, truth),
                               module_forward(gan->discriminator, fake), 1);
    optimizer_zero_grad(gan->optimizer_d);
    backward(loss);
    optimizer_step(gan->optimizer_d);

    parameter_list_require_grad(&gan->owned_d, false);
    loss = gan_generator_loss(GAN_NON_SATURATING,
                              module_forward(gan->discriminator, gan_generate(gan)));
    optimizer_zero_grad(gan->optimizer_g);
    backward(loss);
    optimizer_step(gan->optimizer_g);
    parameter_list_require_grad(&gan->owned_d, true);
    return tensor_item(loss);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Loop loop;
    loop_init(&loop, options, steps, error);
    Gan gan;
    gan_start(&gan, &gan_knobs, false, &loop);
    while (loop_next(&loop))
        loop_show(&loop, train_step(&gan), gan_knobs.lr_g); // loop_next clears the tape
    const Quality quality = gan_quality(&gan);
    result_add(results, "covered", quality.covered);
    result_add(results, "good", quality.good);
    result_add(results, "found", quality.covered >= 7 && quality.good >= 0.8);
    return loop_end(&loop);
}

// Runs that found the modes, with D's rate above G's by a factor of 2 to some powers.
static void count_found(const Results *results, int from, int to, int *found, int *all) {
    *found = *all = 0;
    for (int d = 0; d < RATES; d++)
        for (int g = 0; g < RATES; g++) {
            const Sample cell = results_of(results, "found", d, g);
            for (int i = 0; i < cell.count && d - g >= from && d - g <= to; i++) {
                *found += cell.values[i] == 1;
                ++*all;
            }
        }
}

static void check(Claims *claims, const Results *results) {
    int faster, faster_all, slower, slower_all;
    count_found(results, 1, 2, &faster, &faster_all);
    count_found(results, -2, -1, &slower, &slower_all);
    const double share = (double)faster / faster_all, other = (double)slower / slower_all;
    claims_check_seeds(claims, share > other + 0.2,
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
        .run = run_once,
        .over = {{"lr-d", RATES_TEXT}, {"lr-g", RATES_TEXT}},
        .figures = {"map.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
