#!/usr/bin/python3
"""Writes tests/golden/operations.txt: what PyTorch says about each operation, in float64.

The format: golden.py.
Inputs are multiples of 1/64, so that the float and the double build read the same numbers.
Run it from anywhere: scripts/golden_operations.py
"""
import math

import torch
import torch.nn.functional as F

from golden import put, write

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)


def inputs(*shape):
    return (torch.randint(-160, 161, shape) / 64).requires_grad_()


def case(name, function, options=(), **tensors):
    """The tensors, y, dy, and the gradient of each tensor under the name d<its name>."""
    if options:
        put(f"{name}.options", list(options))
    for key, tensor in tensors.items():
        put(f"{name}.{key}", tensor)
    y = function(*tensors.values())
    dy = inputs(*y.shape).detach()
    put(f"{name}.y", y)
    put(f"{name}.dy", dy)
    y.backward(dy)
    for key, tensor in tensors.items():
        put(f"{name}.d{key}", tensor.grad)


def convolutions():
    # batch, in, h, w, out, kh, kw, stride, padding
    sizes = [
        (2, 2, 5, 6, 3, 3, 3, 1, 0),
        (1, 3, 4, 4, 2, 1, 1, 1, 0),
        (2, 1, 7, 6, 2, 3, 2, 2, 1),
        (9, 1, 4, 3, 2, 3, 3, 1, 1),
        (1, 2, 8, 5, 1, 5, 4, 3, 2),
        (2, 2, 3, 3, 2, 1, 1, 2, 1),
    ]
    for i, (n, c, h, w, out, kh, kw, stride, padding) in enumerate(sizes):
        case(
            f"conv2d.{i}",
            lambda x, weight, bias: F.conv2d(x, weight, bias, stride=stride, padding=padding),
            (stride, padding, 1),
            x=inputs(n, c, h, w),
            weight=inputs(out, c, kh, kw),
            bias=inputs(out),
        )


def same(x, kernel, stride):
    """Zeros around x as TensorFlow's padding SAME has them: the smaller half comes first."""
    sides = []
    for size, k in ((x.shape[3], kernel[1]), (x.shape[2], kernel[0])):
        zeros = max((-(-size // stride) - 1) * stride + k - size, 0)
        sides += [zeros // 2, zeros - zeros // 2]
    return F.pad(x, sides)


SAME = -1  # in the file; -1 is no padding of ours or of PyTorch's


def more_convolutions(first):
    # batch, in, h, w, out, kh, kw, stride, padding, groups
    sizes = [
        (2, 4, 5, 6, 6, 3, 3, 1, 1, 2),
        (2, 3, 6, 5, 3, 3, 3, 2, 1, 3),
        (1, 2, 5, 4, 6, 3, 2, 1, 0, 2),
        (9, 6, 3, 2, 3, 1, 1, 1, 0, 3),
        (2, 2, 5, 7, 3, 3, 3, 1, SAME, 1),
        (1, 1, 4, 5, 2, 2, 4, 1, SAME, 1),
        (2, 2, 6, 8, 3, 3, 3, 2, SAME, 1),
        (2, 2, 7, 5, 3, 3, 3, 2, SAME, 1),
        (1, 1, 7, 8, 2, 2, 1, 3, SAME, 1),
        (2, 4, 8, 7, 4, 3, 3, 2, SAME, 4),
    ]
    for i, (n, c, h, w, out, kh, kw, stride, padding, groups) in enumerate(sizes, first):
        case(
            f"conv2d.{i}",
            lambda x, weight, bias: F.conv2d(same(x, (kh, kw), stride), weight, bias, stride, 0, 1, groups)
            if padding == SAME
            else F.conv2d(x, weight, bias, stride, padding, 1, groups),
            (stride, padding, groups),
            x=inputs(n, c, h, w),
            weight=inputs(out, c // groups, kh, kw),
            bias=inputs(out),
        )


def transposed_convolutions():
    # batch, in, h, w, out, kh, kw, stride, padding, output_padding, groups
    sizes = [
        (2, 3, 4, 5, 2, 3, 3, 1, 0, 0, 1),
        (2, 4, 1, 1, 3, 4, 4, 1, 0, 0, 1),
        (2, 3, 4, 3, 2, 4, 4, 2, 1, 0, 1),
        (1, 2, 3, 4, 3, 3, 3, 2, 1, 1, 1),
        (9, 2, 3, 2, 1, 2, 3, 3, 2, 2, 1),
        (2, 2, 3, 3, 2, 1, 1, 3, 0, 2, 1),
        (2, 4, 3, 4, 6, 3, 2, 2, 1, 1, 2),
        (1, 3, 4, 4, 3, 3, 3, 2, 1, 1, 3),
        (2, 3, 2, 5, 2, 1, 1, 1, 0, 0, 1),
    ]
    for i, (n, c, h, w, out, kh, kw, stride, padding, output_padding, groups) in enumerate(sizes):
        case(
            f"conv_transpose2d.{i}",
            lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups),
            (stride, padding, output_padding, groups),
            x=inputs(n, c, h, w),
            weight=inputs(c, out // groups, kh, kw),
            bias=inputs(out),
        )


def relu6():
    x = inputs(3, 9).detach() * 4
    x[0, :4] = torch.tensor([0.0, 6, -1, 7])
    x[1, :2] = torch.tensor([math.inf, -math.inf])  # no NaN: PyTorch has two gradients for it
    case("relu6.0", F.relu6, x=x.requires_grad_())


def pools():
    # few different values, so that there are ties
    for i, (h, w, kernel, stride, padding) in enumerate(
        [(4, 6, 2, 2, 0), (5, 7, 3, 1, 1), (7, 5, 3, 2, 1), (6, 5, 2, 3, 0), (5, 5, 5, 5, 2)]
    ):
        x = (torch.randint(-3, 4, (2, 2, h, w)) / 2).requires_grad_()
        case(
            f"max_pool2d.{i}",
            lambda x: F.max_pool2d(x, kernel, stride=stride, padding=padding),
            (kernel, stride, padding),
            x=x,
        )
        case(
            f"avg_pool2d.{i}",
            lambda x: F.avg_pool2d(x, kernel, stride=stride, padding=padding),
            (kernel, stride, padding),
            x=inputs(2, 2, h, w),
        )


def special_maxima():
    nan, inf = float("nan"), float("inf")
    x = torch.tensor([[[[1.0, nan, 2, 2], [nan, 5, -1, 2], [-inf, -inf, 1, inf], [-inf, -inf, inf, nan]]]])
    case("max_pool2d.special", lambda x: F.max_pool2d(x, 2), x=x.requires_grad_())


def norms():
    for i, (shape, momentum, eps) in enumerate(
        [((4, 3), 0.1, 1e-5), ((3, 2, 3, 2), 0.1, 1e-5), ((1, 3, 2, 2), 0.25, 1e-3), ((2, 2), 1.0, 0.1)]
    ):
        for mode in ("training", "evaluation"):
            name = f"batch_norm.{mode}.{i}"
            mean = inputs(shape[1]).detach()
            var = inputs(shape[1]).detach().abs() + 0.25
            put(f"{name}.mean_before", mean)
            put(f"{name}.var_before", var)
            case(
                name,
                lambda x, weight, bias: F.batch_norm(
                    x, mean, var, weight, bias, mode == "training", momentum, eps
                ),
                (momentum, eps),
                x=inputs(*shape),
                weight=inputs(shape[1]),
                bias=inputs(shape[1]),
            )
            put(f"{name}.mean_after", mean)
            put(f"{name}.var_after", var)


def constant_channel():
    """eps 0 and a variance of 0."""
    x = inputs(4, 3).detach()
    x[:, 1] = 3
    mean, var = torch.zeros(3), torch.ones(3)
    put("batch_norm.constant.mean_before", mean)
    put("batch_norm.constant.var_before", var)
    case(
        "batch_norm.constant",
        lambda x, weight, bias: F.batch_norm(x, mean, var, weight, bias, True, 0.1, 0),
        (0.1, 0),
        x=x.requires_grad_(),
        weight=inputs(3),
        bias=inputs(3),
    )
    put("batch_norm.constant.mean_after", mean)
    put("batch_norm.constant.var_after", var)


def leaks_of_what_is_not_finite():
    for i, slope in enumerate((0.0, 0.2, 2.0)):
        x = torch.cat([torch.tensor([math.nan, math.inf, -math.inf, 0.0]), inputs(7).detach()])
        case(f"leaky_relu.{i + 1}", lambda x: F.leaky_relu(x, slope), (slope,), x=x.requires_grad_())


def others():
    case("linear.0", F.linear, x=inputs(3, 5), weight=inputs(4, 5), bias=inputs(4))
    case("linear.1", F.linear, x=inputs(1, 7), weight=inputs(2, 7), bias=inputs(2))
    x = inputs(3, 9).detach()
    x[0, 0] = 0
    x[1, :4] = torch.tensor([40.0, -40, 800, -800])
    for name, function in (
        ("relu", F.relu),
        ("hyperbolic_tangent", torch.tanh),
        ("sigmoid", torch.sigmoid),
    ):
        case(f"{name}.0", function, x=x.clone().requires_grad_())
    case("leaky_relu.0", lambda x: F.leaky_relu(x, 0.2), (0.2,), x=x.clone().requires_grad_())
    case("mean.0", lambda x: x.mean().reshape(1), x=inputs(3, 5))


convolutions()
pools()
special_maxima()
norms()
others()
more_convolutions(6)
transposed_convolutions()
relu6()
constant_channel()
leaks_of_what_is_not_finite()
write()
