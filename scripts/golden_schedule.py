#!/usr/bin/python3
"""Writes tests/golden/schedule.txt: the values of schedules, in float64. A line is one tensor, as
tests/golden.h reads it.

    EXPRESSION       rows (step, value) of the schedule that the expression says. Where PyTorch has the
                     curve, they are PyTorch's: by its closed form where it has one (this script stops if
                     its recursion says something else), else as its scheduler steps. Where it hasn't,
                     they come from the formulas below, which were written without looking at the C.
    plateau.I.…      options (mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps),
                     metrics, and the rate after each, of ReduceLROnPlateau

Steps are samples: all of a short curve, else those around its boundaries and some between.

And lessons/15-schedules/reference.txt: the curves of the gallery, of each kind and mode, at the steps 0 to 99:

    EXPRESSION: VALUE VALUE …
Run it from anywhere: scripts/golden_schedule.py
"""
import math
import os
import random
import warnings

import torch
from torch.optim import SGD
from torch.optim import lr_scheduler as pytorch

from golden import lines, put, root, write

random.seed(7)
warnings.simplefilter("ignore")


def text(kind, *positional, **named):
    """An expression. Strings stand as they are, lists in brackets."""

    def one(value):
        if isinstance(value, (list, tuple)):
            return "[" + ",".join(one(v) for v in value) + "]"
        return value if isinstance(value, str) else repr(value)

    words = [one(p) for p in positional] + [f"{k}={one(v)}" for k, v in named.items()]
    return f"{kind}({','.join(words)})"


def samples(last, boundaries=()):
    if last <= 30:
        return range(last + 1)
    steps = {0, 1, 2, last - 1, last} | {last * i // 12 for i in range(12)}
    for b in boundaries:
        steps |= {math.floor(b) - 1, math.floor(b), math.floor(b) + 1}
    return sorted(s for s in steps if 0 <= s <= last)


def formula(expression, function, last, boundaries=()):
    put(expression, [(s, function(s)) for s in samples(last, boundaries)])


def stepped(initial, make, last, knob="lr"):
    """What a scheduler sets the knob to at the steps 0 to last, by stepping it."""
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=initial, momentum=0.5)
    scheduler = make(optimizer)
    values = [optimizer.param_groups[0][knob]]
    for _ in range(last):
        optimizer.step()
        scheduler.step()
        values.append(optimizer.param_groups[0][knob])
    return values


def closed(initial, make, last):
    scheduler = make(SGD([torch.zeros(1, requires_grad=True)], lr=initial))
    values = []
    for step in range(last + 1):
        scheduler.last_epoch = step
        values.append(scheduler._get_closed_form_lr()[0])
    return values


def curve(expression, initial, make, last, boundaries=(), knob="lr", recursion=True):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=initial, momentum=0.5)
    values = None
    if knob == "lr" and hasattr(make(optimizer), "_get_closed_form_lr"):
        values = closed(initial, make, last)
    if recursion or values is None:
        by_steps = stepped(initial, make, last, knob)
        largest = max(abs(v) for v in values or by_steps)
        for step, (a, b) in enumerate(zip(values or by_steps, by_steps)):
            assert abs(a - b) <= 1e-9 * largest, (expression, step, a, b)
        values = values or by_steps
    put(expression, [(s, values[s]) for s in samples(last, boundaries)])


# --- PyTorch's curves ----------------------------------------------------------------------------


def constants():
    for value in (0.3, 1e-5, 7, 0):
        curve(text("constant", value), value, lambda o: pytorch.ConstantLR(o, factor=1), 20)
    for initial, size, gamma in [
        (0.1, 30, 0.1), (0.05, 7, 0.5), (2, 1, 0.9), (1e-3, 4, 1.5), (0.1, 100, 0.2), (1, 3, 0),
        (0.4, 13, 0.97), (1e-4, 50, 0.3), (0.1, 200, 0.1), (3, 2, 1),
    ]:
        make = lambda o: pytorch.StepLR(o, size, gamma)
        curve(text("step", initial, size, gamma), initial, make, 101, [size, 2 * size])
    curve("step(0.1,10)", 0.1, lambda o: pytorch.StepLR(o, 10), 50, [10, 20])
    for initial, milestones, gamma in [
        (0.1, [30, 80], 0.1), (0.1, [0], 0.5), (1, [0, 5], 0.5), (0.2, [10, 10], 0.5), (0.3, [80, 30], 0.1),
        (0.1, [1], 0.9), (0.1, [5, 6, 7, 8], 0.7), (1e-3, [20, 40, 60, 80], 0.3), (2, [0, 0, 3], 0.1),
        (0.1, [150], 0.1), (0.1, [2, 4, 8, 16, 32, 64], 0.5),
    ]:
        make = lambda o: pytorch.MultiStepLR(o, milestones, gamma)
        curve(text("multistep", initial, milestones, gamma=gamma), initial, make, 100, milestones)
    curve("multistep(0.1,[6,9])", 0.1, lambda o: pytorch.MultiStepLR(o, [6, 9]), 12)


def decays():
    for initial, gamma, last in [
        (0.1, 0.95, 100), (1, 0.5, 40), (1e-3, 0.999, 900), (0.01, 1.02, 100), (5, 1, 20), (0.1, 0.9, 250),
        (2, 0.1, 12), (0.1, 0, 5), (0.3, 0.97, 64),
    ]:
        make = lambda o: pytorch.ExponentialLR(o, gamma)
        curve(text("exponential", initial, gamma), initial, make, last)
    # Ours says the values; PyTorch's base is 1 here, or where its factors are above 1 the larger value.
    for start, end, total in [
        (0, 0.1, 5), (0.1, 1, 20), (1, 0, 30), (0.25, 0.25, 7), (1 / 3, 1, 5), (0.1, 0, 1), (0.9, 0.2, 100),
        (0.01, 0.5, 64), (0, 1, 1), (1e-6, 1e-3, 500), (3, 2, 9), (0, 8, 11),
    ]:
        base = max(start, end)
        make = lambda o: pytorch.LinearLR(o, start / base, end / base, total)
        expression = text("linear", start, end, total)
        curve(expression, base, make, total + 12, [total], recursion=start > 0)
    for initial, total, power in [
        (0.1, 5, 1), (0.1, 50, 2), (1, 30, 0.5), (0.01, 100, 0.9), (2, 1, 1), (0.3, 64, 3), (0.1, 7, 1.5),
        (0.05, 200, 1), (1, 12, 0), (1, 10, 10),
    ]:
        make = lambda o: pytorch.PolynomialLR(o, total, power)
        curve(text("polynomial", initial, 0, total, power), initial, make, total + 9, [total])


def cosines():
    for initial, t_max, eta_min in [
        (0.1, 50, 0), (0.05, 20, 1e-4), (3, 7, 0.5), (1, 1, 0.25), (1e-3, 30, 0.02), (0.1, 2, 0), (0.1, 95, 0),
        (0.05, 100, 1e-3), (1, 64, -1), (2, 13, 2), (0.3, 9, 0.1), (5e-4, 200, 1e-6), (0.1, 3, 0.05),
    ]:
        make = lambda o: pytorch.CosineAnnealingLR(o, t_max, eta_min)
        boundaries = [t_max, 2 * t_max, 3 * t_max]
        curve(text("cosine", initial, eta_min, t_max), initial, make, 4 * t_max + 11, boundaries)
    for initial, t_0, t_mult, eta_min in [
        (0.1, 10, 1, 0), (0.1, 10, 2, 0), (0.05, 7, 3, 1e-4), (1, 1, 1, 0.1), (1, 1, 2, 0), (1, 1, 3, 0.01),
        (0.3, 50, 1, 0), (0.1, 5, 2, 1e-3), (2, 13, 2, 0.5), (0.1, 100, 1, 1e-5), (0.1, 2, 5, 0), (1e-3, 16, 2, 0),
        (0.1, 3, 4, 0.02), (0.7, 30, 2, 0), (0.2, 1, 10, 0),
    ]:
        ends, length = [t_0], t_0
        while ends[-1] < 400:
            length *= t_mult
            ends.append(ends[-1] + length)
        make = lambda o: pytorch.CosineAnnealingWarmRestarts(o, t_0, t_mult, eta_min)
        expression = text("warm_restarts", initial, eta_min, t_0, t_mult)
        curve(expression, initial, make, 400, ends[:6] + ends[-3:])


CYCLES = [
    (0.01, 0.1, 20, None, "triangular", 1.0), (0.01, 0.1, 5, 15, "triangular", 1.0),
    (0.01, 0.1, 15, 5, "triangular2", 1.0), (1e-3, 6e-3, 40, None, "triangular2", 1.0),
    (1e-3, 6e-3, 40, None, "exp_range", 0.994), (0.1, 1, 1, None, "triangular", 1.0),
    (0.1, 1, 1, 3, "exp_range", 0.99), (0.1, 1, 7, 1, "triangular2", 1.0), (0, 1, 10, 10, "triangular", 1.0),
    (0.5, 0.5, 4, 4, "triangular", 1.0), (1, 0.2, 12, 8, "triangular2", 1.0), (0.01, 2, 33, 11, "exp_range", 0.9),
    (1e-4, 1e-2, 100, 50, "triangular", 1.0),
]


def cycles():
    for base, top, up, down, mode, gamma in CYCLES:
        given = {} if down is None else {"step_size_down": down}
        more = {"gamma": gamma} if mode == "exp_range" else {}
        make = lambda o: pytorch.CyclicLR(
            o, base, top, up, down, mode, gamma, base_momentum=0.8, max_momentum=0.9
        )
        total = up + (down or up)
        boundaries = [up, total, total + up, 2 * total, 3 * total]
        expression = text("cyclic", base, top, step_size_up=up, **given, mode=mode, **more)
        curve(expression, 0.1, make, 4 * total + 5, boundaries)
        # The momentum of the same cycle, upside down.
        expression = text("cyclic", 0.9, 0.8, step_size_up=up, **given, mode=mode, **more)
        if expression not in lines:
            curve(expression, 0.1, make, 4 * total + 5, boundaries, knob="momentum")
    defaults = lambda o: pytorch.CyclicLR(o, 0.1, 0.5)
    curve("cyclic(0.1,0.5)", 0.1, defaults, 8100, [2000, 4000, 6000])
    for base, top, up, down, scale, expression, mode in [
        (0.01, 0.1, 10, None, lambda x: 0.5 ** (x - 1), "exponential(2,0.5)", "cycle"),
        (0.01, 0.1, 10, 20, lambda x: 0.99 ** x, "exponential(1,0.99)", "iterations"),
        (0.1, 0.4, 6, 2, lambda x: 1 / (1 + x), "inverse_time(1,1)", "cycle"),
        (0, 1, 25, None, lambda x: 1 / (1 + 0.1 * x), "inverse_time(1,0.1)", "iterations"),
        (0.2, 1, 4, 4, lambda x: 0.5 if x >= 2 else 1, "multistep(1,[2],gamma=0.5)", "cycle"),
    ]:
        sizes = [up] if down is None else [up, down]
        make = lambda o: pytorch.CyclicLR(
            o, base, top, up, down, scale_fn=scale, scale_mode=mode, cycle_momentum=False
        )
        more = {} if mode == "cycle" else {"scale_mode": mode}
        whole = text("cyclic_scaled", expression, base, top, *sizes, **more)
        curve(whole, 0.1, make, 4 * (up + (down or up)), [up, up + (down or up)])


def one_cycles():
    for top, total, given in [
        (0.1, 100, {}), (1, 50, {"anneal_strategy": "linear"}), (0.05, 97, {"three_phase": "true"}),
        (0.05, 200, {"three_phase": "true", "anneal_strategy": "linear"}), (0.4, 30, {"pct_start": 0.5}),
        (0.1, 20, {"pct_start": 0.25, "div_factor": 10.0}), (0.1, 40, {"final_div_factor": 100.0}),
        (2, 10, {"div_factor": 1.0, "final_div_factor": 1.0}), (0.3, 64, {"pct_start": 0.1, "div_factor": 4.0}),
        (0.1, 33, {"pct_start": 0.0}), (0.1, 33, {"pct_start": 1.0}), (0.1, 10, {"pct_start": 0.45}),
        (0.1, 15, {"pct_start": 0.3, "three_phase": "true"}), (0.1, 500, {"pct_start": 0.4, "three_phase": "true"}),
        (0.1, 12, {"pct_start": 0.5, "three_phase": "true"}), (0.01, 7, {}), (0.2, 11, {"anneal_strategy": "linear"}),
        (0.1, 80, {"pct_start": 0.2, "three_phase": "true", "div_factor": 2.0}),
    ]:
        python = {k: v == "true" if k == "three_phase" else v for k, v in given.items()}
        make = lambda o: pytorch.OneCycleLR(o, top, total, **python)
        share = python.get("pct_start", 0.3) * total
        boundaries = [share - 1, 2 * share - 2]
        whole = text("one_cycle", top, total, **given)
        curve(whole, 0.1, make, total - 1, boundaries)
        shape = {k: v for k, v in given.items() if k not in ("div_factor", "final_div_factor")}
        whole = text("one_cycle_momentum", total, **shape)
        curve(whole, 0.1, make, total - 1, boundaries, knob="momentum")
    make = lambda o: pytorch.OneCycleLR(o, 0.1, 25, base_momentum=0.6, max_momentum=0.99)
    curve("one_cycle_momentum(25,0.6,0.99)", 0.1, make, 24, knob="momentum")


def combinations():
    def sequence(expression, initial, parts, milestones, last):
        make = lambda o: pytorch.SequentialLR(o, [part(o) for part in parts], milestones)
        curve(expression, initial, make, last, milestones)

    exponential = lambda gamma: lambda o: pytorch.ExponentialLR(o, gamma)
    linear = lambda start, end, total: lambda o: pytorch.LinearLR(o, start, end, total)
    cosine = lambda t_max, eta_min=0: lambda o: pytorch.CosineAnnealingLR(o, t_max, eta_min)
    constant = lambda factor, total: lambda o: pytorch.ConstantLR(o, factor, total)
    step = lambda size, gamma: lambda o: pytorch.StepLR(o, size, gamma)
    sequence("sequence(linear(0.025,0.1,5),cosine(0.1,0,95))", 0.1, [linear(0.25, 1, 5), cosine(95)], [5], 120)
    sequence("sequence(linear(0.01,0.1,10),step(0.1,20,0.5),milestones=[10])", 0.1,
             [linear(0.1, 1, 10), step(20, 0.5)], [10], 100)
    sequence("sequence(constant(0.1),exponential(0.1,0.9),milestones=[7])", 0.1,
             [constant(1, 3), exponential(0.9)], [7], 60)
    sequence("sequence(exponential(1,0.9),exponential(1,0.5),milestones=[1])", 1,
             [exponential(0.9), exponential(0.5)], [1], 20)
    sequence("sequence(linear(0.5,1,4),cosine(1,0.1,30),constant(0.25),milestones=[4,34])", 1,
             [linear(0.5, 1, 4), cosine(30, 0.1), constant(0.25, 1000)], [4, 34], 60)
    sequence("sequence(cosine(2,0,9),cosine(2,0,9),cosine(2,0,9))", 2, [cosine(9), cosine(9), cosine(9)], [9, 18], 30)
    sequence("sequence(step(0.3,3,0.1),linear(0.1,0.3,8),milestones=[20])", 0.3,
             [step(3, 0.1), linear(1 / 3, 1, 8)], [20], 40)
    # ConstantLR itself: a share of the value for the first steps.
    for initial, factor, total in [(0.3, 1 / 3, 5), (1, 0.5, 10), (0.1, 0.1, 1), (0.1, 0.25, 40)]:
        expression = text("sequence", text("constant", initial * factor), text("constant", initial),
                          milestones=[total])
        curve(expression, initial, constant(factor, total), 60, [total])

    def product(expression, initial, parts, last, boundaries=()):
        make = lambda o: pytorch.ChainedScheduler([part(o) for part in parts])
        curve(expression, initial, make, last, boundaries)

    product("product(exponential(0.1,0.9),step(1,10,0.5))", 0.1, [exponential(0.9), step(10, 0.5)], 50, [10])
    product("product(linear(0.5,1,5),exponential(0.2,0.95))", 0.2, [linear(0.5, 1, 5), exponential(0.95)], 50, [5])
    product("product(constant(3),exponential(1,0.9),exponential(1,0.8))", 3, [exponential(0.9), exponential(0.8)], 25)


# --- curves that PyTorch hasn't ------------------------------------------------------------------


def cosine_between(high, low, x):
    return low + 0.5 * (high - low) * (1 + math.cos(math.pi * x))


def others():
    for initial, rate, steps, stair in [
        (0.1, 1, 1, False), (0.1, 0.5, 10, False), (0.1, 0.5, 10, True), (1, 0.01, 1, False), (2, 3, 7, True),
        (0.3, 0, 1, False), (1e-3, 0.1, 3, False),
    ]:
        f = lambda s: initial / (1 + rate * (s // steps if stair else s / steps))
        named = {"staircase": "true"} if stair else {}
        formula(text("inverse_time", initial, rate, steps, **named), f, 90, [steps, 2 * steps])
    formula("inverse_time(0.1,0.2)", lambda s: 0.1 / (1 + 0.2 * s), 30)
    for initial, end, total, power in [(0.1, 0.01, 20, 2), (1, 0.5, 33, 0.5), (0.1, 1, 9, 1), (0.2, 0.02, 100, 3)]:
        f = lambda s: (initial - end) * (1 - min(s, total) / total) ** power + end
        formula(text("polynomial", initial, end, total, power), f, total + 9, [total])

    def restarts(step, high, low, t_0, t_mult, decay):
        i, left, length = 0, step, t_0
        while left >= length:
            left, length, i = left - length, length * t_mult, i + 1
        return cosine_between(high * decay**i, low, left / length)

    for high, low, t_0, t_mult, decay in [
        (0.1, 0, 10, 1, 0.5), (0.1, 1e-3, 10, 2, 0.8), (1, 0.1, 1, 3, 0.9), (0.5, 0, 25, 1, 1.1),
    ]:
        f = lambda s: restarts(s, high, low, t_0, t_mult, decay)
        formula(text("warm_restarts", high, low, t_0, t_mult, decay), f, 130, [t_0, t_0 * (1 + t_mult)])
    for peak, warmup in [(1e-3, 4000), (0.1, 10), (1, 1), (0.05, 64), (0.3, 2)]:
        f = lambda s: peak * math.sqrt(warmup) * min((s + 1) ** -0.5, (s + 1) * warmup**-1.5)
        formula(text("inverse_sqrt", peak, warmup), f, 5 * warmup + 20, [warmup - 1])
    shapes = {
        "linear": lambda x: 1 - x, "cos": lambda x: (1 + math.cos(math.pi * x)) / 2,
        "sqrt": lambda x: 1 - math.sqrt(x),
    }
    for peak, warmup, stable, decay, start, end, shape in [
        (0.1, 10, 50, 20, 0, 0, "linear"), (0.1, 5, 20, 20, 0.01, 1e-3, "cos"), (1, 0, 10, 10, 0, 0.1, "sqrt"),
        (0.3, 8, 0, 30, 0, 0, "sqrt"), (0.3, 4, 9, 0, 0.1, 0.05, "linear"), (2, 0, 0, 12, 0, 1, "cos"),
        (0.1, 100, 700, 200, 0, 0, "linear"),
    ]:

        def f(s):
            if s < warmup:
                return (start * (warmup - s) + peak * s) / warmup
            if s < warmup + stable:
                return peak
            if s >= warmup + stable + decay:
                return end
            share = shapes[shape]((s - warmup - stable) / decay)
            return end * (1 - share) + peak * share

        named = {} if shape == "linear" else {"decay": shape}
        formula(text("warmup_stable_decay", peak, warmup, stable, decay, start, end, **named), f,
                warmup + stable + decay + 9, [warmup, warmup + stable, warmup + stable + decay])
    for points in [
        [(0, 0.1), (10, 1), (50, 0)], [(5, 0.3)], [(3, 1), (4, 0)], [(0, 0), (1, 1), (2, 0), (3, 1), (40, 0.5)],
        [(10, 2), (20, 2), (30, -1)], [(0, 0.05), (100, 0.01)],
    ]:

        def f(s):
            if s <= points[0][0]:
                return points[0][1]
            for (a, left), (b, right) in zip(points, points[1:]):
                if a <= s <= b:
                    return left * (b - s) / (b - a) + right * (s - a) / (b - a)
            return points[-1][1]

        formula(text("piecewise", [n for p in points for n in p]), f, points[-1][0] + 9, [p[0] for p in points])


def other_combinations():
    down = lambda s: 1 - min(s, 8) / 8
    formula("repeat(linear(1,0,8))", lambda s: down(s % 8), 30)
    formula("repeat(linear(1,0,8),5)", lambda s: down(s % 5), 30)
    formula("repeat(cosine(0.1,0,12),20)", lambda s: cosine_between(0.1, 0, s % 20 / 12), 90, [12, 20, 40])
    formula("repeat(sequence(linear(0,1,4),cosine(1,0,8)))",
            lambda s: s % 12 / 4 if s % 12 < 4 else cosine_between(1, 0, (s % 12 - 4) / 8), 50, [12, 24])
    formula("repeat(exponential(1,0.5),3)", lambda s: 0.5 ** (s % 3), 20)
    formula("scale(cosine(1,0,30),0.1)", lambda s: 0.1 * cosine_between(1, 0, s / 30), 70, [30])
    formula("scale(repeat(linear(1,0,8)),-2)", lambda s: -2 * down(s % 8), 30)
    formula("scale(step(1,4,0.5),3)", lambda s: 3 * 0.5 ** (s // 4), 30)
    formula("clamp(exponential(1,0.8),0.1,0.5)", lambda s: min(max(0.8**s, 0.1), 0.5), 30)
    formula("clamp(exponential(1,0.8),min=0.05)", lambda s: max(0.8**s, 0.05), 30)
    formula("clamp(cosine(1,-1,10),max=0.25)", lambda s: min(cosine_between(1, -1, s / 10), 0.25), 30)
    formula("clamp(constant(2),-1,1)", lambda s: 1.0, 5)
    formula("product(cosine(0.1,0,40),repeat(linear(1,0.5,10)))",
            lambda s: cosine_between(0.1, 0, s / 40) * (1 - 0.5 * (s % 10) / 10), 60, [10, 20, 40])
    formula("sequence(piecewise([0,0,6,1]),inverse_time(1,1))",
            lambda s: s / 6 if s < 6 else 1 / (1 + (s - 6)), 30)
    formula("sequence(linear(0,0.1,5),cosine(0.1,0,95))",
            lambda s: 0.1 * s / 5 if s < 5 else cosine_between(0.1, 0, (s - 5) / 95), 120, [5, 100])
    formula("sequence(constant(3))", lambda s: 3.0, 9)


# --- feedback ------------------------------------------------------------------------------------


def plateau(index, metrics, **given):
    options = dict(mode="min", factor=0.1, patience=10, threshold=1e-4, threshold_mode="rel", cooldown=0,
                   min_lr=0, eps=1e-8)
    options.update(given)
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = pytorch.ReduceLROnPlateau(optimizer, **options)
    rates = []
    for metric in metrics:
        scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    words = dict(options, mode=["min", "max"].index(options["mode"]),
                 threshold_mode=["rel", "abs"].index(options["threshold_mode"]))
    put(f"plateau.{index}.options", list(words.values()))
    put(f"plateau.{index}.metrics", metrics)
    put(f"plateau.{index}.rates", rates)


def plateaus():
    falling = [1 / (1 + i) for i in range(30)]
    flat = [1.0] * 40
    noisy = [round(2 / (1 + 0.2 * i) + random.uniform(-0.3, 0.3), 3) for i in range(60)]
    slow = [1 - 2e-5 * i for i in range(40)]
    nan = float("nan")
    cases = [
        (falling, {}), (flat, {}), (flat, dict(patience=3, factor=0.5)), (noisy, dict(patience=2, factor=0.5)),
        (noisy, dict(patience=1, cooldown=3, factor=0.7)), (flat, dict(patience=0, factor=0.5, min_lr=0.01)),
        (flat, dict(patience=1, cooldown=5)), ([-m for m in noisy], dict(mode="max", patience=2)),
        (noisy, dict(mode="max", patience=4, factor=0.9)), (slow, dict(patience=2)),
        (slow, dict(patience=2, threshold=0, factor=0.5)),
        (slow, dict(patience=2, threshold=1e-5, threshold_mode="abs", factor=0.5)),
        ([-m for m in slow], dict(patience=2, mode="max", threshold=3e-5, threshold_mode="abs", factor=0.5)),
        ([-m for m in noisy], dict(patience=2, factor=0.5)), (flat, dict(patience=0, eps=1e-3, factor=0.5)),
        ([1, nan, nan, 0.5, nan, nan, nan, nan, 0.4], dict(patience=1, factor=0.5)),
        ([nan, 1, 1, 1, 1], dict(patience=1, factor=0)), (flat, dict(patience=0, factor=0.1, eps=0)),
        ([float("inf"), 1, 2, 3, 0.5, 1, 1, 1], dict(patience=1, factor=0.5, cooldown=1)),
    ]
    for index, (metrics, given) in enumerate(cases):
        plateau(index, metrics, **given)


# --- the gallery of lesson 15 --------------------------------------------------------------------

gallery_lines = []


def hang(expression, values):
    assert len(values) == 100, expression
    gallery_lines.append(expression + ": " + " ".join("%.17g" % v for v in values))


def gallery():
    def of_pytorch(expression, initial, make, knob="lr", by_steps=False):
        scheduler = make(SGD([torch.zeros(1, requires_grad=True)], lr=initial, momentum=0.5))
        has_formula = hasattr(scheduler, "_get_closed_form_lr") and not by_steps
        hang(expression, closed(initial, make, 99) if has_formula else stepped(initial, make, 99, knob))

    def of_formula(expression, function):
        hang(expression, [function(s) for s in range(100)])

    of_pytorch("constant(0.1)", 0.1, lambda o: pytorch.ConstantLR(o, factor=1))
    of_pytorch("step(0.1, 25, 0.5)", 0.1, lambda o: pytorch.StepLR(o, 25, 0.5))
    of_pytorch("multistep(0.1, [30, 80], 0.3)", 0.1, lambda o: pytorch.MultiStepLR(o, [30, 80], 0.3))
    of_pytorch("exponential(0.1, 0.96)", 0.1, lambda o: pytorch.ExponentialLR(o, 0.96))
    of_formula("inverse_time(0.1, 1, 20)", lambda s: 0.1 / (1 + s / 20))
    of_pytorch("linear(0, 0.1, 20)", 0.1, lambda o: pytorch.LinearLR(o, 0, 1, 20))
    of_pytorch("polynomial(0.1, 0, 100, 2)", 0.1, lambda o: pytorch.PolynomialLR(o, 100, 2))
    of_pytorch("cosine(0.1, 0, 100)", 0.1, lambda o: pytorch.CosineAnnealingLR(o, 100))
    of_pytorch("warm_restarts(0.1, 0, 14, 2)", 0.1, lambda o: pytorch.CosineAnnealingWarmRestarts(o, 14, 2))
    of_pytorch("cyclic(0.01, 0.1, 10)", 0.1, lambda o: pytorch.CyclicLR(o, 0.01, 0.1, 10))
    of_pytorch("cyclic(0.01, 0.1, 10, mode=triangular2)", 0.1,
               lambda o: pytorch.CyclicLR(o, 0.01, 0.1, 10, mode="triangular2"))
    of_pytorch("cyclic(0.01, 0.1, 10, mode=exp_range, gamma=0.98)", 0.1,
               lambda o: pytorch.CyclicLR(o, 0.01, 0.1, 10, mode="exp_range", gamma=0.98))
    of_pytorch("cyclic_scaled(exponential(1, 0.7), 0.01, 0.1, 10)", 0.1,
               lambda o: pytorch.CyclicLR(o, 0.01, 0.1, 10, scale_fn=lambda cycle: 0.7**cycle, scale_mode="cycle"))
    one_cycle = lambda o: pytorch.OneCycleLR(o, 0.1, 100)
    of_pytorch("one_cycle(0.1, 100)", 0.1, one_cycle)
    of_pytorch("one_cycle(0.1, 100, three_phase=true)", 0.1, lambda o: pytorch.OneCycleLR(o, 0.1, 100, three_phase=True))
    of_pytorch("one_cycle_momentum(100)", 0.1, one_cycle, knob="momentum")
    of_formula("inverse_sqrt(0.1, 10)", lambda s: 0.1 * math.sqrt(10) * min((s + 1) ** -0.5, (s + 1) * 10**-1.5))
    of_formula("warmup_stable_decay(0.1, 10, 60, 30)",
               lambda s: 0.01 * s if s < 10 else 0.1 if s < 70 else 0.1 * (100 - s) / 30)
    points = [(0, 0.1), (10, 0.04), (40, 0.08), (100, 0)]
    of_formula("piecewise([0, 0.1, 10, 0.04, 40, 0.08, 100, 0])", lambda s: next(
        (left * (b - s) + right * (s - a)) / (b - a) for (a, left), (b, right) in zip(points, points[1:]) if s < b))
    of_formula("function()", lambda s: 0.05 + 0.05 * math.sin(s / 6) / (1 + s / 40))
    of_formula("sequence(linear(0, 0.1, 10), cosine(0.1, 0, 90))",
               lambda s: 0.01 * s if s < 10 else cosine_between(0.1, 0, (s - 10) / 90))
    of_pytorch("product(step(1, 25, 0.5), cosine(0.1, 0, 100))", 0.1, lambda o: pytorch.ChainedScheduler(
        [pytorch.StepLR(o, 25, 0.5), pytorch.CosineAnnealingLR(o, 100)]), by_steps=True)
    of_formula("repeat(linear(0.1, 0.02, 20))", lambda s: 0.1 - 0.08 * (s % 20) / 20)
    of_formula("scale(cosine(0.1, 0, 100), 0.5)", lambda s: cosine_between(0.05, 0, s / 100))
    of_formula("clamp(exponential(0.1, 0.95), 0.01)", lambda s: max(0.1 * 0.95**s, 0.01))


for family in (constants, decays, cosines, cycles, one_cycles, combinations, others, other_combinations):
    family()
plateaus()
gallery()
write()
with open(os.path.join(root, "lessons", "15-schedules", "reference.txt"), "w") as file:
    print(f"# PyTorch {torch.__version__}, float64, by scripts/golden_schedule.py: "
          "EXPRESSION: the values of steps 0 to 99", file=file)
    file.write("\n".join(gallery_lines) + "\n")
