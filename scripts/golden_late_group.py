#!/usr/bin/python3
"""Writes lessons/17-both-axes/pytorch.csv: what PyTorch's schedulers do with a group that is added after 150 of 400 steps.

scheduler, step, the rate of the first group, the rate of the group that was added, every 5 steps; the last row of a
scheduler that raised says at which step, and what.
"""
import pathlib
import warnings

import torch

STEPS, JOIN, PEAK = 400, 150, 0.2
warnings.simplefilter("ignore")  # of the order of steps: there are no gradients here
schedulers = {
    "LambdaLR": lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS),
    "CosineAnnealingLR": lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS),
    "OneCycleLR": lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=STEPS),
}
path = pathlib.Path(__file__).parent.parent / "lessons/17-both-axes/pytorch.csv"
with open(path, "w") as file:
    print("scheduler,step,first,late,end", file=file)
    for name, make in schedulers.items():
        first, late = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([first], lr=PEAK, momentum=0.9)
        scheduler = make(optimizer)
        end = ""
        for step in range(STEPS):
            if step == JOIN:
                optimizer.add_param_group({"params": [late], "lr": PEAK})
            rates = [group["lr"] for group in optimizer.param_groups]
            if step % 5 == 0:
                print(f"{name},{step},{rates[0]!r},{rates[1] if step >= JOIN else ''},", file=file)
            try:
                scheduler.step()
            except Exception as error:
                print(f"{name},{step + 1},,,{type(error).__name__}: {error}", file=file)
                break
