// Solution of exercise 16: reduce on plateau
//
// At each look comes the loss of the images that were kept back. `best` is the lowest so far (INFINITY at first), and
// `waited` counts the looks in a row that were no better, which is: not below the best. (A NaN is no better.) When it
// comes to more than `patience`, the rate falls to a tenth, and waited is 0 again. Change the plateau, and return the rate
// after this look. Try it with make exercise-16.

#include "../exercise.h"
#include "optim/optimizer.h" // for the check
#include "schedule/plateau.h"

typedef struct Waiting {
    double rate, best;
    int waited, patience;
} Waiting;

static double rate_after(Waiting *plateau, double loss) {
    if (loss < plateau->best) {
        plateau->best = loss;
        plateau->waited = 0;
    } else if (++plateau->waited > plateau->patience) {
        plateau->rate /= 10;
        plateau->waited = 0;
    }
    return plateau->rate;
}

#include "check.h" // main: tries it
