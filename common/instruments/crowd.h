// A crowd: many points on a test surface, moved by one optimizer as the rows of one parameter. Where
// an algorithm moves each number by its own gradient (all but muon do), none knows of the others: it
// is as many walks at once (walk.h), for hardly more time than one.
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
    Tensor *w;           // the points on the tape, in the loop
    long steps;          // at most so many; it ends earlier where all have arrived
    long step, *arrived; // [count]: after which step each was there first (walk.h); −1: after none
    bool under_way;      // its own
} Crowd;

void crowd_init(Crowd *crowd, const Surface *surface, const double (*starts)[2], int count,
                long steps);
void crowd_free(Crowd *crowd);

// Ends the step under way. True: another follows.
bool crowd_next(Crowd *crowd);

int crowd_arrivals(const Crowd *crowd); // how many have been there

// As many starts as there are to be, each in a random direction from (0, 0), so far away.
void crowd_starts(double (*starts)[2], int count, double distance, Random *random);

#endif
