#include "instruments/sample.h"

#include <math.h>

#include "base/error.h"

Sample sample_of(const double *values, int count) {
    if (count < 1 || count > SAMPLE_MAX)
        fatal("sample: %d values; it takes 1 to %d", count, SAMPLE_MAX);
    Sample sample = {.count = count, .least = INFINITY, .most = -INFINITY};
    double squares = 0;
    for (int i = 0; i < count; i++) {
        const double value = sample.values[i] = values[i];
        if (isnan(value) || value < sample.least) // once a NaN, it stays one
            sample.least = value;
        if (isnan(value) || value > sample.most)
            sample.most = value;
        sample.mean += value;
    }
    sample.mean /= count;
    for (int i = 0; i < count; i++)
        squares += (values[i] - sample.mean) * (values[i] - sample.mean);
    sample.error = count > 1 ? sqrt(squares / ((double)count * (count - 1))) : NAN;
    return sample;
}

Sample sample_difference(const Sample *a, const Sample *b) {
    double differences[SAMPLE_MAX];
    if (a->count != b->count)
        fatal("sample_difference: %d values against %d", a->count, b->count);
    for (int i = 0; i < a->count; i++)
        differences[i] = a->values[i] - b->values[i];
    return sample_of(differences, a->count);
}

// The place of number i in ascending order, from 0; equal numbers share the mean of their places.
static double rank_of(const double *values, int count, int i) {
    double rank = -0.5; // itself
    for (int k = 0; k < count; k++)
        rank += values[k] < values[i] ? 1 : values[k] == values[i] ? 0.5 : 0;
    return rank;
}

double rank_correlation(const double *a, const double *b, int count) {
    const double mean = (count - 1) / 2.0;
    double aa = 0, bb = 0, ab = 0;
    for (int i = 0; i < count; i++) {
        const double x = rank_of(a, count, i) - mean, y = rank_of(b, count, i) - mean;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    return ab / sqrt(aa * bb);
}
