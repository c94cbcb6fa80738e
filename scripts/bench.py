"""PyTorch's side of `make bench`: the workloads and the protocol of scripts/bench.c. Run by scripts/bench.sh.

Written as one writes it who wants it fast: data on hand, gradients set to none, no copy that isn't needed, no gradient
that isn't wanted; with KNOBS_BENCH_TORCH=tuned images lie channels last too.
"""
import csv
import itertools
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

ROUND_SECONDS, WARM_UP_SECONDS = 0.3, 0.5
BATCH, BATCHES = 64, 8
TUNED = os.environ.get("KNOBS_BENCH_TORCH") == "tuned"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def last(module_or_tensor):
    """Channels last if PyTorch is to be tuned: faster in every workload with convolutions."""
    return module_or_tensor.to(memory_format=torch.channels_last) if TUNED else module_or_tensor


def inputs(*shape):
    """Some random batches of images, over and over."""
    return itertools.cycle([last(torch.randn(*shape)) if len(shape) == 4 else torch.randn(*shape)
                            for _ in range(BATCHES)])


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def training(network, optimizer, *shape):
    """A function that makes a step of training a classifier."""
    images = inputs(BATCH, *shape)
    labels = itertools.cycle([torch.randint(0, 10, (BATCH,)) for _ in range(BATCHES)])

    def step():
        loss = F.cross_entropy(network(next(images)), next(labels))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def mlp():
    network = nn.Sequential(nn.Linear(784, 256), nn.ReLU(inplace=True), nn.Linear(256, 10))
    return training(network, sgd(network.parameters()), 784)


def cnn():
    network = last(nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128), nn.ReLU(inplace=True), nn.Linear(128, 10)))
    return training(network, torch.optim.Adam(network.parameters(), lr=1e-4), 1, 28, 28)


def three_blocks():
    return last(nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(inplace=True), nn.AvgPool2d(7),
        nn.Flatten()))


def cnn_bn():
    network = nn.Sequential(three_blocks(), nn.Linear(128, 10))
    return training(network, sgd(network.parameters()), 1, 28, 28)


def frozen():
    blocks, head = three_blocks().requires_grad_(False).eval(), nn.Linear(128, 10)
    return training(nn.Sequential(blocks, head), sgd(head.parameters()), 1, 28, 28)


def dcgan():
    latent = 64
    generator = last(nn.Sequential(
        nn.ConvTranspose2d(latent, 128, 7, bias=False), nn.BatchNorm2d(128), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, 1, 4, 2, 1, bias=False), nn.Tanh()))
    discriminator = last(nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(), nn.Linear(128 * 7 * 7, 1)))
    generator_adam = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    images, latents = inputs(BATCH, 1, 28, 28), inputs(BATCH, latent, 1, 1)
    real, fakes = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

    def judge(batch, labels):
        return F.binary_cross_entropy_with_logits(discriminator(batch), labels)

    def step():
        fake = generator(next(latents))
        loss = judge(next(images), real) + judge(fake.detach(), fakes)
        discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        discriminator_adam.step()

        discriminator.requires_grad_(False)
        loss = judge(fake, real)
        generator_adam.zero_grad(set_to_none=True)
        loss.backward()
        generator_adam.step()
        discriminator.requires_grad_(True)

    return step


# --- MobileNet v1 0.5, forward ---

class ConvolutionSame(nn.Conv2d):
    """With TensorFlow's padding: of an even side, a stride of 2 pads the bottom and the right."""

    def forward(self, x):
        return super().forward(F.pad(x, (0, 1, 0, 1)))


def convolution(in_channels, out_channels, kernel, stride, groups=1):
    if stride == 2:
        layer = ConvolutionSame(in_channels, out_channels, kernel, stride, groups=groups)
    else:
        layer = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, groups=groups)
    return [layer, nn.ReLU6(inplace=True)]


def load_mobilenet(network):
    """The weights of the .tflite file, from where the table says, as scripts/convert_mobilenet.c reads them."""
    name = "mobilenet_v1_0.5_160_quant"
    with open(f"{ROOT}/datasets/downloads/mobilenet/{name}.tflite", "rb") as file:
        content = bytearray(file.read())
    with open(f"{ROOT}/datasets/mobilenet/{name}.layout.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row, parameter in zip(rows, network.parameters()):
        dtype = torch.uint8 if row["dtype"] == "u8" else torch.int32
        stored = torch.frombuffer(content, dtype=dtype, offset=int(row["file_offset"]), count=parameter.numel())
        value = (stored.to(torch.int64) - int(row["zero_point"])).to(torch.float32) * float(row["scale"])
        value = value.reshape([int(side) for side in row["tflite_shape"].split("x")])
        if value.dim() == 4:
            value = value.permute((3, 0, 1, 2) if row["op"] == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2))
        parameter.data.copy_(value.reshape(parameter.shape))


def mobilenet():
    channels = [16, 32, 64, 64, 128, 128] + 6 * [256] + 2 * [512]
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    layers = convolution(3, channels[0], 3, 2)
    for stride, narrow, wide in zip(strides, channels, channels[1:]):
        layers += convolution(narrow, narrow, 3, stride, groups=narrow) + convolution(narrow, wide, 1, 1)
    network = nn.Sequential(*layers, nn.AvgPool2d(5), nn.Flatten(), nn.Linear(512, 1001))
    load_mobilenet(network)
    last(network).eval()
    images = inputs(8, 3, 160, 160)

    @torch.inference_mode()
    def step():
        return network(next(images))

    return step


# --- rounds ---

WORKLOADS = {"mlp": mlp, "cnn": cnn, "cnn-bn": cnn_bn, "dcgan": dcgan, "frozen": frozen, "mobilenet": mobilenet}


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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("ready 0", peak // 1024 if sys.platform == "darwin" else peak, flush=True)
    for _ in sys.stdin:
        print("%.6f" % (1e3 * seconds_a_step(step, ROUND_SECONDS)), flush=True)


if __name__ == "__main__":
    main()
