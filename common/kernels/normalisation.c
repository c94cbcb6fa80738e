#include "kernels/normalisation.h"

#include <math.h>

#include "kernels/loops.h"

// From so many numbers on, the threads share the channels.
enum { PARALLEL_FROM = 1 << 14 };

static bool is_parallel(BatchNormSizes s) {
    return s.batch * s.channels * s.plane >= PARALLEL_FROM;
}

// Where the numbers of a channel begin in image i.
static size_t plane_at(BatchNormSizes s, size_t i, size_t channel) {
    return (i * s.channels + channel) * s.plane;
}

// Planes that are read through before the processor has guessed that.
enum { SHORT_PLANE = 512 };

static void fetch_plane(BatchNormSizes s, const real *x, size_t i, size_t channel) {
    if (s.plane <= SHORT_PLANE)
        fetch(x + plane_at(s, i, channel), s.plane);
}

typedef struct Moments {
    double mean, variance; // biased
} Moments;

// The variance by one reading, as the mean square less the squared mean, which loses digits where
// the mean is far from 0. So the mean of one plane is taken from all numbers first: it is never further from
// the mean of all than sqrt(batch · variance), which bounds the loss.
static Moments channel_moments(BatchNormSizes s, const real *x, size_t channel) {
    const real *first = x + plane_at(s, 0, channel);
    double sums[2] = {0, 0};
    loops()->moments(s.plane, first, *first, sums); // exactly 0 where all numbers are the same
    const real shift = (real)((double)*first + sums[0] / (double)s.plane);
    sums[0] = sums[1] = 0;
    for (size_t i = 0; i < s.batch; i++) {
        fetch_plane(s, x, i + 2, channel);
        loops()->moments(s.plane, x + plane_at(s, i, channel), shift, sums);
    }
    const double count = (double)(s.batch * s.plane), mean = sums[0] / count;
    const double variance = sums[1] / count - mean * mean;
    return (Moments){.mean = (double)shift + mean, .variance = variance < 0 ? 0 : variance};
}

void kernel_batch_norm_moments(BatchNormSizes s, const real *x, double *moments) {
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t c = 0; c < s.channels; c++) {
        const Moments of_channel = channel_moments(s, x, c);
        moments[2 * c] = of_channel.mean;
        moments[2 * c + 1] = of_channel.variance;
    }
}

static real moved(real running, double momentum, double value) {
    return (real)((1 - momentum) * (double)running + momentum * value);
}

static void move_running(const BatchNormMode *mode, size_t c, Moments moments, double count) {
    mode->running_mean[c] = moved(mode->running_mean[c], mode->momentum, moments.mean);
    mode->running_var[c] =
        moved(mode->running_var[c], mode->momentum, moments.variance * count / (count - 1));
}

// The statistics of a channel: the batch's, and the running ones move; or the running ones.
static void set_statistics(BatchNormSizes s, const BatchNormMode *mode, const real *x, size_t c,
                           BatchNormStatistics statistics) {
    Moments moments = {(double)mode->running_mean[c], (double)mode->running_var[c]};
    if (mode->training) {
        const double *given = mode->moments;
        moments = given ? (Moments){given[2 * c], given[2 * c + 1]} : channel_moments(s, x, c);
        move_running(mode, c, moments, (double)(given ? mode->count : s.batch * s.plane));
    }
    // A constant channel with eps 0: x − mean is 0, and so is y's part of it, as in PyTorch.
    const double spread = moments.variance + mode->eps;
    statistics.mean[c] = (real)moments.mean;
    statistics.inverse_std[c] = (real)(mode->training && spread == 0 ? 0 : 1 / sqrt(spread));
}

void kernel_batch_norm(BatchNormSizes s, const BatchNormMode *mode, const real *x,
                       BatchNormStatistics statistics, const real *weight, const real *bias,
                       real *y) {
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t c = 0; c < s.channels; c++) { // read twice, the second time from a near cache
        set_statistics(s, mode, x, c, statistics);
        for (size_t i = 0; i < s.batch; i++)
            loops()->normalise(s.plane, x + plane_at(s, i, c), statistics.mean[c],
                               statistics.inverse_std[c] * weight[c], bias[c],
                               y + plane_at(s, i, c));
    }
}

static void store(bool add, double value, real *to) {
    *to = (add ? *to : 0) + (real)value; // rounded first, as a channel's sums are
}

// Adds Σ dy and, where x is given, Σ dy (x − mean).
static void add_gradient_sums(BatchNormSizes s, const real *x, BatchNormStatistics statistics,
                              const real *dy, size_t c, double sums[2]) {
    for (size_t i = 0; i < s.batch; i++) {
        if (x)
            fetch_plane(s, x, i + 2, c);
        fetch_plane(s, dy, i + 2, c);
        loops()->gradient_sums(s.plane, x ? x + plane_at(s, i, c) : NULL, statistics.mean[c],
                               dy + plane_at(s, i, c), sums);
    }
}

void kernel_batch_norm_gradient_means(BatchNormSizes s, const real *x,
                                      BatchNormStatistics statistics, const real *dy,
                                      double *means) {
#pragma omp parallel for schedule(static) if (is_parallel(s))
    for (size_t c = 0; c < s.channels; c++) {
        double sums[2] = {0, 0};
        add_gradient_sums(s, x, statistics, dy, c, sums);
        for (int k = 0; k < 2; k++)
            means[2 * c + k] = sums[k] / (double)(s.batch * s.plane);
    }
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
        const double scale = (double)statistics.inverse_std[c];
        double sums[2] = {0, 0}; // Σ dy, Σ dy (x − mean)
        if (wants_sums)
            add_gradient_sums(s, summed, statistics, dy, c, sums);
        if (gradients.weight)
            store(gradients.add_weight, sums[1] * scale, gradients.weight + c);
        if (gradients.bias)
            store(gradients.add_bias, sums[0], gradients.bias + c);
        const double *given = gradients.means;
        const double mean = given ? given[2 * c] : sums[0] / count;
        const double slope =
            given ? given[2 * c + 1] * scale * scale : sums[1] * scale * scale / count;
        const real offset = by_batch ? (real)mean : 0, tilt = by_batch ? (real)slope : 0;
        for (size_t i = 0; gradients.x && i < s.batch; i++)
            loops()->normalise_gradient(s.plane, (by_batch ? x : dy) + plane_at(s, i, c),
                                        statistics.mean[c], statistics.inverse_std[c] * weight[c],
                                        offset, tilt, dy + plane_at(s, i, c), gradients.add_x,
                                        gradients.x + plane_at(s, i, c));
    }
}
