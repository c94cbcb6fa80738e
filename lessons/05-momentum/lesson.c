// Lesson 05 — momentum
//
// Question   A step of gradient descent depends on one gradient alone. What does it gain from a
//            velocity, and what does that cost?
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

#include "experiments.h"         // knobs, and what the claims measure
#include "instruments/surface.h" // losses of one or two numbers whose minima are known
#include "instruments/walk.h"    // a point that an optimizer moves
#include "noise.h"               // gradients with noise
#include "optim/optimizer.h"     // sgd
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "run/race.h"            // the same lesson as an instrument: --function, --optimizer, --csv

// --- momentum: this is the lesson ----------------------------------------------------------------

// Goes down from the start until it is there, has diverged, or has made all steps.
static Walk roll(const Surface *surface, Knobs knobs, long steps) {
    Walk walk;
    walk_init(&walk, surface, surface->start, steps);
    walk.ends_there = true;
    Optimizer *optimizer = sgd(walk.parameters, .lr = knobs.lr, .momentum = knobs.momentum,
                               .nesterov = knobs.nesterov);
    while (walk_next(&walk)) {
        Tensor *loss = surface_loss(surface, walk.w);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer); // b ← momentum · b + gradient, the velocity; w ← w − lr · b
    }                              // Nesterov: w ← w − lr · (gradient + momentum · b)
    optimizer_free(optimizer); // and with it the velocity: it is the optimizer's, not the model's
    return walk;
}

// --- what the figures need -----------------------------------------------------------------------

static void keep(WalkTables *tables, const char *name, Surface surface, Knobs knobs, long steps) {
    Walk walk = roll(&surface, knobs, steps);
    walk_tables_add(tables, name, knobs.lr, &walk);
    walk_free(&walk);
}

static bool keep_all(const char *folder, Error *error) {
    Surface ravine = surface_ravine(100, 0);
    ravine.view[1][0] = -4;
    ravine.view[1][1] = 4; // the heavy ball gets far
    const Knobs best[] = {best_plain(100), best_heavy_ball(100), best_nesterov(100)};
    const Knobs kinked_best[] = {best_plain(25), best_heavy_ball(25), best_nesterov(25)};
    WalkTables tables = walk_tables_open(folder);
    for (int i = 0; i < 3; i++) {
        keep(&tables, best[i].name, ravine, best[i], 10000);
        char name[40];
        snprintf(name, sizeof name, "kinked: %s", best[i].name);
        keep(&tables, name, kinked_surface, kinked_best[i], 1000);
    }
    return walk_tables_close(&tables, error) &&
           surface_write(&ravine, SURFACE_SIDE, folder, "surface-ravine.csv", error) &&
           surface_write(&kinked_surface, 4 * SURFACE_SIDE, folder, "surface-kinked.csv", error);
}

// --- one run -------------------------------------------------------------------------------------

static void add_steps(Results *results) {
    const Surface ravine = surface_ravine(100, 0);
    const Knobs usual = {"", 0.01, 0.9, false}, nesterov = {"", 0.01, 0.9, true};
    result_add(results, "plain", steps_down(ravine, best_plain(100)));
    result_add(results, "heavy_ball", steps_down(ravine, best_heavy_ball(100)));
    result_add(results, "best_nesterov", steps_down(ravine, best_nesterov(100)));
    result_add(results, "usual", steps_down(ravine, usual));
    result_add(results, "nesterov", steps_down(ravine, nesterov));
    result_add(results, "farthest", farthest(ravine, best_heavy_ball(100)));
    result_add(results, "kinked_plain", steps_down(kinked_surface, best_plain(25)));
    result_add(results, "kinked_heavy_ball", steps_down(kinked_surface, best_heavy_ball(25)));
    result_add(results, "kinked_nesterov", steps_down(kinked_surface, best_nesterov(25)));
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    double slopes[3], gain[2], gain_fixed, error_of_velocity;
    Drop drop;
    add_steps(results);
    if (!write_velocities(options->out, &error_of_velocity, error) ||
        !write_drop(options->out, &drop, error) ||
        !write_conditions(options->out, slopes, &gain_fixed, error) ||
        !write_map(options->out, error) ||
        !write_noise(options->out, (uint64_t)options->seed, gain, error))
        return false;
    result_add(results, "velocity_error", error_of_velocity);
    result_add(results, "forms_apart", drop.apart);
    result_add(results, "pytorch_keeps", drop.pytorch_keeps);
    result_add(results, "textbook_keeps", drop.textbook_keeps);
    result_add(results, "slope_plain", slopes[0]);
    result_add(results, "slope_heavy_ball", slopes[1]);
    result_add(results, "slope_nesterov", slopes[2]);
    result_add(results, "gain_fixed", gain_fixed);
    result_add(results, "gain_without_noise", gain[0]);
    result_add(results, "gain_with_noise", gain[1]);
    return keep_all(options->out, error);
}

static double of(const Results *results, const char *name) {
    return results_of(results, name).mean; // nothing is random here but noise
}

// The numbers of steps were set beforehand, for double precision.
static void check_steps(Claims *claims, const Results *results) {
    const double off = sizeof(real) == sizeof(double) ? 0 : 2;
    const double plain = of(results, "plain"), ball = of(results, "heavy_ball");
    const double usual = of(results, "usual"), nesterov = of(results, "nesterov");
    const double slope = of(results, "slope_plain"), flat = of(results, "slope_heavy_ball");
    const double other = of(results, "slope_nesterov"), far = of(results, "farthest");
    claims_check(
        claims, fabs(plain - 709) <= off && fabs(ball - 95) <= off,
        "down the ravine the best heavy ball takes 95 steps and the best plain descent 709",
        "%g and %g steps; at most %g off in " REAL_NAME, ball, plain, off);
    claims_check(claims, fabs(usual - 264) <= off && fabs(nesterov - 207) <= off,
                 "at lr .01 with momentum .9 it takes 264 steps and Nesterov 207",
                 "%g and %g steps; at most %g off in " REAL_NAME, usual, nesterov, off);
    claims_check(
        claims, fabs(slope - 1) < 0.05 && fabs(flat - 0.5) < 0.05 && fabs(other - 0.5) < 0.05,
        "a ravine of condition κ costs κ without momentum and √κ with it",
        "slopes of the logarithms: %.3f; heavy ball %.3f; Nesterov %.3f", slope, flat, other);
    claims_check(claims, far > 2,
                 "on its way the heavy ball is more than twice as far from the bottom as at first",
                 "%.2f times", far);
}

static void check(Claims *claims, const Results *results) {
    const double rounding = sizeof(real) == sizeof(double) ? 1e-8 : 1e-5;
    const double velocity = of(results, "velocity_error"), apart = of(results, "forms_apart");
    const double ours = of(results, "pytorch_keeps"), other = of(results, "textbook_keeps");
    const double never = of(results, "kinked_heavy_ball"), there = of(results, "kinked_nesterov");
    const Sample gain = results_of(results, "gain_without_noise");
    const Sample noisy = results_of(results, "gain_with_noise");
    claims_check(claims, velocity < rounding,
                 "a velocity comes to 1/(1 − µ) slopes that agree and to 1/(1 + µ) that alternate",
                 "off by %.1e; at most %.0e in " REAL_NAME, velocity, rounding);
    check_steps(claims, results);
    claims_check(claims, never < 0 && there > 0,
                 "there is a convex curve on which the heavy ball never arrives and Nesterov does",
                 "not in %d steps; Nesterov in %g", LONG_WALK, there);
    claims_check(claims, apart < rounding && ours < 0.11 && other > 0.85,
                 "PyTorch's form and the textbook's go the same way until the rate falls",
                 "apart by %.1e; where it falls to a tenth PyTorch's step is %.2f of the last and "
                 "the textbook's %.2f",
                 apart, ours, other);
    claims_check_seeds(claims, gain.least > 4 && noisy.most < 1.25,
                       "with much noise nothing is left of the gain; each has its best rate",
                       "%.1f times as fast without noise; with noise %.2f ± %.2f", gain.mean,
                       noisy.mean, noisy.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-05",
        .folder = "lessons/05-momentum",
        .knobs = race_options(),
        .knob_count = RACE_OPTION_COUNT,
        .quick = {{&map_side, 24}, {&decades, 2}, {&walkers, 20}, {&rates, 8}},
        .choose = race_choose,
        .run = run_once,
        .figures = {"velocity.gp", "ravine.gp", "condition.gp", "map.gp", "price.gp", "noise.gp",
                    "race.gif.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
