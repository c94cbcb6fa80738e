#include "instruments/crowd.h"

#include <stdlib.h>

#include "base/error.h"
#include "instruments/walk.h" // WALK_TOLERANCE

// Notes which points have arrived.
static void crowd_look(Crowd *crowd) {
    const Tensor *w = &crowd->parameters.items[0]->tensor;
    const int dimensions = crowd->surface.dimensions;
    for (int i = 0; i < crowd->count; i++) {
        const real *at = w->data + dimensions * i;
        const double point[2] = {(double)at[0], dimensions == 2 ? (double)at[1] : 0};
        double distance;
        surface_nearest(&crowd->surface, point, &distance);
        if (crowd->arrived[i] < 0 && distance <= WALK_TOLERANCE)
            crowd->arrived[i] = crowd->step;
    }
}

int crowd_arrivals(const Crowd *crowd) {
    int count = 0;
    for (int i = 0; i < crowd->count; i++)
        count += crowd->arrived[i] >= 0;
    return count;
}

void crowd_init(Crowd *crowd, const Surface *surface, const double (*starts)[2], int count,
                long steps) {
    *crowd = (Crowd){.surface = *surface, .count = count, .tape = tape_new(), .steps = steps};
    Parameter *points = parameter_new("points", SHAPE(count, surface->dimensions));
    for (int i = 0; i < count; i++)
        for (int axis = 0; axis < surface->dimensions; axis++)
            points->tensor.data[surface->dimensions * i + axis] = (real)starts[i][axis];
    parameter_list_append(&crowd->parameters, points);
    crowd->arrived = memory_alloc((size_t)count * sizeof *crowd->arrived);
    for (int i = 0; i < count; i++)
        crowd->arrived[i] = -1;
}

void crowd_free(Crowd *crowd) {
    tape_free(crowd->tape);
    parameter_free(crowd->parameters.items[0]);
    free(crowd->arrived);
}

bool crowd_next(Crowd *crowd) {
    if (crowd->under_way) {
        tape_clear(crowd->tape);
        crowd->step++;
    }
    crowd_look(crowd);
    crowd->under_way = crowd->step < crowd->steps && crowd_arrivals(crowd) < crowd->count;
    if (crowd->under_way)
        crowd->w = tape_use(crowd->tape, crowd->parameters.items[0]);
    return crowd->under_way;
}

void crowd_starts(double (*starts)[2], int count, double distance, Random *random) {
    for (int i = 0; i < count; i++) {
        starts[i][0] = distance;
        starts[i][1] = 0;
        surface_turn_point(starts[i], 360 * random_uniform(random));
    }
}
