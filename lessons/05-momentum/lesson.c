// Lesson 05 — momentum
//
// Question   Gradient descent forgets each step at once. What does a velocity buy, and at what price?
// Concepts   the velocity, a state of the optimizer; heavy ball; Nesterov's look ahead; a ravine of
//            condition κ costs √κ in place of κ
// Run        make lesson-05
//            as an instrument: make lesson-05 ARGS="--optimizer sgd:lr=0.01,momentum=0.9 --optimizer sgd:lr=0.01"
// Time       about 10 seconds
// See        out/lesson-05/velocity.png    what the optimizer remembers
//            out/lesson-05/ravine.png      three ways down the ravine
//            out/lesson-05/condition.png   what narrower ravines cost
//            out/lesson-05/map.png         rate and momentum: the good knobs lie together
//            out/lesson-05/price.png       overshooting, going round for ever, a rate that falls
//            out/lesson-05/noise.png       what is left of it when gradients are noisy
//            out/lesson-05/race.gif        the three, step by step

#include <stdio.h>
#include <stdlib.h>

#include "experiments.h"         // what the claims measure
#include "files/table.h"         // CSV, for the figures
#include "instruments/surface.h" // losses of one or two numbers whose minima are known
#include "instruments/walk.h"    // a point that an optimizer moves
#include "knobs.h"               // lr and momentum; the best ones for a ravine
#include "noise.h"               // gradients with noise
#include "optim/optimizer.h"     // sgd
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "run/race.h"            // the same lesson as an instrument: --function, --optimizer, --csv

static int map_side = 90, decades = 3; // of rates × momenta, a side; of condition numbers from 10 on

// --- momentum: this is the lesson ----------------------------------------------------------------

// Goes down from the start until it is there, has diverged, or has made all steps.
static Walk roll(const Surface *surface, const double start[2], Knobs knobs, long steps) {
    Walk walk;
    walk_init(&walk, surface, start, steps);
    walk.ends_there = true;
    Optimizer *optimizer = sgd(walk.parameters, .lr = knobs.lr, .momentum = knobs.momentum,
                               .nesterov = knobs.nesterov);
    while (walk_next(&walk)) {
        Tensor *loss = surface_loss(surface, walk.w);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer); // b ← momentum · b + gradient, the velocity; w ← w − lr · b
    }                              // Nesterov: w ← w − lr · (gradient + momentum · b)
    optimizer_free(optimizer);     // and with it the velocity: it is the optimizer's, not the model's
    return walk;
}

// --- what the figures need -----------------------------------------------------------------------

static void keep(WalkTables *tables, const char *name, const Surface *surface, Knobs knobs,
                 long steps) {
    Walk walk = roll(surface, surface->start, knobs, steps);
    walk_tables_add(tables, name, knobs.lr, &walk);
    walk_free(&walk);
}

static bool keep_all(const char *folder, Error *error) {
    const Surface ravine = ravine_of(100), kinked = kinked_surface;
    const Knobs best[] = {best_plain(100), best_heavy_ball(100), best_nesterov(100)};
    const Knobs kinked_best[] = {best_plain(25), best_heavy_ball(25), best_nesterov(25)};
    WalkTables tables = walk_tables_open(folder);
    for (int i = 0; i < 3; i++) {
        keep(&tables, best[i].name, &ravine, best[i], 10000);
        char name[40];
        snprintf(name, sizeof name, "kinked: %s", best[i].name);
        keep(&tables, name, &kinked, kinked_best[i], 1000);
    }
    return walk_tables_close(&tables, error) &&
           surface_write(&ravine, SURFACE_SIDE, folder, "surface-ravine.csv", error) &&
           surface_write(&kinked, 4 * SURFACE_SIDE, folder, "surface-kinked.csv", error);
}

// Steps with the best knobs for each condition. `slopes` of the lines through their logarithms, by
// least squares: of plain descent, the heavy ball, Nesterov.
static bool write_conditions(const char *folder, double slopes[3], Error *error) {
    enum { A_DECADE = 4, MOST = 3 * A_DECADE + 1 };
    const int count = decades * A_DECADE + 1;
    double product[3] = {0}, square = 0;
    Table *table = table_open(folder, "conditions.csv", "condition,plain,heavy_ball,nesterov,fixed");
    for (int i = 0; i < count; i++) {
        const double kappa = pow(10, 1 + (double)i / A_DECADE);
        const double across = log(10) * (i - (count - 1) / 2.0) / A_DECADE; // from the mean
        const Knobs best[] = {best_plain(kappa), best_heavy_ball(kappa), best_nesterov(kappa),
                              best_rate("momentum 0.9", kappa, 0.9)};
        long steps[4];
        for (int k = 0; k < 4; k++)
            steps[k] = steps_to_the_bottom(kappa, best[k]);
        for (int k = 0; k < 3; k++)
            product[k] += across * log((double)steps[k]);
        square += across * across;
        table_row(table, "%.9g,%ld,%ld,%ld,%ld", kappa, steps[0], steps[1], steps[2], steps[3]);
    }
    for (int k = 0; k < 3; k++)
        slopes[k] = product[k] / square;
    return table_close(table, error);
}

// Steps for each rate and momentum, in the middle of a field of the map: MAP_STEPS is never, or later.
static bool write_map(const char *folder, Error *error) {
    enum { MAP_STEPS = 1000 };
    const Surface ravine = ravine_of(100);
    Table *table = table_open(folder, "map.csv", "lr,momentum,steps,diverged");
    for (int row = 0; row < map_side; row++)
        for (int column = 0; column < map_side; column++) {
            const Knobs knobs = {"", 0.042 * (column + 0.5) / map_side, (row + 0.5) / map_side, false};
            Walk walk = roll(&ravine, ravine.start, knobs, MAP_STEPS);
            table_row(table, "%.9g,%.9g,%ld,%d", knobs.lr, knobs.momentum,
                      walk.arrived < 0 ? MAP_STEPS : walk.arrived, walk.diverged);
            walk_free(&walk);
        }
    return table_close(table, error);
}

// --- one run -------------------------------------------------------------------------------------

static void run_walks(Results *results) {
    result_add(results, "plain", (double)steps_to_the_bottom(100, best_plain(100)));
    result_add(results, "heavy_ball", (double)steps_to_the_bottom(100, best_heavy_ball(100)));
    result_add(results, "best_nesterov", (double)steps_to_the_bottom(100, best_nesterov(100)));
    result_add(results, "usual", (double)steps_to_the_bottom(100, (Knobs){"", 0.01, 0.9, false}));
    result_add(results, "nesterov", (double)steps_to_the_bottom(100, (Knobs){"", 0.01, 0.9, true}));
    result_add(results, "farthest", farthest(best_heavy_ball(100)));
    const Surface kinked = kinked_surface;
    const Knobs knobs[] = {best_heavy_ball(25), best_nesterov(25)};
    for (int i = 0; i < 2; i++) {
        Walk walk = roll(&kinked, kinked.start, knobs[i], LONG_WALK);
        result_add(results, i ? "kinked_nesterov" : "kinked_heavy_ball", (double)walk.arrived);
        walk_free(&walk);
    }
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    double slopes[3], apart, kept[2], gain[2], worst = 0;
    run_walks(results);
    Table *table = table_open(options->out, "velocity.csv", "momentum,kind,step,velocity");
    for (int i = 0; i < 6; i++) {
        const double momentum = (const double[]){0.5, 0.8, 0.9}[i / 2];
        const double limit = i % 2 ? 1 / (1 + momentum) : 1 / (1 - momentum);
        worst = fmax(worst, fabs(write_velocity(table, momentum, i % 2, 200) / limit - 1));
    }
    if (!table_close(table, error) || !write_drop(options->out, &apart, kept, error) ||
        !write_conditions(options->out, slopes, error) || !write_map(options->out, error) ||
        !write_noise(options->out, (uint64_t)options->seed, gain, error))
        return false;
    result_add(results, "velocity_error", worst);
    result_add(results, "forms_apart", apart);
    result_add(results, "kept_pytorch", kept[0]);
    result_add(results, "kept_textbook", kept[1]);
    result_add(results, "slope_plain", slopes[0]);
    result_add(results, "slope_heavy_ball", slopes[1]);
    result_add(results, "slope_nesterov", slopes[2]);
    result_add(results, "gain_without_noise", gain[0]);
    result_add(results, "gain_with_noise", gain[1]);
    return keep_all(options->out, error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-05",
        .folder = "lessons/05-momentum",
        .knobs = race_options(),
        .knob_count = RACE_OPTION_COUNT,
        .quick = {{&map_side, 30}, {&decades, 2}, {&walkers, 20}, {&rates, 12}},
        .choose = race_choose,
        .run = run_once,
        .figures = {"velocity.gp", "ravine.gp", "condition.gp", "map.gp", "price.gp", "noise.gp", "race.gif.gp"},
    };
    return lesson_main(&lesson, argc, argv);
}
