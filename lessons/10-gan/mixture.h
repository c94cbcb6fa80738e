// The data: points in the plane from a mixture of narrow Gaussians, on a ring or a grid. The truth is
// known, so how good generated points are can be counted.
#ifndef KNOBS_LESSON_10_MIXTURE_H
#define KNOBS_LESSON_10_MIXTURE_H

#include <math.h>

#include "base/random.h"
#include "tensor/tape.h"

enum { RING, GRID, MODES_MAX = 25 };
static const double mode_std = 0.02;

typedef struct Mixture {
    int modes;
    double x[MODES_MAX], y[MODES_MAX];
} Mixture;

// Eight modes on the circle of radius 1, or five rows of five, half a unit apart.
static Mixture mixture_of(int kind) {
    Mixture mixture = {.modes = kind == RING ? 8 : 25};
    for (int i = 0; i < mixture.modes; i++) {
        const double angle = 2 * 3.14159265358979323846 * i / mixture.modes;
        mixture.x[i] = kind == RING ? cos(angle) : 0.5 * (i % 5 - 2);
        mixture.y[i] = kind == RING ? sin(angle) : 0.5 * (i / 5 - 2);
    }
    return mixture;
}

// [n, 2] points, each from a mode drawn at random.
static Tensor *mixture_draw(const Mixture *mixture, Tape *tape, int n, Random *random) {
    Tensor *points = tape_tensor(tape, SHAPE(n, 2));
    random_fill_normal(random, points->size, 0, mode_std, points->data);
    for (int i = 0; i < n; i++) {
        const int mode = (int)random_below(random, (uint64_t)mixture->modes);
        points->data[2 * i] += (real)mixture->x[mode];
        points->data[2 * i + 1] += (real)mixture->y[mode];
    }
    return points;
}

// A point is good within three standard deviations of a mode. A mode is covered if a fifth of its
// fair share of all points is good there.
typedef struct Quality {
    int covered;
    double good; // share of the points
} Quality;

static Quality quality_of(const Mixture *mixture, const Tensor *points) {
    const int n = points->shape.dims[0];
    int good_at[MODES_MAX] = {0};
    Quality quality = {0};
    for (int i = 0; i < n; i++)
        for (int mode = 0; mode < mixture->modes; mode++)
            good_at[mode] +=
                hypot((double)points->data[2 * i] - mixture->x[mode],
                      (double)points->data[2 * i + 1] - mixture->y[mode]) < 3 * mode_std;
    for (int mode = 0; mode < mixture->modes; mode++) {
        quality.covered += 5 * mixture->modes * good_at[mode] >= n;
        quality.good += (double)good_at[mode] / n;
    }
    return quality;
}

#endif
