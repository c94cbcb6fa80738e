// The losses of a GAN's two players. Each is a function of the discriminator's verdicts: its outputs
// r on real samples and f on generated ones, before any sigmoid.
//
//     loss              the discriminator minimises          the generator minimises
//     non-saturating    −log σ(r) − log(1 − σ(f))            −log σ(f)
//     least squares     ½ (r − 1)² + ½ f²                    ½ (f − 1)²
//     hinge             max(0, 1 − r) + max(0, 1 + f)        −f
//     Wasserstein       f − r                                −f
//
// means over the batch. Goodfellow et al., "Generative adversarial nets", 2014; Mao et al., "Least
// squares generative adversarial networks", 2017; Lim and Ye, "Geometric GAN", 2017; Arjovsky,
// Chintala, Bottou, "Wasserstein GAN", 2017, which also keeps every weight of the discriminator
// within ±0.01 after each of its steps (parameter_list_clamp).
#ifndef KNOBS_NN_GAN_LOSS_H
#define KNOBS_NN_GAN_LOSS_H

#include "tensor/tensor.h"

typedef enum GanLoss {
    GAN_NON_SATURATING,
    GAN_LEAST_SQUARES,
    GAN_HINGE,
    GAN_WASSERSTEIN,
} GanLoss;
// For an option_choice, in the same order.
#define GAN_LOSS_NAMES "non-saturating", "least-squares", "hinge", "wasserstein"

// `real_label` is what real samples are to be called: 1, or less for one-sided label smoothing
// (Salimans et al., "Improved techniques for training GANs", 2016): 0.9. It counts for the first two
// losses; the others have no label.
Tensor *gan_discriminator_loss(GanLoss loss, Tensor *truth, Tensor *fake, double real_label);
Tensor *gan_generator_loss(GanLoss loss, Tensor *fake);

#endif
