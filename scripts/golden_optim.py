#!/usr/bin/python3
"""Writes tests/golden/optim.txt and tests/golden/schedule.txt: what PyTorch says about each
algorithm and each schedule, in float64.

A line is one tensor, as tests/golden.h reads it:  name rank dims… : values…
Run it from anywhere: scripts/golden_optim.py

optim.txt. Three parameters, a, b and c, get the gradients gradient.a, … of 12 steps, one row a
step; gradient_state says which are 0 none, 1 zero, 2 a value. Each scenario, named
algorithm.what, has
    options   one row a group, the constructor's first: a column for each hyperparameter in the
              order of COLUMNS, nan where nothing is said
    group     the group of each parameter
    added     the step before which each group is added
    changes   rows of (step, group, column, value): knobs turned before that step
    a, b, c   the values after each step
    a.momentum_buffer, …   the state in the end; absent where there is none
Numbers that come in are multiples of 1/64, so that the float and the double build read the same.
"""
import os

import torch

torch.manual_seed(9)
torch.set_default_dtype(torch.float64)
STEPS = 12
SHAPES = {"a": (5,), "b": (2, 3), "c": (1,)}
# Once none, zero and a value have come in each order; c begins with a zero, b later than the others.
GRADIENT_STATES = {
    "a": (2, 2, 2, 0, 1, 1, 2, 0, 0, 2, 2, 2),
    "b": (0, 0, 2, 2, 2, 2, 1, 0, 2, 2, 1, 2),
    "c": (1, 2, 2, 2, 2, 2, 0, 2, 2, 2, 2, 1),
}
COLUMNS = ("lr", "momentum", "dampening", "nesterov", "weight_decay", "beta1", "beta2", "eps")
ALGORITHMS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
NAN = float("nan")
lines = []


def put(name, tensor):
    tensor = torch.as_tensor(tensor, dtype=torch.float64).detach()
    dims = " ".join(str(d) for d in (tensor.dim(), *tensor.shape))
    values = " ".join("%.17g" % v for v in tensor.reshape(-1).tolist())
    lines.append(f"{name} {dims} : {values}")


def write(file_name):
    folder = os.path.dirname(os.path.abspath(__file__))
    path = os.path.normpath(os.path.join(folder, "..", "tests", "golden", file_name))
    with open(path, "w") as file:
        file.write("# PyTorch %s, float64, by scripts/golden_optim.py\n" % torch.__version__)
        file.write("\n".join(lines) + "\n")
    print(f"{path}: {len(lines)} tensors, {os.path.getsize(path)} bytes")
    lines.clear()


def multiples(*shape):
    return torch.randint(-160, 161, shape) / 64


def torch_options(options):
    """beta1 and beta2 are a pair in PyTorch; what isn't said is left to its defaults."""
    options = dict(options)
    if "beta1" in options or "beta2" in options:
        options["betas"] = (options.pop("beta1", 0.9), options.pop("beta2", 0.999))
    if "nesterov" in options:
        options["nesterov"] = bool(options["nesterov"])
    return options


def turn(group, column, value):
    if column in ("beta1", "beta2"):
        betas = list(group["betas"])
        betas[column == "beta2"] = value
        group["betas"] = tuple(betas)
    else:
        group[column] = value


def scenario(name, *options, groups=(0, 0, 0), added=None, changes=()):
    """One dict of options for each group."""
    algorithm = name.split(".")[0]
    added = added or [0] * len(options)
    put(f"{name}.options", [[o.get(column, NAN) for column in COLUMNS] for o in options])
    put(f"{name}.group", groups)
    put(f"{name}.added", added)
    if changes:
        put(f"{name}.changes", [(s, g, COLUMNS.index(c), v) for s, g, c, v in changes])
    parameters = {key: start[key].clone().requires_grad_() for key in SHAPES}
    members = [
        [p for p, group in zip(parameters.values(), groups) if group == g]
        for g in range(len(options))
    ]
    optimizer = ALGORITHMS[algorithm](members[0], **torch_options(options[0]))
    path = {key: [] for key in SHAPES}
    for step in range(STEPS):
        for g in range(1, len(options)):
            if added[g] == step:
                optimizer.add_param_group({"params": members[g], **torch_options(options[g])})
        for at, g, column, value in changes:
            if at == step:
                turn(optimizer.param_groups[g], column, value)
        for key, parameter in parameters.items():
            state = GRADIENT_STATES[key][step]
            parameter.grad = None if state == 0 else gradients[key][step] * (state == 2)
        optimizer.step()
        for key, parameter in parameters.items():
            path[key].append(parameter.detach().clone())
    for key, parameter in parameters.items():
        put(f"{name}.{key}", torch.stack(path[key]))
        for buffer, value in optimizer.state[parameter].items():
            if buffer != "step" and value is not None:
                put(f"{name}.{key}.{buffer}", value)


def algorithms():
    scenario("sgd.plain", dict(lr=0.1))
    scenario("sgd.decay", dict(lr=0.1, weight_decay=0.05))
    scenario("sgd.momentum", dict(lr=0.05, momentum=0.9))
    scenario("sgd.dampening", dict(lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.01))
    scenario("sgd.nesterov", dict(lr=0.05, momentum=0.9, nesterov=1, weight_decay=0.01))
    scenario(
        "sgd.groups",
        dict(lr=0.05, momentum=0.9, weight_decay=0.1),
        dict(lr=0.005),
        dict(weight_decay=0, momentum=0.5),
        groups=(0, 1, 2),
        added=(0, 0, 5),
    )
    scenario(
        "sgd.turned",  # momentum begins late, stops, and begins again where it was
        dict(lr=0.05, dampening=0.5),
        changes=(
            (2, 0, "momentum", 0.9),
            (5, 0, "lr", 0.01),
            (8, 0, "momentum", 0),
            (10, 0, "momentum", 0.5),
        ),
    )
    scenario("adam.defaults", {})
    scenario("adam.knobs", dict(lr=0.02, beta1=0.5, beta2=0.9, eps=0.01))
    scenario("adam.memoryless", dict(lr=0.02, beta1=0, beta2=0.99))
    scenario("adam.decay", dict(lr=0.02, weight_decay=0.1))
    scenario(
        "adam.groups",
        dict(lr=0.02, weight_decay=0.1, beta1=0.5, beta2=0.9),
        dict(lr=0.002),
        dict(weight_decay=0),
        groups=(0, 1, 2),
        added=(0, 0, 5),
    )
    scenario("adam.turned", dict(lr=0.02), changes=((3, 0, "lr", 0.1), (6, 0, "beta1", 0.5)))
    scenario("adamw.defaults", {})
    scenario("adamw.decay", dict(lr=0.02, weight_decay=0.3, beta1=0.8, beta2=0.95, eps=1e-4))
    scenario(
        "adamw.groups",
        dict(lr=0.02),
        dict(weight_decay=0),
        dict(lr=0.1, weight_decay=0.5),
        groups=(0, 1, 2),
        added=(0, 2, 5),
    )


def schedule(name, arguments, initial, make, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=initial)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    put(f"{name}.arguments", arguments)
    put(f"{name}.values", values)


def schedules():
    lr_scheduler = torch.optim.lr_scheduler
    schedule("constant.0", (0.3,), 0.3, lambda o: lr_scheduler.LambdaLR(o, lambda _: 1), 9)
    for i, (initial, size, gamma) in enumerate(((0.1, 30, 0.1), (0.05, 1, 0.9), (2, 7, 1.5))):
        schedule(
            f"step.{i}",
            (initial, size, gamma),
            initial,
            lambda o: lr_scheduler.StepLR(o, step_size=size, gamma=gamma),
            100,
        )
    for i, (initial, t_max, eta_min) in enumerate(
        ((0.05, 20, 0), (0.1, 37, 1e-4), (1e-3, 1, 0), (0.01, 2, 0.02), (0.5, 100, 0.001))
    ):
        schedule(
            f"cosine.{i}",
            (initial, t_max, eta_min),
            initial,
            lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=t_max, eta_min=eta_min),
            2 * t_max + t_max // 2 + 3,
        )


start = {key: multiples(*shape) for key, shape in SHAPES.items()}
gradients = {key: multiples(STEPS, *shape) for key, shape in SHAPES.items()}
for key in SHAPES:
    put(f"start.{key}", start[key])
    put(f"gradient.{key}", gradients[key])
    put(f"gradient_state.{key}", GRADIENT_STATES[key])
algorithms()
write("optim.txt")
schedules()
write("schedule.txt")
