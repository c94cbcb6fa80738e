// Solution of exercise 14: gradual unfreezing, with a rate for each layer
//
// A network has `layers` layers; `below` says how far one is below the head: 0 is the head itself, layers − 1 the one at
// the input. A training has `steps` steps. Return the rate of a layer at a step:
//     it thaws at step    below · steps / (2 · (layers − 1)), rounded down; until then its rate is 0
//     it starts at        lr · decay^below
//     and falls to 0      along half a cosine from its own thaw to the end: start · (1 + cos(π · share)) / 2, where share
//                         is 0 when it thaws, and 1 at step `steps`
// π is acos(−1). Try it with make exercise-14.

#include "../exercise.h"

static double layer_rate(int below, int layers, long step, long steps, double lr, double decay) {
    const long thaws = below * steps / (2 * (layers - 1));
    if (step < thaws)
        return 0;
    const double share = (double)(step - thaws) / (double)(steps - thaws);
    return lr * pow(decay, below) * (1 + cos(acos(-1) * share)) / 2;
}

#include "check.h" // main: tries it
