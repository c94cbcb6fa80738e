// What the claims and figures of this lesson measure, each alone; and the claims.
#ifndef LESSON_06_EXPERIMENTS_H
#define LESSON_06_EXPERIMENTS_H

#include "entries.h"
#include "run/lesson.h"

static Walk go_down(const Surface *surface, const Entry *entry, long steps, Table *rates,
                    const char *name);

enum { LONG_WALK = 10000, DRAWN = 2500 }; // steps; of those that figures show

// Steps from the start to the bottom of the ravine; −1: it doesn't get there.
static inline double steps_down(const Entry *entry, double kappa, double degrees) {
    const Surface ravine = surface_ravine(kappa, degrees);
    Walk walk = go_down(&ravine, entry, LONG_WALK, NULL, "");
    const long arrived = walk.arrived;
    walk_free(&walk);
    return (double)arrived;
}

// Where RMSprop comes to rest: how far |x| and |y| are from lr / 2 at most, as a share of it.
static inline double stall_error(void) {
    const Surface ravine = surface_ravine(100, 45);
    Walk walk = go_down(&ravine, &set[RMSPROP], LONG_WALK, NULL, "");
    const double x = fabs(walk_end(&walk).x), y = fabs(walk_end(&walk).y);
    const double half = set[RMSPROP].knobs.lr / 2;
    walk_free(&walk);
    return worst_of(fabs(x / half - 1), fabs(y / half - 1));
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

static int angles = 90, map_side = SURFACE_SIDE; // angles from 0 to 90 degrees; of a map, a side

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

// --- what is claimed -----------------------------------------------------------------------------

static inline double of(const Results *results, const char *name) {
    return results_of(results, name).mean; // nothing is random here but some starts
}

// The numbers of steps were set beforehand, for double precision.
static inline bool took(const Results *results, const char *name, double steps) {
    return fabs(of(results, name) - steps) <= (sizeof(real) == sizeof(double) ? 0 : 2);
}

static inline void check_steps(Claims *claims, const Results *results) {
    claims_check(claims,
                 took(results, "straight_adagrad", 25) && took(results, "straight_rmsprop", 232) &&
                     took(results, "straight_adam", 189) && took(results, "straight_sgd", 709),
                 "down the straight ravine Adagrad takes 25 steps; RMSprop 232; Adam 189; SGD 709",
                 "%g; %g; %g; %g", of(results, "straight_adagrad"), of(results, "straight_rmsprop"),
                 of(results, "straight_adam"), of(results, "straight_sgd"));
    claims_check(claims,
                 took(results, "turned_adagrad", 2047) && of(results, "turned_rmsprop") < 0 &&
                     took(results, "turned_adam", 759) && took(results, "turned_sgd", 709),
                 "turned by 45° Adagrad takes 2047; RMSprop never arrives; Adam 759; SGD 709",
                 "%g; not in %d; %g; %g", of(results, "turned_adagrad"), LONG_WALK,
                 of(results, "turned_adam"), of(results, "turned_sgd"));
}

static inline void check(Claims *claims, const Results *results) {
    const double stall = of(results, "stall_error"), free = of(results, "freed");
    const double stretched = of(results, "stretched"), moved = of(results, "moved");
    const Sample gain = results_of(results, "gain"), turned = results_of(results, "turned_gain");
    const Sample rolling = results_of(results, "against_momentum");
    const double close = sizeof(real) == sizeof(double) ? 1e-6 : 1e-4;
    check_steps(claims, results);
    claims_check(claims, stall < close && free > 0,
                 "RMSprop goes to and fro at lr/2 in x and y; a rate that falls to 0 frees it",
                 "off by %.1e; at most %.0e in " REAL_NAME "; freed it is there after %g steps",
                 stall, close, free);
    claims_check(claims, stretched <= 2,
                 "along the axes the condition doesn't matter: as many steps for κ 10 as for 10000",
                 "at most %g steps apart", stretched);
    claims_check(claims, moved == 0 && of(results, "plain_moved") > 0,
                 "gradients 1024 times as large move no bit of their paths; eps is 0",
                 "%g points differ; of plain descent %g", moved, of(results, "plain_moved"));
    claims_check_seeds(claims, gain.least > 10 && turned.most < 1,
                       "without momentum Adagrad is 10 times as fast as plain descent and slower "
                       "where turned; each with its best rate",
                       "straight %.0f ± %.0f times as fast; turned %.2f ± %.2f", gain.mean,
                       gain.error, turned.mean, turned.error);
    claims_check_seeds(claims, rolling.least > 0.8 && rolling.most < 1.25,
                       "turned and with momentum the fastest is as fast as SGD with momentum",
                       "%.2f ± %.2f times as fast", rolling.mean, rolling.error);
}

#endif
