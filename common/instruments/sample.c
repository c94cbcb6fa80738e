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
        if (isnan(value) || value < sample.least) // no number is less than a NaN: it stays
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
