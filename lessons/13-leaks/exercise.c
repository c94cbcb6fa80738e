// Exercise 13: how far Adam coasts
//
// A weight had `steady` gradients of 1, one a step. Then it was frozen, and its gradient is zero, not none: so Adam goes on
// stepping it, for `steps` steps more. Return how far these carry it, in units of lr. In step t, which counts from 1 and
// goes on counting when it is frozen, with m and v 0 at first and eps left out:
//     m ← 0.9 · m + 0.1 · g,  v ← 0.999 · v + 0.001 · g²
//     the way of the step is (m / (1 − 0.9^t)) / √(v / (1 − 0.999^t))
// Try it with make exercise-13.

#include "../exercise.h"

static double adam_coasts(int steady, int steps) {
    exercise_asks("add up the ways of the steps with gradient zero");
}

#include "check.h" // main: tries it
