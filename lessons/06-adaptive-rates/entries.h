// The algorithms of this lesson, and how well each does on the ravine.
#ifndef LESSON_06_ENTRIES_H
#define LESSON_06_ENTRIES_H

#include <math.h>

#include "files/table.h"
#include "instruments/crowd.h"
#include "instruments/walk.h"
#include "optim/optimizer.h"
#include "schedule/scheduler.h"
#include "tensor/operations.h"

typedef struct Entry {
    const char *name;
    const Algorithm *algorithm;
    Hyperparameters knobs; // what isn't set is as in PyTorch
    int falls_in; // its rate falls to 0 along a cosine in so many steps; 0: it doesn't fall
} Entry;
#define ENTRY(NAME, ALGORITHM, ...)                                                                \
    {                                                                                              \
        .name = NAME, .algorithm = &algorithm_##ALGORITHM, .knobs = {                              \
            HYPERPARAMETERS_UNSET,                                                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

// Those whose numbers of steps were set beforehand, with the rates of then.
enum { PLAIN, ADAGRAD, RMSPROP, ADAM, SET_COUNT };
static const Entry set[SET_COUNT] = {
    ENTRY("sgd", sgd, .lr = 2.0 / 101),
    ENTRY("adagrad", adagrad, .lr = 0.5),
    ENTRY("rmsprop", rmsprop, .lr = 0.01),
    ENTRY("adam", adam, .lr = 0.1),
};

static const Entry freed = {.name = "rmsprop freed",
                            .algorithm = &algorithm_rmsprop,
                            .knobs = {HYPERPARAMETERS_UNSET, .lr = 0.01},
                            .falls_in = 2000};

// All of them, without rates; those with momentum come last. AdamW isn't among them: its decay pulls
// to 0, where the bottom is; without it, it is Adam.
enum { SGD = 0, RPROP = 5, SGD_MOMENTUM = 6, ALL_COUNT = 14 };
static const Entry all[ALL_COUNT] = {
    ENTRY("SGD", sgd, .momentum = 0),
    ENTRY("Adagrad", adagrad, .lr_decay = 0),
    ENTRY("Adadelta", adadelta, .rho = 0.9),
    ENTRY("RMSprop", rmsprop, .momentum = 0),
    ENTRY("RMSprop centered", rmsprop, .centered = 1),
    ENTRY("Rprop", rprop, .etaplus = 1.2),
    ENTRY("SGD momentum 0.9", sgd, .momentum = 0.9),
    ENTRY("RMSprop momentum 0.9", rmsprop, .momentum = 0.9),
    ENTRY("Adam", adam, .amsgrad = 0),
    ENTRY("AMSGrad", adam, .amsgrad = 1),
    ENTRY("Adamax", adamax, .beta1 = 0.9),
    ENTRY("NAdam", nadam, .beta1 = 0.9),
    ENTRY("RAdam", radam, .beta1 = 0.9),
    ENTRY("Lion", lion, .beta1 = 0.9),
};
enum { STARTS_MAX = 15, TUNE_STEPS = 5000 };

static int starts_count = STARTS_MAX, rates_a_decade = 4;

// --- the ravine, straight and turned -------------------------------------------------------------

// The condition that the best rates per parameter leave: that of the Hessian [a b; b d] scaled to a
// diagonal of 1, which no other scaling of two parameters betters (Forsythe, Straus 1955).
static inline double condition_left(double kappa, double degrees) {
    const double angle = degrees * 3.14159265358979323846 / 180, c = cos(angle), s = sin(angle);
    const double a = c * c + kappa * s * s, d = s * s + kappa * c * c, b = (1 - kappa) * s * c;
    const double r = fabs(b) / sqrt(a * d);
    return (1 + r) / (1 - r);
}

// Steps until half of the starts have arrived; `most`: not before. The starts turn with the ravine.
static inline double steps_of_half(const Entry *entry, double degrees, const Random *random,
                                   double most) {
    const Surface ravine = surface_ravine(100, degrees);
    Random own = *random;
    double starts[STARTS_MAX][2];
    crowd_starts(starts, starts_count, sqrt(2), &own);
    for (int i = 0; i < starts_count; i++)
        surface_turn_point(starts[i], degrees);
    Crowd crowd;
    crowd_init(&crowd, &ravine, (const double(*)[2])starts, starts_count, (long)most);
    Optimizer *optimizer = optimizer_new(entry->algorithm, crowd.parameters, entry->knobs);
    while (crowd_next(&crowd) && 2 * crowd_arrivals(&crowd) < starts_count) {
        Tensor *losses = surface_loss(&ravine, crowd.w);
        optimizer_zero_grad(optimizer);
        backward(sum(losses));
        optimizer_step(optimizer);
    }
    const double steps = (double)crowd.step;
    optimizer_free(optimizer);
    crowd_free(&crowd);
    return steps;
}

// The entry with the best rate of a grid from 1e-4 to 1; where none arrives, with its default.
static inline Entry tuned(const Entry *entry, double degrees, const Random *random) {
    Entry best = *entry, tried = *entry;
    double least = TUNE_STEPS;
    for (int i = 0; i <= 4 * rates_a_decade; i++) {
        tried.knobs.lr = pow(10, -4 + (double)i / rates_a_decade);
        const double steps = steps_of_half(&tried, degrees, random, least);
        if (steps < least)
            best = tried;
        least = steps < least ? steps : least;
    }
    return best;
}

#endif
