#!/usr/bin/env python3
"""dcgan_smileys.py [STEPS [THREADS [OUT.png]]]: lesson 11's GAN in PyTorch, to compare pictures and time.

The same networks, first weights (N(0, 0.02)), batches of 32, Adam 4e-4 and 2e-4, betas 0.5 and 0.999, label 0.9, on the
same 169 smileys; one step of each network on the same fakes. The random numbers are others. Needs PyTorch and Pillow.
"""
import os
import sys
import time

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as loss_of

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1070
torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
out = sys.argv[3] if len(sys.argv) > 3 else "smileys.png"
torch.manual_seed(11)

folder = __file__.rsplit("/", 2)[0] + "/datasets/emoji/smileys/"
pictures = [Image.open(folder + name).convert("RGBA") for name in sorted(os.listdir(folder))]
over_white = [Image.alpha_composite(Image.new("RGBA", (32, 32), "white"), picture) for picture in pictures]
pixels = numpy.stack([numpy.asarray(picture.convert("RGB"), dtype=numpy.float32) for picture in over_white])
images = torch.from_numpy((pixels / 127.5 - 1).transpose(0, 3, 1, 2).copy())


def up(inputs, outputs):
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]


def down(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)]


def initialise(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
    if getattr(module, "bias", None) is not None:
        nn.init.zeros_(module.bias)


generator = nn.Sequential(nn.ConvTranspose2d(64, 128, 4, bias=False), nn.BatchNorm2d(128), nn.ReLU(True),
                          *up(128, 64), *up(64, 32), nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Tanh()).apply(initialise)
discriminator = nn.Sequential(nn.Conv2d(3, 32, 4, 2, 1), nn.LeakyReLU(0.2, True), *down(32, 64), *down(64, 128),
                              nn.Conv2d(128, 1, 4)).apply(initialise)
adam_g = torch.optim.Adam(generator.parameters(), 4e-4, (0.5, 0.999))
adam_d = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999))
shown = torch.randn(64, 64, 1, 1)
real, fake, one = torch.full((32, 1, 1, 1), 0.9), torch.zeros(32, 1, 1, 1), torch.ones(32, 1, 1, 1)

order, start = torch.randperm(169), time.perf_counter()
for step in range(steps):
    if len(order) < 32:
        order = torch.randperm(169)
    batch, order = images[order[:32]], order[32:]
    fakes = generator(torch.randn(32, 64, 1, 1))
    loss = loss_of(discriminator(batch), real) + loss_of(discriminator(fakes.detach()), fake)
    adam_d.zero_grad(set_to_none=True)
    loss.backward()
    adam_d.step()
    discriminator.requires_grad_(False)
    loss = loss_of(discriminator(fakes), one)
    adam_g.zero_grad(set_to_none=True)
    loss.backward()
    adam_g.step()
    discriminator.requires_grad_(True)
seconds = time.perf_counter() - start
print(f"{steps} steps in {seconds:.1f} s, {1000 * seconds / steps:.1f} ms a step")

generator.eval()
with torch.no_grad():
    samples = ((generator(shown) + 1) * 127.5).clamp(0, 255).byte().numpy()
grid = numpy.full((8 * 34 + 2, 8 * 34 + 2, 3), 255, numpy.uint8)
for i, sample in enumerate(samples):
    y, x = i // 8 * 34 + 2, i % 8 * 34 + 2
    grid[y:y + 32, x:x + 32] = sample.transpose(1, 2, 0)
Image.fromarray(grid).resize((2 * grid.shape[1], 2 * grid.shape[0]), Image.NEAREST).save(out)
