#!/usr/bin/python3
"""Writes tests/golden/optim.txt: what PyTorch's optimizers do, in float64. A line is one tensor, as
tests/golden.h reads it.

optim.txt: all cases start from the same weights start.P and see the same gradients
gradient.STEP.P; where that line is missing, the gradient is none. A case has
    CASE.groups      group of each parameter
    CASE.added_at    before which step each group is added (0: from the start)
    CASE.given.G     what group G is given, in the order of KNOBS; nan is "not said"
    CASE.set         rows (step, group, knob, value): set before that step
    CASE.w.STEP.P    the weight after the step
    CASE.state.P.…   at the end: step (Adam's only) and buffers; missing where there is none

Weights and gradients are multiples of 1/64, so that the float and the double build read the same.
Run it from anywhere: scripts/golden_optim.py
"""
import os

import torch
from torch.optim import SGD, Adam, AdamW

torch.manual_seed(21)
torch.set_default_dtype(torch.float64)
STEPS = 12
SHAPES = [(3, 2), (4,), (1,), (1, 2, 3)]
NONE = {(0, 1), (3, 1), (4, 1), (8, 1), (2, 3), (9, 3)}  # (step, parameter)
ZERO = {(2, 2), (6, 2), (7, 2), (8, 2), (9, 2), (5, 0), (0, 3)}
KNOBS = ["lr", "momentum", "dampening", "nesterov", "weight_decay", "beta1", "beta2", "eps"]
lines = []


def put(name, values):
    tensor = torch.as_tensor(values, dtype=torch.float64).detach()
    dims = " ".join(str(d) for d in (tensor.dim(), *tensor.shape))
    numbers = " ".join("%.17g" % v for v in tensor.reshape(-1).tolist())
    lines.append(f"{name} {dims} : {numbers}")


def write(name):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "golden", name)
    with open(path, "w") as file:
        file.write("# PyTorch %s, float64, by scripts/golden_optim.py\n" % torch.__version__)
        file.write("\n".join(lines) + "\n")
    print(f"{os.path.normpath(path)}: {len(lines)} tensors, {os.path.getsize(path)} bytes")
    lines.clear()


def randoms(shape):
    return torch.randint(-128, 129, shape) / 64


starts = [randoms(shape) for shape in SHAPES]
gradients = [
    [
        None if (step, p) in NONE else randoms(shape) * (0 if (step, p) in ZERO else 1)
        for p, shape in enumerate(SHAPES)
    ]
    for step in range(STEPS)
]


def torch_knobs(knobs):
    """Our names to PyTorch's: beta1 and beta2 are one pair there."""
    knobs = dict(knobs)
    if "beta1" in knobs or "beta2" in knobs:
        knobs["betas"] = (knobs.pop("beta1", 0.9), knobs.pop("beta2", 0.999))
    if "nesterov" in knobs:
        knobs["nesterov"] = bool(knobs["nesterov"])
    return knobs


def set_knob(group, knob, value):
    if knob in ("beta1", "beta2"):
        beta1, beta2 = group["betas"]
        group["betas"] = (value, beta2) if knob == "beta1" else (beta1, value)
    else:
        group[knob] = value


def put_state(name, optimizer, weights):
    for p, weight in enumerate(weights):
        for key, value in optimizer.state[weight].items():
            if value is not None:
                put(f"{name}.state.{p}.{key}", value)


def case(name, algorithm, *given, groups=(0, 0, 0, 0), added_at=(0,), sets=()):
    put(f"{name}.groups", groups)
    put(f"{name}.added_at", added_at)
    for g, knobs in enumerate(given):
        put(f"{name}.given.{g}", [knobs.get(knob, float("nan")) for knob in KNOBS])
    if sets:
        put(f"{name}.set", [(step, g, KNOBS.index(knob), value) for step, g, knob, value in sets])
    weights = [start.clone().requires_grad_() for start in starts]
    members = [[w for w, group in zip(weights, groups) if group == g] for g in range(len(given))]
    optimizer = algorithm(members[0], **torch_knobs(given[0]))
    for step in range(STEPS):
        for g in range(1, len(given)):
            if added_at[g] == step:
                optimizer.add_param_group({"params": members[g], **torch_knobs(given[g])})
        for at, g, knob, value in sets:
            if at == step:
                set_knob(optimizer.param_groups[g], knob, value)
        for weight, gradient in zip(weights, gradients[step]):
            weight.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        for p, weight in enumerate(weights):
            put(f"{name}.w.{step}.{p}", weight)
    put_state(name, optimizer, weights)


def optimizers():
    for p, start in enumerate(starts):
        put(f"start.{p}", start)
    for step in range(STEPS):
        for p, gradient in enumerate(gradients[step]):
            if gradient is not None:
                put(f"gradient.{step}.{p}", gradient)

    case("sgd.plain", SGD, dict(lr=0.1))
    case("sgd.decay", SGD, dict(lr=0.1, weight_decay=0.25))
    case("sgd.momentum", SGD, dict(lr=0.1, momentum=0.9))
    case("sgd.dampening", SGD, dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05))
    case("sgd.nesterov", SGD, dict(lr=0.05, momentum=0.8, nesterov=1, weight_decay=0.1))
    case(
        "sgd.groups",
        SGD,
        dict(lr=0.1, momentum=0.9),
        dict(lr=0.01, weight_decay=0.5),
        dict(lr=0.03, momentum=0.5, nesterov=1),
        groups=(0, 1, 1, 2),
        added_at=(0, 0, 5),
    )
    # The momentum buffer begins when the momentum does, and waits while it is off.
    case(
        "sgd.set",
        SGD,
        dict(lr=0.1, dampening=0.5),
        sets=[
            (4, 0, "momentum", 0.5),
            (6, 0, "lr", 0.03),
            (8, 0, "momentum", 0),
            (10, 0, "momentum", 0.9),
        ],
    )

    case("adam.defaults", Adam, {})
    case("adam.knobs", Adam, dict(lr=0.05, beta1=0.5, beta2=0.9, eps=0.01))
    case("adam.decay", Adam, dict(lr=0.02, weight_decay=0.5))
    case("adam.zero_beta1", Adam, dict(lr=0.01, beta1=0))
    case(
        "adam.groups",
        Adam,
        dict(lr=0.1, weight_decay=0.1),
        dict(lr=0.01, weight_decay=0),
        dict(beta2=0.99),
        groups=(0, 1, 0, 2),
        added_at=(0, 0, 5),
    )

    case("adamw.defaults", AdamW, {})
    case("adamw.decay", AdamW, dict(lr=0.1, weight_decay=0.5, beta1=0.8))
    case(
        "adamw.groups",
        AdamW,
        dict(lr=0.05, weight_decay=0.2),
        dict(weight_decay=0),
        dict(lr=0.2, eps=1e-3),
        groups=(0, 1, 1, 2),
        added_at=(0, 0, 5),
        sets=[(3, 0, "lr", 0.01), (7, 0, "weight_decay", 1), (9, 2, "beta1", 0.5)],
    )
    write("optim.txt")


optimizers()
