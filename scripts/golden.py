"""What the scripts golden_*.py share: the files tests/golden/NAME.txt of tensors in float64, which tests/golden.h reads.
A line is one tensor:  name rank dims… : values…
"""
import os
import sys

import torch

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
lines = {}


def put(name, tensor):
    """A tensor, a number or a list of them."""
    assert len(name) <= 95 and name not in lines, name
    tensor = torch.as_tensor(tensor, dtype=torch.float64).detach()
    dims = " ".join(str(d) for d in (tensor.dim(), *tensor.shape))
    values = " ".join("%.17g" % v for v in tensor.reshape(-1).tolist())
    lines[name] = f"{name} {dims} : {values}"


def write():
    """Writes all that was put: golden_nn.py to tests/golden/nn.txt."""
    script = os.path.basename(sys.argv[0])
    path = os.path.join(root, "tests", "golden", script.removeprefix("golden_").removesuffix(".py") + ".txt")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"# PyTorch {torch.__version__}, float64, by scripts/{script}\n")
        file.write("\n".join(lines.values()) + "\n")
    print(f"{os.path.normpath(path)}: {len(lines)} tensors, {os.path.getsize(path)} bytes")
