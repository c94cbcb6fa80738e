// What a claim over seeds needs of its few numbers.
#ifndef KNOBS_RUN_STATISTICS_H
#define KNOBS_RUN_STATISTICS_H

double statistics_mean(const double *values, int count); // NaN for none

// Of the mean: the deviation of the sample (n − 1) / √n; NaN for fewer than two.
double statistics_standard_error(const double *values, int count);

#endif
