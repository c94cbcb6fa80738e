// Exercise 04: gradient descent down a ravine
//
// Walk down ½ (x² + condition · y²) from (1, 1): x ← x − lr · slope in x, and y alike, where the slopes are x and
// condition · y. Return after how many steps √(x² + y²) is at most 1e-6 for the first time; or −1 as soon as it is above
// 1000 · √2: the walk has diverged. Try it with make exercise-04.

#include "../exercise.h"

static int ravine_steps(double lr, double condition) {
    exercise_asks("walk, and return how many steps it took");
}

#include "check.h" // main: tries it
