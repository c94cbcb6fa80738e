#include "run/statistics.h"

#include <math.h>

double statistics_mean(const double *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / count : NAN;
}

double statistics_standard_error(const double *values, int count) {
    if (count < 2)
        return NAN;
    double mean = statistics_mean(values, count), squares = 0;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (count - 1) / count);
}
