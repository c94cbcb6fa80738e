// What the claims and figures of this lesson measure, each alone.
#ifndef LESSON_06_EXPERIMENTS_H
#define LESSON_06_EXPERIMENTS_H

#include "entries.h"
#include "run/lesson.h"

static Walk go_down(const Surface *surface, const Entry *entry, long steps, Table *rates,
                    const char *name);

enum { LONG_WALK = 10000 };

// Steps from the start to the bottom of the ravine; −1: it doesn't get there.
static inline double steps_down(const Entry *entry, double kappa, double degrees) {
    const Surface ravine = surface_ravine(kappa, degrees);
    Walk walk = go_down(&ravine, entry, LONG_WALK, NULL, "");
    const long arrived = walk.arrived;
    walk_free(&walk);
    return (double)arrived;
}

// Where RMSprop comes to rest on the turned ravine: how far |x| and |y| are from lr / 2, at most, as a
// share of it.
static inline double stall_error(void) {
    const Surface ravine = surface_ravine(100, 45);
    Walk walk = go_down(&ravine, &set[RMSPROP], LONG_WALK, NULL, "");
    const WalkPoint end = walk_end(&walk);
    const double half = set[RMSPROP].knobs.lr / 2;
    walk_free(&walk);
    return fmax(fabs(fabs(end.x) / half - 1), fabs(fabs(end.y) / half - 1));
}

// --- gradients, not time -------------------------------------------------------------------------

// The ravine 1024 times as high.
static inline double high(const Surface *surface, double x, double y, double gradient[2]) {
    const double loss = surface_find("ravine")->function(surface, x, y, gradient);
    gradient[0] *= 1024;
    gradient[1] *= 1024;
    return 1024 * loss;
}

// How many points of a path are elsewhere on the ravine that is so much higher? eps, which is there
// against a division by 0, is 0 for this.
static inline double points_that_height_moves(Entry entry) {
    const Surface ravine = surface_ravine(100, 20);
    Surface higher = ravine;
    higher.function = high;
    if (algorithm_has(entry.algorithm, HYPERPARAMETER_eps))
        entry.knobs.eps = 0;
    Walk walk = go_down(&ravine, &entry, 100, NULL, ""),
         other = go_down(&higher, &entry, 100, NULL, "");
    double count = 0;
    for (long step = 0; step <= walk.step; step++)
        count += step > other.step || walk.path[step].x != other.path[step].x ||
                 walk.path[step].y != other.path[step].y;
    walk_free(&walk);
    walk_free(&other);
    return count;
}

// --- every angle ---------------------------------------------------------------------------------

static int angles = 90; // from 0 to 90 degrees, so many and one

// Rows angle,left,sgd,adagrad,rmsprop,adam: the condition that the best rate per parameter would leave,
// and steps from the start (−1: not in LONG_WALK).
static inline bool write_angles(const char *folder, Error *error) {
    Table *table = table_open(folder, "angles.csv", "angle,left,sgd,adagrad,rmsprop,adam");
    for (int i = 0; i <= angles; i++) {
        const double angle = 90.0 * i / angles;
        double steps[SET_COUNT];
        for (int k = 0; k < SET_COUNT; k++)
            steps[k] = steps_down(&set[k], 100, angle);
        table_row(table, "%g,%.6g,%g,%g,%g,%g", angle, condition_left(100, angle), steps[PLAIN],
                  steps[ADAGRAD], steps[RMSPROP], steps[ADAM]);
    }
    return table_close(table, error);
}

// --- all algorithms ------------------------------------------------------------------------------

typedef struct Summary {
    double gain;        // straight: plain descent's steps over Adagrad's
    double turned_gain; // turned, all with their best rates: over the fastest that divides by a
                        // root of squares and has no momentum
    double against_momentum; // and SGD's with momentum over the fastest with momentum
} Summary;

// Rows name,momentum,straight,turned,retuned,lr,lr_turned: steps of the rate that is best for the
// straight ravine, there and on the turned one, and of the rate that is best for this; TUNE_STEPS is
// never. The rates are chosen with other starts than these.
static inline bool write_all(const char *folder, uint64_t seed, Summary *summary, Error *error) {
    const Random parent = random_from_seed(seed);
    const Random tuning = random_split(&parent, 0), reading = random_split(&parent, 1);
    double straight[ALL_COUNT], retuned[ALL_COUNT], divided = TUNE_STEPS, rolling = TUNE_STEPS;
    Table *table =
        table_open(folder, "all.csv", "name,momentum,straight,turned,retuned,lr,lr_turned");
    for (int i = 0; i < ALL_COUNT; i++) {
        const Entry best = tuned(&all[i], 0, &tuning), other = tuned(&all[i], 45, &tuning);
        straight[i] = steps_of_half(&best, 0, &reading, TUNE_STEPS);
        retuned[i] = steps_of_half(&other, 45, &reading, TUNE_STEPS);
        table_row(table, "%s,%d,%g,%g,%g,%g,%g", all[i].name, i >= SGD_MOMENTUM, straight[i],
                  steps_of_half(&best, 45, &reading, TUNE_STEPS), retuned[i], best.knobs.lr,
                  other.knobs.lr);
        if (i > SGD_MOMENTUM)
            rolling = fmin(rolling, retuned[i]);
        else if (i != SGD && i != RPROP && i != SGD_MOMENTUM)
            divided = fmin(divided, retuned[i]);
    }
    *summary = (Summary){straight[SGD] / straight[SGD + 1], retuned[SGD] / divided,
                         retuned[SGD_MOMENTUM] / rolling};
    return table_close(table, error);
}

#endif
