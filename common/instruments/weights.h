// Weights before and after: what moved, and how far.
#ifndef KNOBS_INSTRUMENTS_WEIGHTS_H
#define KNOBS_INSTRUMENTS_WEIGHTS_H

#include "tensor/parameter.h"

// A list's numbers, parameter after parameter; the caller frees them.
real *weights_copy(const ParameterList *list);

// How many of the numbers have other bits than in a copy. So a NaN may equal itself, and 0 isn't −0.
size_t weights_differ(const ParameterList *list, const real *copy);

// ‖now − copy‖, over all numbers of the list.
double weights_distance(const ParameterList *list, const real *copy);

// ‖now − copy‖ / ‖copy‖: how far training has carried the weights, relative to what they were.
double weights_drift(const ParameterList *list, const real *copy);

// A hash of the bits of all numbers, as a whole number below 2⁵³, so that it can be a result of a run and
// be compared with those of other runs.
double weights_fingerprint(const ParameterList *list);

#endif
