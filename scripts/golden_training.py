#!/usr/bin/python3
"""Writes tests/golden/training.txt: PyTorch's loss at each of 100 steps of training a small CNN on the
8×8 digits, in float64, with SGD and with Adam, a cosine schedule on the rate.

tests/test_training.c trains the same network. Both sides compute the same initial weights from the same
integers, so the file holds only the curves. Run it from anywhere: scripts/golden_training.py
"""
import gzip
import os

import torch
import torch.nn.functional as F
from torch import nn

from golden import put, root, write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
STEPS, BATCH, TRAIN = 100, 32, 1297


def digits(name, header):
    """The values of an IDX file, which follow a header of so many bytes."""
    with gzip.open(os.path.join(root, "datasets", "optdigits", f"train-{name}-ubyte.gz")) as file:
        return torch.tensor(list(file.read()[header:]))


images = ((digits("images-idx3", 16) / 16 - 0.3059) / 0.3755).reshape(-1, 1, 8, 8)
labels = digits("labels-idx1", 8)


def mix(x):
    """32 bits to 32 bits (lowbias32, Wellons 2018)."""
    x ^= x >> 16
    x = x * 0x7FEB352D & 0xFFFFFFFF
    x ^= x >> 15
    x = x * 0x846CA68B & 0xFFFFFFFF
    return x ^ x >> 16


def set_weights(net):
    """Multiples of 2^-24 in ±bound, bound the power of two at or below 1/√fan_in; batch norm stays at 1 and 0."""
    for index, module in enumerate(m for m in net if isinstance(m, (nn.Conv2d, nn.Linear))):
        fan_in = module.weight[0].numel()
        bound = 1.0
        while bound * bound * fan_in > 1:
            bound /= 2
        for part, parameter in enumerate((module.weight, module.bias)):
            start = (2 * index + part) * 1000003
            values = [((mix(start + i) >> 16) / 32768 - 1) * bound for i in range(parameter.numel())]
            parameter.data = torch.tensor(values).reshape(parameter.shape)


def train(make_optimizer):
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1),
                        nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 32), nn.ReLU(),
                        nn.Linear(32, 10))
    set_weights(net)
    optimizer = make_optimizer(net.parameters())
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    curve, first = [], 0
    for _ in range(STEPS):
        batch = slice(first, first + BATCH)
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
        curve.append(loss.item())
        first = first + BATCH if first + BATCH < TRAIN else 0
    correct = (net.eval()(images).argmax(1) == labels).sum().item()
    return curve, correct


for name, make in (("sgd", lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-3)),
                   ("adam", lambda p: torch.optim.Adam(p, lr=2e-3))):
    curve, correct = train(make)
    print(name, ["%.4f" % loss for loss in curve[::10] + curve[-1:]], min(curve), correct)
    put(f"training.{name}", curve)
    put(f"training.{name}_correct", correct)
write()
