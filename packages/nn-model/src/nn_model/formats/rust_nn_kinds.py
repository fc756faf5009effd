"""What Rust-Neural-Networks' `.bin` files hold, byte by byte: which of the three by the size, and the arrays' order."""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nn_layers import (
    Conv2D,
    Dense,
    Flatten,
    Glorot,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    SelfAttention,
)
from nn_model.arrays import Array
from nn_model.formats.border import F32, F64
from nn_model.formats.structure import Part

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ATTENTION", "FIELDS", "attention", "kind_of"]

INIT = Glorot("uniform")
ATTENTION = 135_720
"""Bytes of an attention network's file."""

Field = tuple[str, Array | bytes]


class Kind(NamedTuple):
    """What a file holds, as its first bytes and its size say: layers, their input, and what numbers, and how many."""

    name: str
    layers: list[Propagate]
    input_shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    numbers: int


def kind_of(head: bytes, size: int) -> Kind | None:
    """Tell what a file of this size is by its first 20 bytes; `None`: none of the three."""
    return _mlp(head, size) or _cnn(head, size) or (attention() if size == ATTENTION else None)


def _sizes(head: bytes, count: int) -> tuple[int, ...] | None:
    """Read so many sizes, each at least 1."""
    if len(head) < 4 * count:
        return None
    sizes = struct.unpack_from(f"<{count}i", head)
    return sizes if min(sizes) > 0 else None


def _mlp(head: bytes, size: int) -> Kind | None:
    if (sizes := _sizes(head, 3)) is None:
        return None
    inputs, hidden, outputs = sizes
    count = (inputs + 1) * hidden + (hidden + 1) * outputs
    if size not in (12 + 4 * count, 12 + 8 * count):
        return None
    layers: list[Propagate] = [Dense(inputs, hidden, INIT), ReLU(), Dense(hidden, outputs, INIT)]
    return Kind("mlp", layers, (inputs,), F32 if size == 12 + 4 * count else F64, count)


def _cnn(head: bytes, size: int) -> Kind | None:
    if (sizes := _sizes(head, 5)) is None:
        return None
    outputs, inputs, kernel, height, width = sizes
    conv = outputs * (inputs * kernel**2 + 1)
    features = outputs * ((height + 3 - kernel) // 2) * ((width + 3 - kernel) // 2)
    classes, rest = divmod(size - 28 - 4 * conv, 4 * (features + 1)) if features > 0 else (0, 0)
    if min(height, width) + 3 - kernel < 2 or classes < 1 or rest:
        return None
    layers: list[Propagate] = [Conv2D(inputs, outputs, kernel, padding=1, init=INIT), ReLU(), MaxPool2D(2), Flatten()]
    layers.append(Dense(features, classes, INIT))
    count = conv + (features + 1) * classes
    return Kind("cnn", layers, (inputs, height, width), F32, count)


def attention() -> Kind:
    """Give the one attention network."""
    layers: list[Propagate] = [Patches(4), Dense(16, 64, INIT), PositionalEncoding(), ReLU()]
    layers += [SelfAttention(64, init=INIT), Dense(64, 128, INIT), ReLU(), Dense(128, 64, INIT)]
    layers += [MeanTokens(), Dense(64, 10, INIT)]
    return Kind("attention", layers, (1, 28, 28), F32, ATTENTION // 4)


def _mlp_fields(parts: Sequence[Part]) -> Iterator[Field]:
    hidden, output = parts[0].arrays, parts[2].arrays
    yield "sizes", struct.pack("<3i", *hidden["w"].shape, output["w"].shape[1])
    yield from _linear("hidden", hidden)
    yield from _linear("output", output)


def _cnn_fields(parts: Sequence[Part]) -> Iterator[Field]:
    conv, fc = parts[0].arrays, parts[4].arrays
    yield "sizes", struct.pack("<5i", *conv["w"].shape[:3], *parts[0].in_shape[1:])
    yield from _linear("conv", conv)
    yield "fc sizes", struct.pack("<2i", *fc["w"].shape)
    yield from _linear("fc", fc)


def _attention_fields(parts: Sequence[Part]) -> Iterator[Field]:
    yield from _linear("patch", parts[1].arrays)
    yield "positions", parts[2].arrays["w"]
    w, b = parts[4].arrays["w"], parts[4].arrays["b"]
    for i, name in enumerate(("query", "key", "value")):
        columns = slice(64 * i, 64 * (i + 1))
        yield from _linear(name, {"w": w[:, columns], "b": b[columns]})
    for name, place in (("ff1", 5), ("ff2", 7), ("classes", 9)):
        yield from _linear(name, parts[place].arrays)


def _linear(name: str, arrays: dict[str, Array]) -> Iterator[Field]:
    yield f"{name} W", arrays["w"]
    yield f"{name} b", arrays["b"]


FIELDS: dict[str, Callable[[Sequence[Part]], Iterator[Field]]] = {
    "mlp": _mlp_fields,
    "cnn": _cnn_fields,
    "attention": _attention_fields,
}
