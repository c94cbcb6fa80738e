// What this lesson claims.
#ifndef LESSON_06_VERDICTS_H
#define LESSON_06_VERDICTS_H

#include "experiments.h"

static inline double of(const Results *results, const char *name) {
    return results_of(results, name).mean; // nothing is random here but some starts
}

// How many steps a walk took; the numbers were set beforehand, for double precision.
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
                       "without momentum dividing is 10 times as fast as plain descent and slower "
                       "where turned; each with its best rate",
                       "straight %.0f ± %.0f times as fast; turned %.2f ± %.2f", gain.mean,
                       gain.error, turned.mean, turned.error);
    claims_check_seeds(claims, rolling.least > 0.8 && rolling.most < 1.25,
                       "turned and with momentum the fastest is as fast as SGD with momentum",
                       "%.2f ± %.2f times as fast", rolling.mean, rolling.error);
}

#endif
