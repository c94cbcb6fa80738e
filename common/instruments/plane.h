// The loss on a plane, or along a line, through the weights of a network: directions, and the loss at
// many points.
//
//     real *middle = weights_copy(&weights);
//     real *across = direction_new(&weights, &random);
//     direction_normalise_filters(across, &weights);
//     const Plane line = {.network_new = lenet_new, .middle = middle, .across = across,
//                         .parts = &images, .part_count = 1};
//     plane_losses(&line, points, count, losses);
//
// H. Li, Xu, Taylor, Studer, Goldstein, "Visualizing the loss landscape of neural nets", NeurIPS 2018.
#ifndef KNOBS_INSTRUMENTS_PLANE_H
#define KNOBS_INSTRUMENTS_PLANE_H

#include "data/dataset.h"
#include "nn/module.h"

// --- directions: as many numbers as the weights of a list, in its order ----------------------------

// Each number from N(0, 1). The caller frees it.
real *direction_new(const ParameterList *weights, Random *random);

// Gives each filter of the direction (what makes one channel, or one unit: a row of the parameter) the
// length of the weights' filter; a parameter of one dimension, a bias or a norm's, gets zeros, as in
// the paper. A step along it is a share of each filter, so that it means the same to layers of large
// and of small weights.
void direction_normalise_filters(real *direction, const ParameterList *weights);

// The two directions, of length 1 and at right angles, in which `count` points [count, size] are spread
// the most (their principal components), and which share of their variance each has. The last point is
// on the positive side of the first. The caller has room for [size] each. Fatal: fewer than three
// points.
void principal_directions(const real *points, int count, size_t size, real *across, real *up,
                          double share[2]);

// --- the plane -------------------------------------------------------------------------------------

typedef struct Plane {
    Module *(*network_new)(void); // a network of these weights; each thread makes one for itself
    const real *middle;           // the weights at (0, 0)
    const real *across, *up;      // what 1 is on either axis; up NULL: a line
    const Dataset *parts;         // the loss is of each of these sets by itself
    int part_count;
} Plane;

typedef struct PlanePoint {
    double x, y;
} PlanePoint;

// losses [count, part_count]: the mean cross-entropy in evaluation mode with the weights middle + x ·
// across + y · up. The points are shared out to the threads; each is evaluated as evaluate() would, so
// the bits don't depend on how many there are. Fatal: a network with buffers; running statistics would
// belong to other weights.
void plane_losses(const Plane *plane, const PlanePoint *points, int count, double *losses);

// The point of the plane that is nearest to these weights; the directions must have length 1 and be at
// right angles.
PlanePoint plane_nearest(const Plane *plane, const real *weights, size_t size);

#endif
