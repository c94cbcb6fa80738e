// Lesson 06 — a rate for each parameter
//
// Question   Can an optimizer find the right rate of each parameter by itself, and when does that help?
// Concepts   dividing by the root of squared gradients: Adagrad, RMSprop, Adam and their kin; not a
//            schedule, it follows gradients; it sees the Hessian's diagonal alone
// Run        make lesson-06
//            as an instrument: make lesson-06 ARGS="--optimizer adam:lr=0.1 --optimizer sgd --rotate 45"
// Time       about 15 seconds
// See        out/lesson-06/turned.png      straight and turned by 45°: the gain and its end
//            out/lesson-06/rates.png       the rate of each parameter, step by step
//            out/lesson-06/gradients.png   not a schedule: two starts, two curves of the rate
//            out/lesson-06/angles.png      how far the ravine may be turned
//            out/lesson-06/all.png         all algorithms, each with its best rate
//            out/lesson-06/surfaces.png    a saddle, and a bent valley
//            out/lesson-06/stall.png       RMSprop half a rate from the bottom in x and y, and what frees it
//            out/lesson-06/race.gif        both ravines, step by step

#include <stdio.h>
#include <string.h>

#include "entries.h"          // the algorithms and their knobs
#include "experiments.h"      // what is measured, and what is claimed
#include "instruments/walk.h" // a point on a surface that an optimizer moves
#include "optim/optimizer.h"  // adagrad, rmsprop, adam, …
#include "run/lesson.h"       // options, --seeds, figures, claims: what surrounds a run
#include "run/race.h"         // the same lesson as an instrument: --function, --optimizer, --csv

// --- a rate for each parameter: this is the lesson -----------------------------------------------

// What stands before the gradient of number i: the rate, divided by the root of what the optimizer
// remembers of the squares of this number's gradients. Plain descent remembers none.
static double effective_rate(const Optimizer *optimizer, int i) {
    const Hyperparameters *h = &optimizer->groups[0].hyperparameters;
    const ParameterState *state = optimizer->groups[0].states[0];
    const bool is_adam = optimizer->algorithm == &algorithm_adam;
    if (optimizer->algorithm == &algorithm_sgd)
        return h->lr;
    double squares = (double)state->buffers[is_adam][i]; // Adagrad's sum; RMSprop's and Adam's mean
    if (is_adam)
        squares /= 1 - pow(h->beta2, (double)state->step); // it began at 0
    return h->lr / (sqrt(squares) + h->eps);
}

// Goes down until it is there, has diverged, or has made all steps. Rows walk,step,x,y: both rates.
static Walk go_down(const Surface *surface, const Entry *entry, long steps, Table *rates,
                    const char *name) {
    Walk walk;
    walk_init(&walk, surface, surface->start, steps);
    walk.ends_there = true;
    Optimizer *optimizer = optimizer_new(entry->algorithm, walk.parameters, entry->knobs);
    Scheduler *scheduler = scheduler_new(optimizer);
    if (entry->falls_in > 0) // a schedule: it is the same for all parameters, and known beforehand
        scheduler_bind(scheduler, 0, "lr", schedule_cosine(entry->knobs.lr, entry->falls_in));
    while (walk_next(&walk)) {
        Tensor *loss = surface_loss(surface, walk.w);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        if (rates && walk.step < 400) // as many as are drawn
            table_row(rates, "%s,%ld,%.9g,%.9g", name, walk.step + 1, effective_rate(optimizer, 0),
                      effective_rate(optimizer, 1));
        scheduler_step(scheduler);
    }
    scheduler_free(scheduler);
    optimizer_free(optimizer);
    return walk;
}

// --- what the figures need -----------------------------------------------------------------------

static void keep(WalkTables *tables, Table *rates, const char *where, const Surface *surface,
                 Entry entry, long steps) {
    char name[60];
    snprintf(name, sizeof name, "%s %s", where, entry.name);
    Walk walk = go_down(surface, &entry, steps, rates, name);
    walk_tables_add(tables, name, entry.knobs.lr, &walk);
    walk_free(&walk);
}

static void keep_all(WalkTables *tables, Table *rates) {
    const Surface straight = surface_ravine(100, 0), turned = surface_ravine(100, 45);
    for (int k = 0; k < SET_COUNT; k++) {
        keep(tables, rates, "straight", &straight, set[k], DRAWN);
        keep(tables, rates, "turned", &turned, set[k], DRAWN);
    }
    keep(tables, rates, "turned", &turned, freed, DRAWN);
    Surface plateau = *surface_find("plateau"); // two starts: far out, and where it is steep
    Entry entry = set[RMSPROP];
    entry.knobs.alpha = 0.9;
    keep(tables, rates, "far", &plateau, entry, 400);
    plateau.start[0] = -1.2, plateau.start[1] = 0.9;
    keep(tables, rates, "near", &plateau, entry, 400);
    static const double own[2][SET_COUNT] = {{0.05, 0.05, 0.005, 0.05}, {0.0015, 0.5, 0.01, 0.05}};
    for (int which = 0; which < 2; which++)
        for (int k = 0; k < SET_COUNT; k++) {
            entry = set[k];
            entry.knobs.lr = own[which][k];
            keep(tables, rates, which ? "rosenbrock" : "saddle",
                 surface_find(which ? "rosenbrock" : "saddle"), entry, which ? 5000 : 200);
        }
}

static bool write_figures(const LessonOptions *options, Error *error) {
    const char *folder = options->out;
    WalkTables tables = walk_tables_open(folder);
    Table *rates = table_open(folder, "rates.csv", "walk,step,x,y");
    keep_all(&tables, rates);
    bool good = walk_tables_close(&tables, error);
    good = table_close(rates, good ? error : &(Error){""}) && good;
    const Surface straight = surface_ravine(100, 0);
    Surface turned = surface_ravine(100, 45);
    memcpy(turned.view, (const double[2][2]){{-1, 1.6}, {-0.6, 1.6}}, sizeof turned.view);
    good = good && surface_write(&straight, map_side, folder, "surface-straight.csv", error) &&
           surface_write(&turned, map_side, folder, "surface-turned.csv", error);
    const char *others[] = {"saddle", "plateau", "rosenbrock"};
    for (int i = 0; i < 3 && good; i++) {
        char name[60];
        snprintf(name, sizeof name, "surface-%s.csv", others[i]);
        good = surface_write(surface_find(others[i]), map_side, folder, name, error);
    }
    return good && write_angles(folder, error);
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    double stretched = 0, moved = 0;
    for (int k = 0; k < SET_COUNT; k++) {
        char name[60];
        snprintf(name, sizeof name, "straight_%s", set[k].name);
        result_add(results, name, steps_down(&set[k], 100, 0));
        snprintf(name, sizeof name, "turned_%s", set[k].name);
        result_add(results, name, steps_down(&set[k], 100, 45));
        if (k == PLAIN)
            continue;
        stretched =
            worst_of(stretched, fabs(steps_down(&set[k], 10, 0) - steps_down(&set[k], 10000, 0)));
        moved += points_that_height_moves(set[k]);
    }
    result_add(results, "stretched", stretched);
    result_add(results, "moved", moved);
    result_add(results, "plain_moved", points_that_height_moves(set[PLAIN]));
    result_add(results, "stall_error", stall_error());
    result_add(results, "freed", steps_down(&freed, 100, 45));
    Summary summary;
    if (!write_all(options->out, (uint64_t)options->seed, &summary, error))
        return false;
    result_add(results, "gain", summary.gain);
    result_add(results, "turned_gain", summary.turned_gain);
    result_add(results, "against_momentum", summary.against_momentum);
    return write_figures(options, error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-06",
        .folder = "lessons/06-adaptive-rates",
        .knobs = race_options(),
        .knob_count = RACE_OPTION_COUNT,
        .quick = {{&angles, 18}, {&map_side, 31}, {&starts_count, 5}, {&rates_a_decade, 2}},
        .choose = race_choose,
        .run = run_once,
        .figures = {"turned.gp", "rates.gp", "gradients.gp", "angles.gp", "all.gp", "surfaces.gp",
                    "stall.gp", "race.gif.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
