#!/usr/bin/python3
"""Writes tests/golden/gan.txt: the losses of a GAN's two players with their gradients, and spectral normalisation, by
PyTorch in float64. The format: golden.py.
Inputs are multiples of 1/64, so that the float and the double build read the same numbers.
Run it from anywhere: scripts/golden_gan.py
"""
import torch
import torch.nn.functional as F

from golden import put, write

torch.manual_seed(22)
torch.set_default_dtype(torch.float64)


def inputs(*shape):
    return (torch.randint(-160, 161, shape) / 64).requires_grad_()


def bce(verdicts, label):
    return F.binary_cross_entropy_with_logits(verdicts, torch.full_like(verdicts, label))


def half_square(verdicts, label):
    return 0.5 * F.mse_loss(verdicts, torch.full_like(verdicts, label))


LOSSES = {  # the discriminator's of (real, fake, label), the generator's of fake
    "non-saturating": (lambda r, f, label: bce(r, label) + bce(f, 0.0), lambda f: bce(f, 1.0)),
    "least-squares": (lambda r, f, label: half_square(r, label) + half_square(f, 0.0), lambda f: half_square(f, 1.0)),
    "hinge": (lambda r, f, label: F.relu(1 - r).mean() + F.relu(1 + f).mean(), lambda f: -f.mean()),
    "wasserstein": (lambda r, f, label: f.mean() - r.mean(), lambda f: -f.mean()),
}
for name, (of_discriminator, of_generator) in LOSSES.items():
    for label in (1.0, 0.9):
        real, fake, again = inputs(5, 1), inputs(7, 1), inputs(2, 1, 1, 1)
        loss = of_discriminator(real, fake, label)
        loss.backward()
        prefix = f"{name}-{label:g}"
        put(f"{prefix}.real", real)
        put(f"{prefix}.fake", fake)
        put(f"{prefix}.loss_d", loss)
        put(f"{prefix}.dreal", real.grad)
        put(f"{prefix}.dfake", fake.grad)
        loss = of_generator(again)
        loss.backward()
        put(f"{prefix}.again", again)
        put(f"{prefix}.loss_g", loss)
        put(f"{prefix}.dagain", again.grad)


def spectral(name, module, x):
    """Three forwards in training mode and one in evaluation mode; of the last two, y and the gradients."""
    torch.nn.init.zeros_(module.bias)
    module.weight = torch.nn.Parameter(inputs(*module.weight.shape).detach())
    normed = torch.nn.utils.parametrizations.spectral_norm(module)
    weight, power = normed.parametrizations.weight.original, normed.parametrizations.weight[0]
    put(f"{name}.x", x)
    put(f"{name}.weight", weight)
    put(f"{name}.u", power._u)
    put(f"{name}.v", power._v)
    for forward in range(4):
        normed.train(forward < 3)
        y = normed(x)
        if forward < 2:
            continue
        normed.zero_grad(set_to_none=True)
        dy = inputs(*y.shape).detach()
        y.backward(dy)
        mode = "training" if forward < 3 else "evaluation"
        put(f"{name}.{mode}.y", y)
        put(f"{name}.{mode}.dy", dy)
        put(f"{name}.{mode}.dweight", weight.grad)
        put(f"{name}.{mode}.u", power._u)
        put(f"{name}.{mode}.v", power._v)


spectral("spectral-linear", torch.nn.Linear(5, 3), inputs(4, 5).detach())
spectral("spectral-conv2d", torch.nn.Conv2d(2, 4, 3), inputs(2, 2, 5, 4).detach())

write()
