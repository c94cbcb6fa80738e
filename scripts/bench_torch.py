"""PyTorch's side of `make bench`: the workloads and the protocol of scripts/bench.c. Run by scripts/bench.py.

    bench_torch.py                                 its version
    bench_torch.py WORKLOAD | conv THREADS [tuned] rounds, when asked

Written as one writes it who wants it fast: data on hand, gradients set to none, no copy that isn't needed, no gradient
that isn't wanted; tuned, images lie channels last too.
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

ROUND_SECONDS, WARM_UP_SECONDS, PASS_SECONDS = 0.3, 0.5, 0.01
BATCH, BATCHES = 64, 8
TUNED = sys.argv[3:] == ["tuned"]
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


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-4)


def training(network, optimizer, *shape, batch=BATCH):
    """A function that makes a step of training a classifier."""
    images = inputs(batch, *shape)
    labels = itertools.cycle([torch.randint(0, 10, (batch,)) for _ in range(BATCHES)])

    def step():
        loss = F.cross_entropy(network(next(images)), next(labels))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def mlp():
    network = nn.Sequential(nn.Linear(784, 256), nn.ReLU(inplace=True), nn.Linear(256, 10))
    return training(network, sgd(network.parameters()), 784)


def mlp_wide():
    network = nn.Sequential(nn.Linear(64, 512), nn.ReLU(inplace=True), nn.Linear(512, 512), nn.ReLU(inplace=True),
                            nn.Linear(512, 10))
    return training(network, adam(network.parameters()), 64, batch=128)


def lenet():
    network = last(nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(inplace=True), nn.Linear(120, 84), nn.ReLU(inplace=True), nn.Linear(84, 10)))
    return training(network, adam(network.parameters()), 1, 28, 28, batch=128)


def cnn():
    network = last(nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128), nn.ReLU(inplace=True), nn.Linear(128, 10)))
    return training(network, adam(network.parameters()), 1, 28, 28)


def three_blocks(channels, pool):
    return last(nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(inplace=True), nn.AvgPool2d(pool),
        nn.Flatten()))


def cnn_bn():
    network = nn.Sequential(three_blocks(1, 7), nn.Linear(128, 10))
    return training(network, sgd(network.parameters()), 1, 28, 28)


def cifar_bn():
    network = nn.Sequential(three_blocks(3, 8), nn.Linear(128, 10))
    return training(network, adam(network.parameters()), 3, 32, 32, batch=32)


def frozen():
    blocks, head = three_blocks(1, 7).requires_grad_(False).eval(), nn.Linear(128, 10)
    return training(nn.Sequential(blocks, head), sgd(head.parameters()), 1, 28, 28)


def five():
    network = last(nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(inplace=True), nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(inplace=True),
        nn.Conv2d(64, 64, 5, 2, padding=2), nn.ReLU(inplace=True), nn.AvgPool2d(8), nn.Flatten(), nn.Linear(64, 10)))
    return training(network, adam(network.parameters()), 3, 16, 16, batch=32)


def separable(into, out, stride):
    return nn.Sequential(
        nn.Conv2d(into, into, 3, stride, padding=1, groups=into), nn.BatchNorm2d(into), nn.ReLU(inplace=True),
        nn.Conv2d(into, out, 1), nn.BatchNorm2d(out), nn.ReLU(inplace=True))


def depthwise():
    network = last(nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True),
        separable(32, 64, 1), separable(64, 128, 2), separable(128, 128, 1), separable(128, 256, 2),
        nn.AvgPool2d(8), nn.Flatten(), nn.Linear(256, 10)))
    return training(network, adam(network.parameters()), 3, 32, 32, batch=32)


# --- GANs ---

LATENT = 64


def gan(channels, side, batch):
    """DCGAN on images of 4 · side: two doublings from a first plane."""
    generator = last(nn.Sequential(
        nn.ConvTranspose2d(LATENT, 128, side, bias=False), nn.BatchNorm2d(128), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, channels, 4, 2, 1, bias=False), nn.Tanh()))
    discriminator = last(nn.Sequential(
        nn.Conv2d(channels, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(), nn.Linear(128 * side * side, 1)))
    shape = channels, 4 * side, 4 * side
    generator_adam = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    images, latents = inputs(batch, *shape), inputs(batch, LATENT, 1, 1)
    real, fakes = torch.ones(batch, 1), torch.zeros(batch, 1)

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

WORKLOADS = {
    "mlp": mlp, "mlp-wide": mlp_wide, "lenet": lenet, "cnn": cnn, "cnn-bn": cnn_bn, "cifar-bn": cifar_bn, "five": five,
    "depthwise": depthwise, "dcgan": lambda: gan(1, 7, BATCH), "gan-colour": lambda: gan(3, 8, 32), "frozen": frozen,
    "mobilenet": mobilenet,
}


def seconds_a_step(step, seconds, clock=time.perf_counter):
    start = end = clock()
    steps = 0
    while end - start < seconds:
        step()
        steps += 1
        end = clock()
    return (end - start) / steps


def steps():
    torch.manual_seed(1)
    step = WORKLOADS[sys.argv[1]]()
    seconds_a_step(step, WARM_UP_SECONDS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("ready 0", peak // 1024 if sys.platform == "darwin" else peak, flush=True)
    for _ in sys.stdin:
        print("%.6f" % (1e3 * seconds_a_step(step, ROUND_SECONDS)), flush=True)


# --- convolutions alone ---

def passes(batch, into, height, width, out, kernel, stride, padding, groups):
    """Functions: the forward, the gradient of the input, the gradient of the weight."""
    x, weight = last(torch.randn(batch, into, height, width)), last(torch.randn(out, into // groups, kernel, kernel))
    dy = torch.randn_like(F.conv2d(x, weight, None, stride, padding, 1, groups))
    return (lambda: F.conv2d(x, weight, None, stride, padding, 1, groups),) + tuple(
        lambda wanted=wanted: torch.ops.aten.convolution_backward(
            dy, x, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups, wanted)
        for wanted in ([True, False, False], [False, True, False]))


@torch.no_grad()
def convolutions():
    """For each line, a shape, the milliseconds of each pass; the same shape as before is the same numbers again."""
    last_line = None
    for line in sys.stdin:
        if line != last_line:
            functions = passes(*map(int, line.split()))
            [function() for function in functions]
            last_line = line
        print(*("%.6f" % (1e3 * seconds_a_step(function, PASS_SECONDS, time.thread_time)) for function in functions),
              flush=True)


def main():
    if len(sys.argv) == 1:
        print(torch.__version__)
        return
    torch.set_num_threads(int(sys.argv[2]))
    convolutions() if sys.argv[1] == "conv" else steps()


if __name__ == "__main__":
    main()
