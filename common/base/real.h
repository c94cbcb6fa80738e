// The number type of every tensor: float, or double in the build that checks gradients (make
// VARIANT=double).
#ifndef KNOBS_BASE_REAL_H
#define KNOBS_BASE_REAL_H

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__)
#error                                                                                             \
    "CFLAGS has -ffast-math (or -Ofast): NaN and the order of sums mean something here; leave it out"
#endif

#ifdef KNOBS_DOUBLE
typedef double real;
#define REAL_NAME "double"
#else
typedef float real;
#define REAL_NAME "float"
#endif

#endif
