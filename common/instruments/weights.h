// Weights before and after: what moved, and how far.
#ifndef KNOBS_INSTRUMENTS_WEIGHTS_H
#define KNOBS_INSTRUMENTS_WEIGHTS_H

#include "tensor/parameter.h"

// A list's numbers, parameter after parameter; the caller frees them.
real *weights_copy(const ParameterList *list);

// How many of the numbers are no longer the same bits as in a copy; a NaN is the same as itself, 0 and
// −0 are not.
size_t weights_differ(const ParameterList *list, const real *copy);

// ‖now − copy‖, over all numbers of the list.
double weights_distance(const ParameterList *list, const real *copy);

// ‖now − copy‖ / ‖copy‖: how far training has carried them, of what they were.
double weights_drift(const ParameterList *list, const real *copy);

// A whole number below 2⁵³ that tells the list's bits: other bits give, all but surely, another one.
// It can be a result of a run, to be compared with those of other runs.
double weights_fingerprint(const ParameterList *list);

#endif
