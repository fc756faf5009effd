"""Files of the five systems, built byte by byte from their tables, with what their networks answer by plain NumPy."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Built:
    """A file's name and bytes, rows for its network, and the answers that it gives."""

    name: str
    content: bytes
    x: Array
    answers: Array

    def put(self, folder: Path) -> Path:
        """Write the file."""
        path = folder / self.name
        path.write_bytes(self.content)
        return path


def softmax(z: Array) -> Array:
    e: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def relu(z: Array) -> Array:
    return np.asarray(np.maximum(z, 0))


def convolve(x: Array, w: Array, b: Array, stride: int = 1, padding: int = 0) -> Array:
    """Slide kernels (o, i, y, x) over images, window by window."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    k = w.shape[-1]
    rows, columns = ((size - k) // stride + 1 for size in x.shape[2:])
    out = np.empty((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return out


def pool(x: Array, size: int, stride: int) -> Array:
    rows, columns = ((length - size) // stride + 1 for length in x.shape[2:])
    out = np.empty((*x.shape[:2], rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[:, :, i, j] = x[:, :, i * stride : i * stride + size, j * stride : j * stride + size].max(axis=(2, 3))
    return out


def random(seed: int, dtype: str = "float32") -> Callable[..., Array]:
    rng = np.random.default_rng(seed)
    return lambda *shape: (0.5 * rng.standard_normal(shape)).astype(dtype)


def matrix(array: Array) -> list[Any]:
    """Write a matrix as RustNet does: shape, then numbers."""
    return [list(array.shape), array.reshape(-1).tolist()]


def rustnet(sizes: tuple[int, ...] = (3, 5, 4, 2)) -> Built:
    draw = random(1, "float64")
    layers, x = [], draw(6, sizes[0])
    y = x
    for i, (size, following) in enumerate(pairwise(sizes)):
        w, b = draw(size, following), draw(1, following)
        layers.append({"weights": matrix(w), "biases": matrix(b)})
        y = y @ w + b
        y = sigmoid(y) if i == len(sizes) - 2 else relu(y)
    return Built("model.json", json.dumps(layers, separators=(",", ":")).encode(), x, y)


def rustnet_cnn() -> Built:
    draw = random(2, "float64")
    kernel, bias, w, b, x = draw(2, 2), draw(1, 1), draw(9, 2), draw(1, 2), draw(4, 9, 8)
    data = {
        "input_shape": [9, 8],
        "conv": {"filter": matrix(kernel), "bias": matrix(bias), "stride": 2},
        "pool": {"size": 2, "stride": 1},
        "dense": {"weights": matrix(w), "biases": matrix(b)},
    }
    y = pool(relu(convolve(x[:, None], kernel[None, None], bias[0], stride=2)), 2, 1)
    return Built("cnn.json", json.dumps(data).encode(), x[:, None], sigmoid(y.reshape(4, -1) @ w + b))


def nd(array: Array) -> dict[str, Any]:
    """Write an array as ndarray's serde does."""
    return {"v": 1, "dim": list(array.shape), "data": [float(str(n)) for n in array.reshape(-1)]}


def rsnet(*, caches: bool = False, softmaxed: bool = True) -> Built:
    draw = random(3)
    k1, b1, k2, b2 = draw(3, 2, 3, 3), draw(3), draw(2, 3, 2, 2), draw(2)
    w, b, x = draw(8, 4), draw(4), draw(5, 2, 12, 12)
    cache = nd(draw(2, 2, 40)) if caches else None
    layers: list[Any] = [
        {
            "Conv": {
                "in_channels": 2,
                "out_channels": 3,
                "kernel_size": [3, 3],
                "stride": 1,
                "kernels_mat": nd(k1.reshape(3, 18)),
                "b": nd(b1),
                "last_input": cache,
                "k_grad": cache,
                "b_grad": cache,
            }
        },
        {"ReLU": {"last_input": cache}},
        {"Pool": {"pool_size": [2, 2], "last_input_max_mask": cache}},
        {
            "Conv": {
                "in_channels": 3,
                "out_channels": 2,
                "kernel_size": [2, 2],
                "stride": 1,
                "kernels_mat": nd(k2.reshape(2, 12)),
                "b": nd(b2),
                "last_input": cache,
                "k_grad": cache,
                "b_grad": cache,
            }
        },
        {"ReLU": {"last_input": cache}},
        {"Pool": {"pool_size": [2, 2], "last_input_max_mask": cache}},
        {"Flatten": {"last_input": cache}},
        {
            "FC": {
                "input_size": 8,
                "output_size": 4,
                "weights": nd(w),
                "bias": nd(b),
                "last_input": cache,
                "w_grad": cache,
                "b_grad": cache,
            }
        },
    ]
    y = pool(relu(convolve(x, k1, b1)), 2, 2)
    y = pool(relu(convolve(y, k2, b2)), 2, 2).reshape(5, -1) @ w + b
    if softmaxed:
        layers.append({"Softmax": {"last_output": cache}})
        y = softmax(y)
    return Built("checkpoint_7.json", json.dumps({"layers": layers}, indent=2).encode(), x, y)


def mlp(dtype: str = "<f4", sizes: tuple[int, int, int] = (784, 512, 10)) -> Built:
    draw = random(4, dtype)
    inputs, hidden, outputs = sizes
    w1, b1, w2, b2 = draw(inputs, hidden), draw(hidden), draw(hidden, outputs), draw(outputs)
    w1 /= 8
    content = struct.pack("<3i", *sizes) + b"".join(array.tobytes() for array in (w1, b1, w2, b2))
    x = np.abs(draw(3, inputs))
    return Built("mnist_model.bin", content, x, softmax(relu(x @ w1 + b1) @ w2 + b2))


def cnn() -> Built:
    draw = random(5)
    k, kb, w, b, x = draw(8, 1, 3, 3), draw(8), draw(1568, 10) / 8, draw(10), np.abs(draw(2, 1, 28, 28))
    content = struct.pack("<5i", 8, 1, 3, 28, 28) + k.tobytes() + kb.tobytes()
    content += struct.pack("<2i", 1568, 10) + w.tobytes() + b.tobytes()
    y = pool(relu(convolve(x, k, kb, padding=1)), 2, 2).reshape(2, -1) @ w + b
    return Built("mnist_cnn_model.bin", content, x, softmax(y))


def attention() -> Built:
    draw = random(6)
    shapes: dict[str, tuple[int, ...]] = {"patch": (16, 64), "pb": (64,), "pos": (49, 64)}
    shapes |= {"q": (64, 64), "qb": (64,), "k": (64, 64), "kb": (64,), "v": (64, 64), "vb": (64,)}
    shapes |= {"f1": (64, 128), "f1b": (128,), "f2": (128, 64), "f2b": (64,), "c": (64, 10), "cb": (10,)}
    p = {name: draw(*shape) / 4 for name, shape in shapes.items()}
    x = np.abs(draw(2, 1, 28, 28))
    tokens = np.array([[image[i : i + 4, j : j + 4].ravel() for i in range(0, 28, 4) for j in range(0, 28, 4)]
                       for image in x[:, 0]])  # fmt: skip
    t = relu(tokens @ p["patch"] + p["pb"] + p["pos"])
    q, k, v = (t @ p[name] + p[f"{name}b"] for name in "qkv")
    mixed = softmax(q @ k.transpose(0, 2, 1) / 8) @ v
    y = relu(mixed @ p["f1"] + p["f1b"]) @ p["f2"] + p["f2b"]
    content = b"".join(array.tobytes() for array in p.values())
    return Built("mnist_attention_model.bin", content, x, softmax(y.mean(axis=1) @ p["c"] + p["cb"]))


def nn_rs_tables(sizes: tuple[int, ...] = (4, 6, 5, 3)) -> tuple[dict[str, str], Array, list[tuple[Array, Array]]]:
    """Give nn-rs' files by their names, rows, and the weights."""
    draw = random(7)
    layers = [(draw(size, following), draw(following)) for size, following in pairwise(sizes)]
    files = {}
    for k, (w, b) in enumerate(layers):
        head = ",".join(f"w{k}_{j}" for j in range(w.shape[1]))
        files[f"w{k}.csv"] = "\n".join([head, *(",".join(map(str, row)) for row in w), ""])
        files[f"b{k}.csv"] = "\n".join([f"b{k}", *map(str, b), ""])
    return files, draw(6, sizes[0]), layers


BINARY: dict[str, Callable[[], Built]] = {
    "mlp": mlp,
    "mlp64": lambda: mlp("<f8", (20, 7, 3)),
    "cnn": cnn,
    "attention": attention,
}
TEXT: dict[str, Callable[[], Built]] = {
    "rustnet": rustnet,
    "one": lambda: rustnet((2, 1)),
    "rustnet-cnn": rustnet_cnn,
    "rsnet": rsnet,
    "caches": lambda: rsnet(caches=True),
    "values": lambda: rsnet(softmaxed=False),
}


@pytest.fixture
def build() -> Callable[[str], Built]:
    """Give what builds a file by its name."""
    return lambda name: (BINARY | TEXT)[name]()


@pytest.fixture
def tables() -> tuple[dict[str, str], Array, list[tuple[Array, Array]]]:
    """Give nn-rs' files, rows and weights."""
    return nn_rs_tables()


@pytest.fixture
def nn_rs_folder(tmp_path: Path) -> Path:
    """Write nn-rs' files."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name, text in nn_rs_tables()[0].items():
        (folder / name).write_text(text)
    return folder
