// The number type of every tensor: float, or double in the build that checks gradients (make
// VARIANT=double).
#ifndef KNOBS_BASE_REAL_H
#define KNOBS_BASE_REAL_H

#ifdef KNOBS_DOUBLE
typedef double real;
#define REAL_NAME "double"
#else
typedef float real;
#define REAL_NAME "float"
#endif

#endif
