// Gradients with noise, as those of mini-batches are: what is left of momentum's gain?
#ifndef LESSON_05_NOISE_H
#define LESSON_05_NOISE_H

#include "experiments.h"
#include "instruments/crowd.h"

enum { NOISE_LEVELS = 8, NOISE_STEPS = 4000, WALKERS_MAX = 100 };
static const double NOISE_TARGET = 1e-3; // the mean loss; it begins near 50
static int walkers = WALKERS_MAX, rates = 20;

// Steps until the mean loss of all walkers is down at the target; `most`: not before.
static inline long steps_to_target(Knobs knobs, double deviation, Random random, long most) {
    const Surface ravine = surface_ravine(100, 0);
    double starts[WALKERS_MAX][2];
    crowd_starts(starts, walkers, sqrt(2), &random);
    Crowd crowd;
    crowd_init(&crowd, &ravine, starts, walkers, most);
    Optimizer *optimizer = sgd(crowd.parameters, .lr = knobs.lr, .momentum = knobs.momentum);
    Tensor *points = &crowd.parameters.items[0]->tensor;
    while (crowd_next(&crowd)) {
        Tensor *loss = mean(surface_loss(&ravine, crowd.w));
        if ((double)loss->data[0] <= NOISE_TARGET)
            break;
        optimizer_zero_grad(optimizer);
        backward(scale(loss, walkers)); // each walker's own gradient
        for (size_t i = 0; i < points->size; i++)
            points->grad[i] += (real)(deviation * random_normal(&random));
        optimizer_step(optimizer);
    }
    const long steps = crowd.step;
    optimizer_free(optimizer);
    crowd_free(&crowd);
    return steps;
}

// With the best of some rates, each smaller than the last by a factor √2.
static inline long steps_at_best_rate(double momentum, double deviation, const Random *random) {
    long least = NOISE_STEPS;
    for (int i = 0; i < rates; i++) {
        Knobs knobs = best_rate("", 100, momentum);
        knobs.lr *= pow(0.5, i / 2.0);
        const long steps = steps_to_target(knobs, deviation, *random, least);
        least = steps < least ? steps : least;
    }
    return least;
}

// Rows noise,plain,momentum: the standard deviation of each component of the gradient, and steps.
// `gain` is how many times as fast momentum is without noise, and with the most of it.
static inline bool write_noise(const char *folder, uint64_t seed, double gain[2], Error *error) {
    Table *table = table_open(folder, "noise.csv", "noise,plain,momentum");
    const Random parent = random_from_seed(seed);
    for (int level = 0; level < NOISE_LEVELS; level++) {
        const Random random = random_split(&parent, (uint64_t)level);
        const double deviation = level == 0 ? 0 : pow(10, -1.75 + 0.25 * level); // 0.03 … 1
        const long plain = steps_at_best_rate(0, deviation, &random);
        const long ball = steps_at_best_rate(best_heavy_ball(100).momentum, deviation, &random);
        table_row(table, "%.9g,%ld,%ld", deviation, plain, ball);
        gain[level > 0] = (double)plain / (double)ball;
    }
    return table_close(table, error);
}

#endif
