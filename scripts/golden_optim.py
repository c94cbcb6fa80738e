#!/usr/bin/python3
"""Writes tests/golden/optim.txt: what PyTorch's optimizers do, in float64. A line is one tensor, as
tests/golden.h reads it.

optim.txt: all cases start from the same weights start.P and see the same gradients
gradient.STEP.P; where that line is missing, the gradient is none. A case has
    CASE.groups            group of each parameter; -1 is not owned
    CASE.added_at          before which step each group is added (0: from the start)
    CASE.given.G.KNOB      what group G is given
    CASE.set.STEP.G.KNOB   a value that is set before that step
    CASE.w.STEP.P          the weight after the step, of some steps
    CASE.state.P.NAME      at the end; missing where PyTorch has none
clip.norm.I and clip.value.I: limit, norm, and the gradients of step 0 after clipping.

Debian's PyTorch has neither Lion nor Muon, and its NAdam has a mistake that PyTorch 2.0 mended:
those are written here, in numpy.

Weights and gradients are multiples of 1/64, so that the float and the double build read the same.
Run it from anywhere: scripts/golden_optim.py
"""
import numpy as np
import torch
from torch import optim
from torch.optim import SGD, Adam, AdamW

from golden import put, write

torch.manual_seed(21)
torch.set_default_dtype(torch.float64)
STEPS = 50
KEPT = (0, 1, 2, 4, 9, 19, 24, 25, 34, 49)  # whose weights are written
SHAPES = [(3, 2), (4,), (1,), (1, 2, 3), (2, 5), (4, 3)]
USUAL = (0, 0, 0, 0, -1, -1)  # groups; the last two are for Muon
# (step, parameter); the first parameter always has a gradient
NONE = {(0, 1), (3, 1), (4, 1), (8, 1), (26, 1), (40, 1), (2, 3), (9, 3), (31, 3), (5, 4), (30, 5)}
ZERO = {(2, 2), (6, 2), (7, 2), (8, 2), (9, 2), (33, 2), (5, 0), (28, 0), (0, 3), (47, 3), (6, 4)}


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


# --- formulas ------------------------------------------------------------------------------------


class Formula(optim.Optimizer):
    """An optimizer whose move(group, state, w, g) changes the numpy arrays of one parameter."""

    defaults = {}

    def __init__(self, parameters, **knobs):
        super().__init__(parameters, {**type(self).defaults, **knobs})

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(group, self.state[p], p.detach().numpy(), p.grad.numpy())


class Lion(Formula):
    """Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2."""

    defaults = dict(lr=1e-4, betas=(0.9, 0.99), weight_decay=0)

    def move(self, group, state, w, g):
        beta1, beta2 = group["betas"]
        m = state.get("exp_avg", np.zeros_like(w))
        c = beta1 * m + (1 - beta1) * g
        w -= group["lr"] * (np.sign(c) + group["weight_decay"] * w)
        state["exp_avg"] = beta2 * m + (1 - beta2) * g


class Muon(Formula):
    """Jordan et al., "Muon", 2024; names and defaults of torch.optim.Muon (2.9). An odd polynomial
    of a matrix is the polynomial of its singular values."""

    defaults = dict(lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, eps=1e-7, ns_steps=5)

    def move(self, group, state, w, g):
        mu = group["momentum"]
        b = state.get("momentum_buffer", np.zeros_like(w))
        b = state["momentum_buffer"] = b + (1 - mu) * (g - b)
        d = g + mu * (b - g) if group["nesterov"] else b
        u, s, vt = np.linalg.svd(d, full_matrices=False)
        s = s / max(np.linalg.norm(d), group["eps"])
        for _ in range(int(group["ns_steps"])):
            s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
        w *= 1 - group["lr"] * group["weight_decay"]
        w -= group["lr"] * max(1, w.shape[0] / w.shape[1]) ** 0.5 * (u * s) @ vt


class Lars(Formula):
    """You et al., "Large batch training of convolutional networks", 2017, algorithm 1, with the rate
    outside of the velocity."""

    defaults = dict(lr=1, momentum=0.9, weight_decay=0, trust_coefficient=0.001, eps=1e-8)

    def move(self, group, state, w, g):
        norms = np.linalg.norm(w), np.linalg.norm(g)
        decay, trust = group["weight_decay"], group["trust_coefficient"]
        if trust and all(norms):
            ratio = trust * norms[0] / (norms[1] + decay * norms[0] + group["eps"])
        else:
            ratio = 1
        v = group["momentum"] * state.get("momentum_buffer", 0) + ratio * (g + decay * w)
        state["momentum_buffer"] = v
        w -= group["lr"] * v


class NAdam(Formula):
    """Dozat, 2016, as torch.optim.NAdam from 2.0 on. Before, the newest mu stood twice in the product
    that divides the mean: `repeated` shows that this is all the difference."""

    defaults = dict(
        lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, repeated=False
    )

    def move(self, group, state, w, g):
        beta1, beta2 = group["betas"]
        t = state["step"] = state.get("step", 0) + 1
        mu, mu_next = (
            beta1 * (1 - 0.5 * 0.96 ** (at * group["momentum_decay"])) for at in (t, t + 1)
        )
        p = state["mu_product"] = state.get("mu_product", 1) * mu
        g = g + group["weight_decay"] * w
        m = state["exp_avg"] = beta1 * state.get("exp_avg", 0) + (1 - beta1) * g
        v = state["exp_avg_sq"] = beta2 * state.get("exp_avg_sq", 0) + (1 - beta2) * g * g
        root = np.sqrt(v / (1 - beta2**t)) + group["eps"]
        p_next = p * mu_next * (mu if group["repeated"] else 1)
        w -= group["lr"] * (1 - mu) / (1 - p) * g / root
        w -= group["lr"] * mu_next / (1 - p_next) * m / root


class Adagrad(optim.Adagrad):
    """PyTorch's has no state for a group that is added later, and stops there."""

    def add_param_group(self, group):
        super().add_param_group(group)
        for p in self.param_groups[-1]["params"]:
            start = self.param_groups[-1]["initial_accumulator_value"]
            self.state[p] = dict(step=torch.tensor(0.0), sum=torch.full_like(p, start))


# --- cases ---------------------------------------------------------------------------------------

PAIRS = dict(
    beta1=("betas", 0),
    beta2=("betas", 1),
    etaminus=("etas", 0),
    etaplus=("etas", 1),
    step_size_min=("step_sizes", 0),
    step_size_max=("step_sizes", 1),
)


def set_knob(knobs, defaults, name, value):
    """Our names to PyTorch's: beta1 and beta2 are one pair there."""
    if name in PAIRS:
        pair, place = PAIRS[name]
        both = list(knobs.get(pair, defaults[pair]))
        both[place] = value
        knobs[pair] = tuple(both)
    else:
        switches = ("nesterov", "amsgrad", "centered")
        knobs[name] = bool(value) if name in switches else value


def torch_knobs(knobs, defaults):
    result = {}
    for name, value in knobs.items():
        set_knob(result, defaults, name, value)
    return result


def put_state(name, optimizer, weights):
    for p, weight in enumerate(weights):
        for key, value in optimizer.state[weight].items():
            if value is not None:
                put(f"{name}.state.{p}.{key}", value)


def steps(algorithm, given, groups, added_at, sets):
    """Yields (step, optimizer, weights) after each step."""
    weights = [start.clone().requires_grad_() for start in starts]
    members = [[w for w, group in zip(weights, groups) if group == g] for g in range(len(given))]
    required = dict(lr=1) if algorithm is SGD else {}
    defaults = algorithm(members[0], **required).defaults
    optimizer = algorithm(members[0], **torch_knobs(given[0], defaults))
    for step in range(STEPS):
        for g in range(1, len(given)):
            if added_at[g] == step:
                knobs = torch_knobs(given[g], optimizer.defaults)
                optimizer.add_param_group({"params": members[g], **knobs})
        for at, g, knob, value in sets:
            if at == step:
                set_knob(optimizer.param_groups[g], optimizer.defaults, knob, value)
        for weight, gradient in zip(weights, gradients[step]):
            weight.grad = None if gradient is None else gradient.clone()
        optimizer.step()
        yield step, optimizer, weights


def case(name, algorithm, *given, groups=USUAL, added_at=(0,), sets=()):
    put(f"{name}.groups", groups)
    put(f"{name}.added_at", added_at)
    for g, knobs in enumerate(given):
        for knob, value in knobs.items():
            put(f"{name}.given.{g}.{knob}", value)
    for step, g, knob, value in sets:
        put(f"{name}.set.{step}.{g}.{knob}", value)
    for step, optimizer, weights in steps(algorithm, given, groups, added_at, sets):
        for p, weight in enumerate(weights):
            if step in KEPT and groups[p] >= 0:
                put(f"{name}.w.{step}.{p}", weight)
    put_state(name, optimizer, weights)


def three_groups(name, algorithm, *given, groups=(0, 1, 1, 2, -1, -1), sets=()):
    """The third is added in the middle, and the rate of the first changes."""
    sets = [(10, 0, "lr", given[0]["lr"] / 3), *sets]
    case(f"{name}.groups", algorithm, *given, groups=groups, added_at=(0, 0, 20), sets=sets)


def check_nadam():
    knobs = [dict(lr=0.05, weight_decay=0.1)]
    ours = steps(lambda p, **k: NAdam(p, repeated=True, **k), knobs, USUAL, (0,), ())
    for (_, _, mine), (_, _, theirs) in zip(ours, steps(optim.NAdam, knobs, USUAL, (0,), ())):
        for a, b in zip(mine, theirs):
            assert torch.allclose(a, b, rtol=1e-12, atol=1e-14)


def clips():
    for kind, limits in ("norm", [0.75, 100, 0]), ("value", [0.5, 3]):
        for i, limit in enumerate(limits):
            weights = [start.clone().requires_grad_() for start in starts]
            for weight, gradient in zip(weights, gradients[0]):
                weight.grad = None if gradient is None else gradient.clone()
            put(f"clip.{kind}.{i}.limit", limit)
            if kind == "norm":
                put(f"clip.norm.{i}.norm", torch.nn.utils.clip_grad_norm_(weights, limit))
            else:
                torch.nn.utils.clip_grad_value_(weights, limit)
            for p, weight in enumerate(weights):
                if weight.grad is not None:
                    put(f"clip.{kind}.{i}.gradient.{p}", weight.grad)


def sgd_cases():
    case("sgd.plain", SGD, dict(lr=0.1))
    case("sgd.decay", SGD, dict(lr=0.1, weight_decay=0.25))
    case("sgd.momentum", SGD, dict(lr=0.1, momentum=0.9))
    case("sgd.dampening", SGD, dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05))
    case("sgd.nesterov", SGD, dict(lr=0.05, momentum=0.8, nesterov=1, weight_decay=0.1))
    three_groups(
        "sgd",
        SGD,
        dict(lr=0.1, momentum=0.9),
        dict(lr=0.01, weight_decay=0.5),
        dict(lr=0.03, momentum=0.5, nesterov=1),
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
            (30, 0, "momentum", 0.9),
        ],
    )


def adam_cases():
    for name, algorithm in dict(adam=Adam, adamw=AdamW, adamax=optim.Adamax, radam=optim.RAdam,
                                nadam=NAdam).items():
        case(f"{name}.defaults", algorithm, {})
        case(f"{name}.knobs", algorithm, dict(lr=0.05, beta1=0.5, beta2=0.9, eps=0.01))
        case(f"{name}.decay", algorithm, dict(lr=0.02, weight_decay=0.5))
        case(f"{name}.zero_beta1", algorithm, dict(lr=0.01, beta1=0))
        three_groups(
            name,
            algorithm,
            dict(lr=0.1, weight_decay=0.1),
            dict(lr=0.01, weight_decay=0),
            dict(beta2=0.99, eps=1e-3),
            sets=[(7, 0, "weight_decay", 0.5), (29, 2, "beta1", 0.5)],
        )
    for name, algorithm in dict(adam=Adam, adamw=AdamW).items():
        case(f"{name}.amsgrad", algorithm, dict(lr=0.05, beta2=0.8, amsgrad=1, weight_decay=0.1))
    case("nadam.warm", NAdam, dict(lr=0.01, momentum_decay=0.5, weight_decay=0.1))


def other_cases():
    case("adagrad.defaults", Adagrad, {})
    case(
        "adagrad.knobs",
        Adagrad,
        dict(lr=0.3, lr_decay=0.1, initial_accumulator_value=0.5, eps=0.01, weight_decay=0.2),
    )
    three_groups("adagrad", Adagrad, dict(lr=0.5), dict(lr_decay=0.5), dict(weight_decay=0.3))

    case("adadelta.defaults", optim.Adadelta, {})
    case("adadelta.knobs", optim.Adadelta, dict(lr=0.5, rho=0.7, eps=1e-3, weight_decay=0.2))
    three_groups("adadelta", optim.Adadelta, dict(lr=3, eps=1e-3), dict(rho=0.5),
                 dict(weight_decay=0.3))

    rmsprop = optim.RMSprop
    case("rmsprop.defaults", rmsprop, {})
    case("rmsprop.knobs", rmsprop, dict(lr=0.03, alpha=0.8, eps=1e-3, weight_decay=0.2))
    case("rmsprop.momentum", rmsprop, dict(momentum=0.9, weight_decay=0.1))
    case("rmsprop.centered", rmsprop, dict(alpha=0.9, centered=1, weight_decay=0.1))
    case("rmsprop.both", rmsprop, dict(centered=1, momentum=0.5))
    three_groups("rmsprop", rmsprop, dict(lr=0.05, momentum=0.5), dict(momentum=0, centered=1),
                 dict(alpha=0.5, centered=1))

    case("rprop.defaults", optim.Rprop, {})
    case(
        "rprop.knobs",
        optim.Rprop,
        dict(lr=0.1, etaminus=0.3, etaplus=1.9, step_size_min=0.05, step_size_max=0.3),
    )
    three_groups("rprop", optim.Rprop, dict(lr=0.1), dict(etaplus=1.5), dict(lr=0.3))

    case("lion.defaults", Lion, {})
    case("lion.decay", Lion, dict(lr=0.03, beta1=0.8, beta2=0.7, weight_decay=0.5))
    three_groups("lion", Lion, dict(lr=0.1, weight_decay=0.1), dict(beta1=0.5),
                 dict(weight_decay=0))

    matrices = (0, -1, -1, -1, 0, 0)
    case("muon.defaults", Muon, {}, groups=matrices)
    case("muon.plain", Muon, dict(lr=0.02, momentum=0.8, nesterov=0), groups=matrices)
    case("muon.knobs", Muon, dict(lr=0.05, weight_decay=0.5, eps=3, ns_steps=2), groups=matrices)
    three_groups("muon", Muon, dict(lr=0.1), dict(momentum=0.5), dict(weight_decay=0),
                 groups=(0, -1, -1, -1, 1, 2))

    case("lars.defaults", Lars, {})
    case("lars.knobs", Lars, dict(lr=2, momentum=0.5, trust_coefficient=0.05, eps=0.5))
    case("lars.decay", Lars, dict(lr=0.5, trust_coefficient=0.02, weight_decay=0.3))
    case("lars.plain", Lars, dict(lr=0.01, trust_coefficient=0, weight_decay=0.1))
    three_groups("lars", Lars, dict(lr=3, trust_coefficient=0.02), dict(trust_coefficient=0),
                 dict(momentum=0, weight_decay=0.2))


def optimizers():
    for p, start in enumerate(starts):
        put(f"start.{p}", start)
    for step in range(STEPS):
        for p, gradient in enumerate(gradients[step]):
            if gradient is not None:
                put(f"gradient.{step}.{p}", gradient)
    check_nadam()
    clips()
    sgd_cases()
    adam_cases()
    other_cases()
    write()


optimizers()
