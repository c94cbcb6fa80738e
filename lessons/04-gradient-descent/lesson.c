// Lesson 04 — gradient descent
//
// Question   Where does one step lead, how long may it be, and what keeps it from the minimum?
// Concepts   w ← w − lr · gradient; the learning rate and the curvature; ravine, saddle, plateau, local
//            minimum; the starting point
// Run        make lesson-04
//            as an instrument: make lesson-04 ARGS="--function rosenbrock --lr 0.001 --steps 20000"
//            its numbers alone: build/lesson-04 --lr 0.0198 --csv -
// Time       about 10 seconds
// See        out/lesson-04/tangents.png    one number: rates too small, good, at the border, too large
//            out/lesson-04/ravine.png      two numbers: the zigzag, and how many steps each rate takes
//            out/lesson-04/surface.png     the path on the surface, and the path in the plane
//            out/lesson-04/hazards.png     what is in the way
//            out/lesson-04/basins.png      which minimum each start falls into
//            out/lesson-04/rates.gif       four rates, step by step

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"           // path_format
#include "basins.h"              // many starts at once
#include "experiments.h"         // what the claims measure
#include "files/table.h"         // CSV, for the figures
#include "instruments/surface.h" // losses of one or two numbers whose minima are known
#include "instruments/walk.h"    // a point that an optimizer moves
#include "optim/optimizer.h"     // sgd
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "run/race.h"            // the same lesson as an instrument: --function, --optimizer, --csv

static int map_side = 161, starts = 1000; // of a map of basins, a side; at random
enum { BASIN_STEPS = 300 };

// --- gradient descent: this is the lesson --------------------------------------------------------

// Goes down from the start until it is there, has diverged, or has made all steps.
static Walk descend(const Surface *surface, const double start[2], double lr, long steps) {
    Walk walk;
    walk_init(&walk, surface, start, steps);
    walk.ends_there = true;
    Optimizer *optimizer = sgd(walk.parameters, .lr = lr);
    while (walk_next(&walk)) {
        Tensor *loss = surface_loss(surface, walk.w); // how high is it here?
        optimizer_zero_grad(optimizer);
        backward(loss);            // which way is up?
        optimizer_step(optimizer); // w ← w − lr · gradient
    }                              // walk_next clears the tape, and looks where the point is now
    optimizer_free(optimizer);
    return walk;
}

// --- what the figures need -----------------------------------------------------------------------

static void keep(WalkTables *tables, const char *name, const Surface *surface,
                 const double start[2], double lr, long steps) {
    Walk walk = descend(surface, start, lr, steps);
    walk_tables_add(tables, name, lr, &walk);
    walk_free(&walk);
}

static void keep_all(WalkTables *tables) {
    const Surface parabola = *surface_find("parabola"), ravine = *surface_find("ravine");
    const double rates[] = {0.05, 0.4, 1, 1.05}, ravine_rates[] = {0.002, 0.018, 2.0 / 101, 0.0201};
    for (int i = 0; i < 4; i++) {
        keep(tables, "parabola", &parabola, parabola.start, rates[i], 200);
        keep(tables, "ravine", &ravine, ravine.start, ravine_rates[i], 10000);
    }
    const Surface saddle = *surface_find("saddle"), plateau = *surface_find("plateau");
    const Surface wells = *surface_find("two-wells");
    keep(tables, "saddle", &saddle, (const double[]){-1.2, 1e-6}, 0.05, 200);
    keep(tables, "plateau", &plateau, plateau.start, 0.5, 10000);
    keep(tables, "well", &wells, wells.start, 0.05, 10000);
    keep(tables, "other well", &wells, (const double[]){0, wells.start[1]}, 0.05, 10000);
}

// Each surface with a small rate and with a large one.
static bool write_maps(const char *folder, Results *results, Error *error) {
    static const char *const areas[] = {"worse_area", "worse_area_fast"};
    static const double rates[] = {0.02, 0.2, 0.005, 0.02};
    Table *maps = table_open(folder, "basins.csv", "surface,lr,x,y,minimum");
    for (int i = 0; i < 4; i++) {
        const Surface *surface = surface_find(i < 2 ? "two-wells" : "himmelblau");
        double shares[SURFACE_MINIMA_MAX];
        basins_map(maps, surface, rates[i], map_side, BASIN_STEPS, shares);
        if (i == 1)
            result_add(results, "steep_area_fast", shares[0]);
        if (i < 2)
            result_add(results, areas[i], shares[1]);
    }
    return table_close(maps, error);
}

static bool write_figures(const char *folder, Results *results, Error *error) {
    WalkTables tables = walk_tables_open(folder);
    keep_all(&tables);
    bool good = walk_tables_close(&tables, error);
    good = good && write_maps(folder, results, error) && write_rates(folder, error);
    const char *drawn[] = {"ravine", "saddle", "plateau", "two-wells", "himmelblau"};
    for (int i = 0; i < 5 && good; i++) {
        char *name = path_format("surface-%s.csv", drawn[i]);
        good = surface_write(surface_find(drawn[i]), map_side / 2 + 10, folder, name, error);
        free(name);
    }
    return good;
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    result_add(results, "best_steps", (double)steps_to_the_bottom(2.0 / 101));
    result_add(results, "edge_steps", (double)steps_to_the_bottom(0.0199));
    result_add(results, "past_diverges", diverges(0.0201));
    result_add(results, "surprises", rates_that_surprise());
    result_add(results, "bounce_error", bounce_error());
    result_add(results, "crossings", share_of_crossings());
    result_add(results, "height_moves", (double)numbers_that_height_moves());
    result_add(results, "on_the_ridge", distance_from_saddle(0));
    result_add(results, "beside_the_ridge", distance_from_saddle(1e-6));
    Random random = random_from_seed((uint64_t)options->seed);
    double shares[SURFACE_MINIMA_MAX];
    basins_of_random_starts(surface_find("two-wells"), 0.02, starts, BASIN_STEPS, &random, shares);
    result_add(results, "worse_share", shares[1]);
    return write_figures(options->out, results, error);
}

static void check(Claims *claims, const Results *results) {
    const bool is_double = sizeof(real) == sizeof(double);
    const double best = results_of(results, "best_steps").most;
    const double edge = results_of(results, "edge_steps").most;
    const double bounce = results_of(results, "bounce_error").most;
    const double ridge = results_of(results, "on_the_ridge").most;
    const double beside = results_of(results, "beside_the_ridge").least;
    const double steep = results_of(results, "steep_area_fast").most;
    const double flat = results_of(results, "worse_area_fast").least;
    const double area = results_of(results, "worse_area").mean;
    const Sample share = results_of(results, "worse_share");
    const double noise = sqrt(area * (1 - area) / (starts * share.count)); // of a binomial count
    const double off = is_double ? 0 : 2;
    claims_check(claims, fabs(best - 709) <= off && fabs(edge - 1375) <= off,
                 "down the ravine it takes 709 steps at the rate 2/101 and 1375 at .0199",
                 "%g and %g steps; at most %g off in " REAL_NAME, best, edge, off);
    claims_check(claims,
                 results_of(results, "past_diverges").least == 1 &&
                     results_of(results, "surprises").most == 0,
                 "each rate above 2/L diverges and each one below arrives",
                 "%g of 40 rates do something else; the nearest are a thousandth away",
                 results_of(results, "surprises").most);
    claims_check(claims, bounce < (is_double ? 1e-9 : 1e-3), "at 2/L it bounces for ever",
                 "after %d steps its height is off by %.1e; at most %.0e in " REAL_NAME, LONG_WALK,
                 bounce, is_double ? 1e-9 : 1e-3);
    claims_check(claims, results_of(results, "crossings").least == 1,
                 "at the rate 2/101 each step crosses the floor of the ravine", "%g %% of them do",
                 100 * results_of(results, "crossings").least);
    claims_check(claims, results_of(results, "height_moves").most == 0,
                 "the path is one in the plane: on a surface 1000 higher it has the same bits",
                 "%g numbers differ", results_of(results, "height_moves").most);
    claims_check(claims, ridge < 1e-6 && beside > 100,
                 "on the ridge of a saddle it stops at no minimum; a millionth beside it falls",
                 "it ends %.1e and %.1e from the middle", ridge, beside);
    claims_check(claims, steep == 0 && flat > 0,
                 "2/L is a matter of place: at lr .2 nobody settles in the deeper and steeper well",
                 "%.3f of all starts do; %.3f in the other one", steep, flat);
    claims_check_seeds(claims, fabs(share.mean - area) < 3 * noise,
                       "a minimum is as likely as its basin is large where starts are random",
                       "%.4f of them end in the worse well and its basin is %.4f of the map; three "
                       "standard errors are %.4f",
                       share.mean, area, 3 * noise);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-04",
        .folder = "lessons/04-gradient-descent",
        .knobs = race_options(),
        .knob_count = RACE_OPTION_COUNT,
        .quick = {{&map_side, 31}, {&starts, 300}},
        .choose = race_choose,
        .run = run_once,
        .figures = {"tangents.gp", "ravine.gp", "surface.gp", "hazards.gp", "basins.gp",
                    "rates.gif.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
