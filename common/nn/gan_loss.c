#include "nn/gan_loss.h"

#include "base/error.h"
#include "nn/loss.h"
#include "tensor/operations.h"

static Tensor *constant_like(const Tensor *x, double value) {
    Tensor *constant = tape_tensor(x->tape, x->shape);
    for (size_t i = 0; i < x->size; i++)
        constant->data[i] = (real)value;
    return constant;
}

// How far the verdicts are from a label, of the two losses that have labels.
static Tensor *distance_to(GanLoss loss, Tensor *verdicts, double label) {
    Tensor *labels = constant_like(verdicts, label);
    return loss == GAN_NON_SATURATING ? binary_cross_entropy_with_logits(verdicts, labels)
                                      : scale(mse_loss(verdicts, labels), 0.5);
}

Tensor *gan_discriminator_loss(GanLoss loss, Tensor *truth, Tensor *fake, double real_label) {
    switch (loss) {
    case GAN_NON_SATURATING:
    case GAN_LEAST_SQUARES:
        return add(distance_to(loss, truth, real_label), distance_to(loss, fake, 0));
    case GAN_HINGE:
        return add(mean(relu(subtract(constant_like(truth, 1), truth))),
                   mean(relu(add(constant_like(fake, 1), fake))));
    case GAN_WASSERSTEIN:
        return subtract(mean(fake), mean(truth));
    }
    fatal("gan_discriminator_loss: there is no loss number %d", (int)loss);
}

Tensor *gan_generator_loss(GanLoss loss, Tensor *fake) {
    const bool has_labels = loss == GAN_NON_SATURATING || loss == GAN_LEAST_SQUARES;
    return has_labels ? distance_to(loss, fake, 1) : scale(mean(fake), -1);
}
