// A seeded, splittable, counter-based random generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Draw number i of a stream is a pure
// function of (key, i), so a stream doesn't depend on the number of threads, and its whole state is
// two integers.
#ifndef KNOBS_BASE_RANDOM_H
#define KNOBS_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

typedef struct Random {
    uint64_t key;     // which stream
    uint64_t counter; // how many draws were made
} Random;

Random random_from_seed(uint64_t seed);

// An independent stream, number `index` of this one's children; the parent doesn't move.
Random random_split(const Random *parent, uint64_t index);

uint64_t random_bits(Random *random); // 64 uniform bits
// Uniform in 0 … limit − 1, without bias; limit ≥ 1.
uint64_t random_below(Random *random, uint64_t limit);
double random_uniform(Random *random); // [0, 1), 53 bits
double random_normal(Random *random);  // mean 0, variance 1 (Box and Muller 1958)

// Draws the next n values of a stream into out, the same as n single draws; threads share the work.
void random_fill_uniform(Random *random, size_t n, double low, double high, real *out);
void random_fill_normal(Random *random, size_t n, double mean, double std, real *out);

// order becomes a uniformly random permutation of 0 … n − 1 (Fisher and Yates).
void random_permutation(Random *random, size_t n, int *order);

#endif
