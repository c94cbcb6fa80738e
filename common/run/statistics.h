// What a claim over seeds needs of its few numbers.
#ifndef KNOBS_RUN_STATISTICS_H
#define KNOBS_RUN_STATISTICS_H

double statistics_mean(const double *values, int count); // NaN for none
double statistics_deviation(const double *values,
                            int count); // of a sample (n − 1); NaN for fewer than two
double statistics_standard_error(const double *values,
                                 int count); // of the mean; NaN for fewer than two
double statistics_median(const double *values,
                         int count); // NaN for none, or where one value is NaN

#endif
