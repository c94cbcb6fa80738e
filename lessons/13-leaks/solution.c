// Solution of exercise 13: how far Adam coasts
//
// A weight had `steady` gradients of 1, one a step. Then it was frozen, and its gradient is zero, not none: so Adam goes on
// stepping it, for `steps` steps more. Return how far these carry it, in units of lr. In step t, which counts from 1 and
// goes on counting when it is frozen, with m and v 0 at first and eps left out:
//     m ← 0.9 · m + 0.1 · g,  v ← 0.999 · v + 0.001 · g²
//     the way of the step is (m / (1 − 0.9^t)) / √(v / (1 − 0.999^t))
// Try it with make exercise-13.

#include "../exercise.h"

static double adam_coasts(int steady, int steps) {
    double m = 0, v = 0, way = 0;
    for (int t = 1; t <= steady + steps; t++) {
        const double g = t <= steady ? 1 : 0;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        if (t > steady)
            way += m / (1 - pow(0.9, t)) / sqrt(v / (1 - pow(0.999, t)));
    }
    return way;
}

#include "check.h" // main: tries it
