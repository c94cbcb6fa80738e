#include "kernels/normalisation.h"

#include <math.h>

// From so many numbers on, the threads share the channels.
enum { PARALLEL_FROM = 1 << 14 };

static bool is_parallel(BatchNormSizes s) {
    return s.batch * s.channels * s.plane >= PARALLEL_FROM;
}

// Where the numbers of a channel begin in image i.
static size_t plane_at(BatchNormSizes s, size_t i, size_t channel) {
    return (i * s.channels + channel) * s.plane;
}

// The variance by one reading, as the mean square less the squared mean, which loses digits where
// the mean is far from 0. So one of the numbers is taken from all of them first. A number of the
// sample is never further from the mean than sqrt(count · variance), so the loss is bounded by
// count roundings of a double, and none of it is left in a float.
typedef struct Moments {
    double mean, variance; // biased
} Moments;

static Moments channel_moments(BatchNormSizes s, const real *x, size_t channel) {
    const double shift = (double)x[plane_at(s, 0, channel)];
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s.batch; i++) {
        const real *plane = x + plane_at(s, i, channel);
        double part = 0, part_squares = 0;
#pragma omp simd reduction(+ : part, part_squares)
        for (size_t j = 0; j < s.plane; j++) {
            const double distance = (double)plane[j] - shift;
            part += distance;
            part_squares += distance * distance;
        }
        sum += part;
        squares += part_squares;
    }
    const double count = (double)(s.batch * s.plane), mean = sum / count;
    const double variance = squares / count - mean * mean;
    return (Moments){.mean = shift + mean, .variance = variance < 0 ? 0 : variance};
}

static real moved(real running, double momentum, double value) {
    return (real)((1 - momentum) * (double)running + momentum * value);
}

void kernel_batch_statistics(BatchNormSizes s, const real *x, double eps, double momentum,
                             BatchNormStatistics statistics, real *running_mean,
                             real *running_var) {
    const double count = (double)(s.batch * s.plane);
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t c = 0; c < s.channels; c++) {
        const Moments moments = channel_moments(s, x, c);
        statistics.mean[c] = (real)moments.mean;
        statistics.inverse_std[c] = (real)(1 / sqrt(moments.variance + eps));
        running_mean[c] = moved(running_mean[c], momentum, moments.mean);
        running_var[c] = moved(running_var[c], momentum, moments.variance * count / (count - 1));
    }
}

void kernel_running_statistics(BatchNormSizes s, double eps, const real *running_mean,
                               const real *running_var, BatchNormStatistics statistics) {
    for (size_t c = 0; c < s.channels; c++) {
        statistics.mean[c] = running_mean[c];
        statistics.inverse_std[c] = (real)(1 / sqrt((double)running_var[c] + eps));
    }
}

void kernel_batch_norm(BatchNormSizes s, const real *x, BatchNormStatistics statistics,
                       const real *weight, const real *bias, real *y) {
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t c = 0; c < s.channels; c++) {
        const real mean = statistics.mean[c], slope = statistics.inverse_std[c] * weight[c];
        const real shift = bias[c];
        for (size_t i = 0; i < s.batch; i++) {
            const real *from = x + plane_at(s, i, c);
            real *to = y + plane_at(s, i, c);
#pragma omp simd
            for (size_t j = 0; j < s.plane; j++)
                to[j] = (from[j] - mean) * slope + shift;
        }
    }
}

// Σ dy and Σ dy (x − mean) of a channel; the second only where x is given.
typedef struct GradientSums {
    double plain, centred;
} GradientSums;

static GradientSums channel_gradient_sums(BatchNormSizes s, const real *x, double mean,
                                          const real *dy, size_t channel) {
    GradientSums sums = {0, 0};
    for (size_t i = 0; i < s.batch; i++) {
        const size_t at = plane_at(s, i, channel);
        double plain = 0, centred = 0;
        if (x) {
#pragma omp simd reduction(+ : plain, centred)
            for (size_t j = at; j < at + s.plane; j++) {
                plain += (double)dy[j];
                centred += (double)dy[j] * ((double)x[j] - mean);
            }
        } else {
#pragma omp simd reduction(+ : plain)
            for (size_t j = at; j < at + s.plane; j++)
                plain += (double)dy[j];
        }
        sums.plain += plain;
        sums.centred += centred;
    }
    return sums;
}

// dx = slope (dy − offset − (x − mean) tilt); tilt is 0 where x is NULL.
static void channel_input_gradient(BatchNormSizes s, const real *x, real mean, real slope,
                                   real offset, real tilt, const real *dy, size_t channel, bool add,
                                   real *dx) {
    for (size_t i = 0; i < s.batch; i++) {
        const size_t at = plane_at(s, i, channel);
        for (size_t j = at; j < at + s.plane; j++) {
            const real centred = x ? (x[j] - mean) * tilt : 0;
            const real value = slope * (dy[j] - offset - centred);
            dx[j] = add ? dx[j] + value : value;
        }
    }
}

static void store(bool add, double value, real *to) {
    *to = (real)(add ? (double)*to + value : value);
}

void kernel_batch_norm_gradients(BatchNormSizes s, bool training, const real *x,
                                 BatchNormStatistics statistics, const real *weight, const real *dy,
                                 BatchNormGradients gradients) {
    const double count = (double)(s.batch * s.plane);
    const bool by_batch = training && gradients.x;
    const real *summed = gradients.weight || by_batch ? x : NULL;
    const bool wants_sums = summed || gradients.bias;
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t c = 0; c < s.channels; c++) {
        const double mean = (double)statistics.mean[c], scale = (double)statistics.inverse_std[c];
        GradientSums sums = {0, 0};
        if (wants_sums)
            sums = channel_gradient_sums(s, summed, mean, dy, c);
        if (gradients.weight)
            store(gradients.add_weight, sums.centred * scale, gradients.weight + c);
        if (gradients.bias)
            store(gradients.add_bias, sums.plain, gradients.bias + c);
        if (gradients.x)
            channel_input_gradient(s, by_batch ? x : NULL, statistics.mean[c],
                                   statistics.inverse_std[c] * weight[c],
                                   by_batch ? (real)(sums.plain / count) : 0,
                                   by_batch ? (real)(sums.centred * scale * scale / count) : 0, dy,
                                   c, gradients.add_x, gradients.x);
    }
}
