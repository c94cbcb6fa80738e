"""PyTorch's side of `make bench`: the workloads and the protocol of scripts/bench.c. Run by scripts/bench.sh.

Written as one writes it who wants it fast: data on hand, gradients set to none, no copy that isn't needed.
"""
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

ROUND_SECONDS, WARM_UP_SECONDS = 0.3, 0.5
BATCH, BATCHES = 64, 8


def training(network, optimizer, *shape):
    """A function that makes a step of training on the next of some random batches."""
    images = [torch.randn(BATCH, *shape) for _ in range(BATCHES)]
    labels = [torch.randint(0, 10, (BATCH,)) for _ in range(BATCHES)]
    position = 0

    def step():
        nonlocal position
        loss = F.cross_entropy(network(images[position]), labels[position])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        position = (position + 1) % BATCHES

    return step


def mlp():
    network = nn.Sequential(nn.Linear(784, 256), nn.ReLU(inplace=True), nn.Linear(256, 10))
    return training(network, torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9), 784)


def cnn():
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128), nn.ReLU(inplace=True), nn.Linear(128, 10))
    return training(network, torch.optim.Adam(network.parameters(), lr=1e-4), 1, 28, 28)


def cnn_bn():
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(inplace=True), nn.AvgPool2d(7),
        nn.Flatten(), nn.Linear(128, 10))
    return training(network, torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9), 1, 28, 28)


WORKLOADS = {"mlp": mlp, "cnn": cnn, "cnn-bn": cnn_bn}


def seconds_a_step(step, seconds):
    start = end = time.perf_counter()
    steps = 0
    while end - start < seconds:
        step()
        steps += 1
        end = time.perf_counter()
    return (end - start) / steps


def main():
    torch.manual_seed(1)
    torch.set_num_threads(int(sys.argv[2]))
    step = WORKLOADS[sys.argv[1]]()
    seconds_a_step(step, WARM_UP_SECONDS)
    print("ready", flush=True)
    for _ in sys.stdin:
        print("%.6f" % (1e3 * seconds_a_step(step, ROUND_SECONDS)), flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main()
