// A crowd: many points on a test surface, moved by one optimizer as the rows of one parameter. Where
// an algorithm moves each number by its own gradient (all but muon do), each point moves as it would
// alone: that is as many walks (walk.h), in hardly more time than one takes.
//
//     Crowd crowd;
//     crowd_init(&crowd, &surface, starts, count, steps);
//     Optimizer *optimizer = adam(crowd.parameters, .lr = 0.1);
//     while (crowd_next(&crowd)) {
//         Tensor *losses = surface_loss(&crowd.surface, crowd.w);
//         optimizer_zero_grad(optimizer);
//         backward(sum(losses));
//         optimizer_step(optimizer);
//     }
//     optimizer_free(optimizer);
//     …crowd.arrived[i]…
//     crowd_free(&crowd);
#ifndef KNOBS_INSTRUMENTS_CROWD_H
#define KNOBS_INSTRUMENTS_CROWD_H

#include "base/random.h"
#include "instruments/surface.h"

typedef struct Crowd {
    Surface surface;
    int count;
    ParameterList parameters; // one of them: the points, [count, dimensions]
    Tape *tape;
    Tensor *w;      // the points on the tape, in the loop
    long steps;     // at most so many; it ends earlier where all have arrived
    long step;      // steps done
    long *arrived;  // [count]: the step at which each arrived (walk.h); −1: it hasn't
    bool under_way; // private
} Crowd;

void crowd_init(Crowd *crowd, const Surface *surface, const double (*starts)[2], int count,
                long steps);
void crowd_free(Crowd *crowd);

// Ends the step under way. True: another follows.
bool crowd_next(Crowd *crowd);

int crowd_arrivals(const Crowd *crowd); // how many points have arrived

// Fills `starts` with `count` points at a distance from (0, 0), each in a random direction.
void crowd_starts(double (*starts)[2], int count, double distance, Random *random);

#endif
