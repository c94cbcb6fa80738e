// Batch normalisation of x [batch, channels, plane], each channel by its own statistics; plane is 1
// for a matrix; batch · plane ≥ 1. Channels are independent and each is summed in a fixed order (512 numbers at a time
// in `real`, these sums in double), so the threads share the channels and the bits are always the same.
#ifndef KNOBS_KERNELS_NORMALISATION_H
#define KNOBS_KERNELS_NORMALISATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"

typedef struct BatchNormSizes {
    size_t batch, channels, plane;
} BatchNormSizes;

// Per channel: what y = (x − mean) · inverse_std · weight + bias is made of.
typedef struct BatchNormStatistics {
    real *mean,
        *inverse_std; // inverse_std = 1 / sqrt(variance + eps); in training 0, where that is 1 / 0
} BatchNormStatistics;

// Training: by the statistics of x itself (the biased variance), and the running ones move towards
// them, the variance towards the unbiased one: running = (1 − momentum) running + momentum ·
// batch's; batch · plane ≥ 2. Otherwise by the running ones.
typedef struct BatchNormMode {
    bool training;
    double momentum, eps;
    real *running_mean, *running_var;
    // Training: statistics of more than x, where others have the rest of the batch: of each channel the mean
    // and the biased variance, and how many numbers they are of. NULL: those of x.
    const double *moments;
    size_t count;
} BatchNormMode;

// Of each channel the mean and the biased variance, to moments [channels, 2].
void kernel_batch_norm_moments(BatchNormSizes sizes, const real *x, double *moments);

// Sets the statistics and y, which may be x.
void kernel_batch_norm(BatchNormSizes sizes, const BatchNormMode *mode, const real *x,
                       BatchNormStatistics statistics, const real *weight, const real *bias,
                       real *y);

// Where the gradients go; NULL is one that nobody wants. Each is stored, or added if its `add`.
typedef struct BatchNormGradients {
    real *x, *weight, *bias;
    bool add_x, add_weight, add_bias;
    // For x where the statistics are of more than x: what kernel_batch_norm_gradient_means gives, as a mean
    // over all that have a share of the batch. NULL: x has all of it.
    const double *means;
} BatchNormGradients;

// Of each channel the means of dy and of dy (x − mean), to means [channels, 2].
void kernel_batch_norm_gradient_means(BatchNormSizes sizes, const real *x,
                                      BatchNormStatistics statistics, const real *dy,
                                      double *means);

// The gradient of x may be written over dy; of an infinite dy it is NaN. `training`: the statistics were functions of x. x is read only for the gradient of weight, and in
// training for that of x; otherwise it may be NULL.
void kernel_batch_norm_gradients(BatchNormSizes sizes, bool training, const real *x,
                                 BatchNormStatistics statistics, const real *weight, const real *dy,
                                 BatchNormGradients gradients);

#endif
