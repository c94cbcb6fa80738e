// Solution of exercise 04: gradient descent down a ravine
//
// Walk down ½ (x² + condition · y²) from (1, 1): x ← x − lr · slope in x, and y alike, where the slopes are x and
// condition · y. Return after how many steps √(x² + y²) is at most 1e-6 for the first time; or −1 as soon as it is above
// 1000 · √2: the walk has diverged. Try it with make exercise-04.

#include "../exercise.h"

static int ravine_steps(double lr, double condition) {
    double x = 1, y = 1;
    for (int steps = 0;; steps++) {
        const double length = sqrt(x * x + y * y);
        if (length <= 1e-6)
            return steps;
        if (length > 1000 * sqrt(2))
            return -1;
        x -= lr * x;
        y -= lr * condition * y;
    }
}

#include "check.h" // main: tries it
