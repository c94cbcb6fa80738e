#!/usr/bin/python3
"""Writes tests/golden/nn.txt: PyTorch's losses with their gradients, and its initialisers' spread,
in float64. The format: golden.py.
Inputs are multiples of 1/64, so that the float and the double build read the same numbers.
Run it from anywhere: scripts/golden_nn.py
"""
import math

import torch
import torch.nn.functional as F

from golden import put, write

torch.manual_seed(21)
torch.set_default_dtype(torch.float64)


def inputs(*shape):
    return torch.randint(-256, 257, shape) / 64


def cross_entropy(name, logits, labels, smoothing):
    logits = logits.clone().requires_grad_()
    loss = F.cross_entropy(logits, torch.tensor(labels), label_smoothing=smoothing)
    loss.backward()
    put(f"cross_entropy.{name}.logits", logits)
    put(f"cross_entropy.{name}.labels", labels)
    put(f"cross_entropy.{name}.smoothing", smoothing)
    put(f"cross_entropy.{name}.loss", loss)
    put(f"cross_entropy.{name}.gradient", logits.grad)


extreme = torch.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [0, 1e4, -1e4]])
for smoothing in (0.0, 0.1, 1.0):
    tag = "%g" % smoothing
    cross_entropy(f"batch-{tag}", inputs(7, 10), [3, 0, 9, 9, 1, 5, 2], smoothing)
    cross_entropy(f"one-row-{tag}", inputs(1, 4), [2], smoothing)
    cross_entropy(f"one-class-{tag}", inputs(5, 1), [0] * 5, smoothing)
    cross_entropy(f"one-number-{tag}", inputs(1, 1), [0], smoothing)
    cross_entropy(f"two-classes-{tag}", inputs(3, 2), [0, 1, 1], smoothing)
    cross_entropy(f"extreme-{tag}", extreme, [0, 1, 2, 2], smoothing)


def elementwise(loss_name, function, name, prediction, target, target_gradient):
    prediction = prediction.clone().requires_grad_()
    target = target.clone().requires_grad_(target_gradient)
    loss = function(prediction, target)
    loss.backward()
    put(f"{loss_name}.{name}.prediction", prediction)
    put(f"{loss_name}.{name}.target", target)
    put(f"{loss_name}.{name}.loss", loss)
    put(f"{loss_name}.{name}.gradient", prediction.grad)
    if target_gradient:
        put(f"{loss_name}.{name}.target_gradient", target.grad)


for name, shape in {"matrix": (5, 3), "one-number": (1,), "images": (2, 3, 2, 2)}.items():
    elementwise("mse", F.mse_loss, name, inputs(*shape), inputs(*shape), True)
    soft = torch.randint(0, 65, shape) / 64
    elementwise("bce", F.binary_cross_entropy_with_logits, name, inputs(*shape), soft, False)
    hard = torch.randint(0, 2, shape).double()
    elementwise("bce", F.binary_cross_entropy_with_logits, name + "-hard", inputs(*shape), hard, False)
elementwise("mse", F.mse_loss, "extreme", torch.tensor([1e4, -1e4, 0]), torch.tensor([-1e4, -1e4, 1e4]), True)
elementwise("bce", F.binary_cross_entropy_with_logits, "extreme", torch.tensor([1e4, -1e4, 1e4, -1e4, 0, 30, -30]),
            torch.tensor([1, 0, 0, 1, 0.5, 1, 0]), False)


def initialiser(name, function, spread, *arguments, **options):
    """The spread that the formula gives, seen in the numbers that PyTorch draws: the standard deviation of a normal,
    the bound of a uniform."""
    for shape in ((256, 784), (48, 3, 5, 5), (64, 32, 3, 3), (128, 1, 4, 2)):
        weight = torch.empty(shape)
        expected = spread(*torch.nn.init._calculate_fan_in_and_fan_out(weight))
        function(weight, *arguments, **options)
        if "uniform" in name:
            assert 0.99 < weight.abs().max() / expected <= 1, (name, shape, weight.abs().max(), expected)
        else:
            assert abs(weight.std() / expected - 1) < 0.08, (name, shape, weight.std(), expected)
        put(f"init.{name}.{'x'.join(map(str, shape))}", expected)


init = torch.nn.init
for slope in (0, 0.2, math.sqrt(5)):
    gain = init.calculate_gain("leaky_relu", slope)
    tag = "%g" % slope
    for mode, pick in (("fan_in", 0), ("fan_out", 1)):
        initialiser(f"kaiming-{tag}-{mode}-normal", init.kaiming_normal_, lambda *fans: gain / math.sqrt(fans[pick]),
                    a=slope, mode=mode)
        initialiser(f"kaiming-{tag}-{mode}-uniform", init.kaiming_uniform_,
                    lambda *fans: gain * math.sqrt(3 / fans[pick]), a=slope, mode=mode)
for gain in (1, 2.5):
    tag = "%g" % gain
    initialiser(f"xavier-{tag}-normal", init.xavier_normal_, lambda i, o: gain * math.sqrt(2 / (i + o)), gain=gain)
    initialiser(f"xavier-{tag}-uniform", init.xavier_uniform_, lambda i, o: gain * math.sqrt(6 / (i + o)), gain=gain)


def layer(name, make, bound):
    """The bound of a layer's default weight and bias, seen over 200 layers."""
    for part in ("weight", "bias"):
        drawn = torch.cat([getattr(make(), part).detach().reshape(-1) for _ in range(200)])
        assert 0.99 < drawn.abs().max() / bound <= 1, (name, part)
        put(f"layer.{name}.{part}", bound)


layer("linear-20-7", lambda: torch.nn.Linear(20, 7), 1 / math.sqrt(20))
layer("linear-1-30", lambda: torch.nn.Linear(1, 30), 1)
layer("conv-3-8-3", lambda: torch.nn.Conv2d(3, 8, 3), 1 / math.sqrt(27))
layer("conv-1-16-5", lambda: torch.nn.Conv2d(1, 16, 5), 1 / 5)
layer("conv-6-8-3-groups-2", lambda: torch.nn.Conv2d(6, 8, 3, groups=2), 1 / math.sqrt(27))
layer("conv-transpose-3-8-4", lambda: torch.nn.ConvTranspose2d(3, 8, 4), 1 / math.sqrt(128))

write()
