#!/usr/bin/python3
"""Files in the .safetensors format, written and read by its specification alone
(https://github.com/huggingface/safetensors#format), with numpy and without our code.

scripts/golden_safetensors.py               writes tests/golden/*.safetensors and safetensors.txt:
    state_dict.safetensors  a small PyTorch network after three batches, its tensors in mixed types;
                            safetensors.txt has images and the logits that it makes of them
    dtypes.safetensors      a tensor of each type, with the numbers at the ends of its range
scripts/golden_safetensors.py --check FILE  whether FILE, written by our weights_save, holds the
    same network: names, shapes, types, numbers; and, where PyTorch is there, whether a strict
    load_state_dict takes it. Status 77: there is no numpy.
"""
import json
import os
import struct
import sys

try:
    import numpy as np
except ImportError:
    sys.exit(77)

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "golden")
TYPES = {"BOOL": "?", "U8": "u1", "F16": "<f2", "BF16": "<u2", "I32": "<i4", "F32": "<f4",
         "U64": "<u8", "I64": "<i8", "F64": "<f8"}


def write(name, tensors, metadata):
    """tensors: name → (type, array); BF16's array has the bits. They follow each other unpadded."""
    header, data = {"__metadata__": metadata}, b""
    for key, (dtype, array) in tensors.items():
        array = np.asarray(array, dtype=TYPES[dtype])
        header[key] = {"dtype": dtype, "shape": list(array.shape),
                       "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    with open(os.path.join(GOLDEN, name), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def unique(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), "a key is there twice"
    return dict(pairs)


def read(path):
    """name → (type, array); every rule of the specification is checked."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    text, data = content[8:8 + length], content[8 + length:]
    assert len(text) == length and text[:1] == b"{"
    header = json.loads(text.decode(), object_pairs_hook=unique)
    header.pop("__metadata__", None)
    tensors, end = {}, 0
    for key, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(entry) == {"dtype", "shape", "data_offsets"}, key
        begin, stop = entry["data_offsets"]
        assert begin == end, f"{key}: a hole or an overlap"
        array = np.frombuffer(data[begin:stop], TYPES[entry["dtype"]])
        tensors[key] = (entry["dtype"], array.reshape(entry["shape"]))
        end = stop
    assert end == len(data), "bytes behind the last tensor"
    return tensors


def wide(dtype, array):
    """Its numbers, exactly, in float64 (BOOL, U8 and the like as they are)."""
    if dtype == "BF16":
        array = (array.astype("<u4") << 16).view("<f4")
    return array.astype(np.float64) if dtype in ("F16", "BF16", "F32", "F64") else array


def network():
    from collections import OrderedDict
    from torch import nn
    features = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
                             nn.MaxPool2d(2))
    return nn.Sequential(OrderedDict(features=features, flatten=nn.Flatten(),
                                     classifier=nn.Linear(12, 4)))


def load_strictly(net, tensors):
    import torch
    net.load_state_dict({key: torch.from_numpy(np.array(wide(*tensor)))
                         for key, tensor in tensors.items()}, strict=True)


def line(name, array):
    array = np.asarray(array, np.float64)
    dims = " ".join(str(d) for d in (array.ndim, *array.shape))
    return f"{name} {dims} : " + " ".join("%.17g" % v for v in array.reshape(-1))


def write_state_dict():
    import torch
    torch.manual_seed(13)
    net = network()
    for _ in range(3):
        net(torch.randn(6, 2, 4, 4) * 2 + 1)
    types = {"features.0.weight": "F16", "features.0.bias": "BF16", "features.1.weight": "F64",
             "features.1.running_var": "BF16", "classifier.weight": "F64", "classifier.bias": "F16"}
    torch.nn.init.normal_(net.features[1].weight)
    torch.nn.init.normal_(net.features[1].bias)
    tensors = {}
    for key, tensor in net.state_dict().items():
        dtype = "I64" if key.endswith("num_batches_tracked") else types.get(key, "F32")
        if dtype == "BF16":
            array = tensor.to(torch.bfloat16).view(torch.int16).numpy().view("<u2")
        else:
            array = tensor.numpy().astype(TYPES[dtype])
        if dtype == "F64":
            array = array / 3  # more digits than a float has
        tensors[key] = (dtype, array)
    write("state_dict.safetensors", tensors, {"format": "pt"})
    net.double().eval()
    load_strictly(net, tensors)
    images = torch.randint(-256, 257, (5, 2, 4, 4)).double() / 64
    return [line("state_dict.images", images), line("state_dict.logits", net(images).detach())]


def write_dtypes():
    half = np.array([0, 0x8000, 1, 0x3FF, 0x400, 0x3C00, 0x3555, 0x7BFF, 0xFC00, 0x7C00, 0x7E01],
                    np.uint16).view(np.float16)
    bfloat = np.array([0, 0x8000, 1, 0x7F, 0x80, 0x3F80, 0x4049, 0x7F7F, 0xFF80, 0x7F80, 0x7FC1])
    single = np.array([0, -0.0, 2.0**-149, 2.0**-126, np.pi, 3.4028235e38, -np.inf, np.nan])
    # Of a float: ties to the even side, the ends of its range, ties there, its subnormal numbers.
    double = np.array([-0.0, 1 + 2.0**-24, 1 + 3 * 2.0**-24, 2.0**-149, 2.0**-150, 3 * 2.0**-150,
                       1e-46, -1e-40, 3.4028235677973362e38, 3.4028235677973366e38, -1e300, 5e-324,
                       np.inf, np.nan, np.pi])
    tensors = {"F16": half, "BF16": bfloat, "F32": single, "F64": double, "U8": [0, 1, 128, 255],
               "BOOL": [False, True], "I32": [-2**31, -1, 2**31 - 1],
               "I64": [-2**63, -1, 2**63 - 1], "U64": [0, 2**64 - 1]}
    typed = {key: (key, np.asarray(array, dtype=TYPES[key])) for key, array in tensors.items()}
    write("dtypes.safetensors", typed, {"note": "a tensor of each type, under its name"})
    lines = []
    for key in ("F16", "BF16", "F32", "F64"):
        numbers = wide(*typed[key])
        with np.errstate(all="ignore"):
            lines.append(line(f"float.{key}", numbers.astype(np.float32)))
        lines.append(line(f"double.{key}", numbers))
    return lines


def check(path):
    ours, theirs = read(path), read(os.path.join(GOLDEN, "state_dict.safetensors"))
    assert set(ours) == set(theirs), sorted(set(ours) ^ set(theirs))
    for key, (dtype, array) in ours.items():
        counts = key.endswith("num_batches_tracked")
        assert dtype == ("I64" if counts else "F32"), (key, dtype)
        wanted = wide(*theirs[key])
        assert array.shape == wanted.shape, (key, array.shape)
        assert counts or np.array_equal(array, wanted.astype(np.float32)), key
    try:
        load_strictly(network(), ours)
        print("a strict load_state_dict takes it")
    except ImportError:
        print("the same tensors; PyTorch isn't here to load them")


if sys.argv[1:2] == ["--check"]:
    check(sys.argv[2])
else:
    texts = write_state_dict() + write_dtypes()
    with open(os.path.join(GOLDEN, "safetensors.txt"), "w") as out:
        out.write("# scripts/golden_safetensors.py wrote this and the .safetensors files\n")
        out.write("\n".join(texts) + "\n")
