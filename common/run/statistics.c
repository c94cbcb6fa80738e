#include "run/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

double statistics_mean(const double *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / count : NAN;
}

double statistics_deviation(const double *values, int count) {
    if (count < 2)
        return NAN;
    double mean = statistics_mean(values, count), squares = 0;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (count - 1));
}

double statistics_standard_error(const double *values, int count) {
    return count < 2 ? NAN : statistics_deviation(values, count) / sqrt(count);
}

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double statistics_median(const double *values, int count) {
    if (count < 1)
        return NAN;
    for (int i = 0; i < count; i++)
        if (isnan(values[i]))
            return NAN;
    double *sorted = memory_alloc((size_t)count * sizeof *sorted);
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare_numbers);
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    free(sorted);
    return median;
}
