// A sample: one number of each of several runs, a seed each; and what claims say of it.
#ifndef KNOBS_INSTRUMENTS_SAMPLE_H
#define KNOBS_INSTRUMENTS_SAMPLE_H

enum { SAMPLE_MAX = 1000 };

typedef struct Sample {
    int count;
    double values[SAMPLE_MAX];
    // All NaN, if any of the values is: no comparison with them holds.
    double least, most;
    double mean;
    double error; // standard error of the mean, √(Σ(value − mean)² / (n (n − 1))); NaN of one value
} Sample;

// Of 1 to SAMPLE_MAX values (else fatal).
Sample sample_of(const double *values, int count);

// The differences a − b, run by run, where both have the same seeds: what the seeds have in common
// drops out. So b is beaten when mean > 2 · error.
Sample sample_difference(const Sample *a, const Sample *b);

// Do two lists of numbers have the same order? Spearman's rank correlation (1904), with equal numbers
// sharing their places: 1 the same order, 0 nothing in common, −1 the opposite. NaN where all numbers of
// a list are equal.
double rank_correlation(const double *a, const double *b, int count);

#endif
