// Solution of exercise 15: a cosine with a warm-up
//
// Return the rate at a step, which counts from 0:
//     below warm_up      a line, from 0 at step 0 to peak at step warm_up (there may be none: warm_up 0)
//     from there on      half a cosine, from peak at step warm_up to 0 at step `steps`:
//                        peak · (1 + cos(π · share)) / 2, share from 0 to 1
//     beyond `steps`     0: it doesn't climb back
// π is acos(−1). Try it with make exercise-15.

#include "../exercise.h"

static double rate_at(long step, long steps, long warm_up, double peak) {
    if (step < warm_up)
        return peak * (double)step / (double)warm_up;
    if (step >= steps)
        return 0;
    const double share = (double)(step - warm_up) / (double)(steps - warm_up);
    return peak * (1 + cos(acos(-1) * share)) / 2;
}

#include "check.h" // main: tries it
