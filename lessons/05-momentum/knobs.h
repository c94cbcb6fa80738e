// The knobs of gradient descent with momentum, and the best ones for a ravine ½ (x² + κ y²).
#ifndef LESSON_05_KNOBS_H
#define LESSON_05_KNOBS_H

#include <math.h>
#include <stdbool.h>

typedef struct Knobs {
    const char *name;
    double lr, momentum;
    bool nesterov;
} Knobs;

// With a given momentum the best rate treats the steepest direction and the flattest alike. Without
// momentum it is 2 / (κ + 1).
static inline Knobs best_rate(const char *name, double kappa, double momentum) {
    return (Knobs){name, 2 * (1 + momentum) / (kappa + 1), momentum, false};
}

static inline Knobs best_plain(double kappa) {
    return best_rate("plain", kappa, 0);
}

// Polyak 1964: lr is 4 / (√κ + 1)².
static inline Knobs best_heavy_ball(double kappa) {
    const double share = (sqrt(kappa) - 1) / (sqrt(kappa) + 1);
    return best_rate("heavy ball", kappa, share * share);
}

// Lessard, Recht, Packard 2016.
static inline Knobs best_nesterov(double kappa) {
    const double root = sqrt(3 * kappa + 1);
    return (Knobs){"Nesterov", 4 / (3 * kappa + 1), (root - 2) / (root + 2), true};
}

#endif
