"""Layers that only move numbers: Flatten, Patches, and the input in another shape and order."""

from dataclasses import replace
from itertools import product
from math import isqrt

import numpy as np

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AvgPool2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LeakyReLU,
    Patches,
    ReLU,
    Sigmoid,
    Standardize,
    Tanh,
)
from nn_layers.kernels import patches
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.budget import LAYER, spend
from nn_model.formats.onnx.importing.folding import spread
from nn_model.formats.onnx.importing.values import Given, Made, Rows, natural
from nn_model.formats.onnx.importing.views import is_order, perm_of

__all__ = ["Layered", "moved"]

BY_NUMBER = ELU | GELU | SELU | Dropout | LeakyReLU | ReLU | Sigmoid | Standardize | Tanh
"""Layers that treat every number by itself, with constants of its own at most."""
Layered = Given | Made
"""What a chain of layers gives."""
COST = 64
"""What a layer costs by itself, in numbers."""


def moved(rows: Rows, base: Layered, *, reorder: bool) -> Layered | None:
    """Find the layer that moves numbers so: Flatten, Patches, or another shape and order of the input."""
    if natural(rows) and len(rows.shape) == 2:
        return Made(Flatten(), base, rows.shape)
    if isinstance(base, Made) and isinstance(base.layer, GlobalAvgPool2D) and rows.shape == (*base.shape, 1, 1):
        down, right = base.source.shape[2:]
        return Made(AvgPool2D((down, right)), base.source, rows.shape)
    perm = perm_of(rows)
    if perm is None or not is_order(perm, base.shape[1:]):
        return None
    cut = _patches(rows.shape, perm, base, least=1 if reorder or len(rows.shape) == 3 else 2)
    return cut or (_reordered(rows, perm, base) if reorder else None)


def _reordered(rows: Rows, perm: Array, base: Layered) -> Layered | None:
    """Let the input have another shape and order, if between it and these numbers none meets another."""
    between: list[Made] = []
    while isinstance(base, Made) and isinstance(base.layer, BY_NUMBER):
        between.append(base)
        base = base.source
    spend(COST * len(between))
    usual = isinstance(base, Given) and base.order is None and _is_usual(perm, base.shape[1:], rows.shape[1:])
    if not usual:
        return None
    end: Layered = Given(rows.shape, perm)
    for made in reversed(between):
        spend(LAYER * perm.size * len(made.arrays))
        row = made.shape[1:]
        arrays = {name: spread(a, row).reshape(-1)[perm].reshape(rows.shape[1:]) for name, a in made.arrays.items()}
        end = replace(made, source=end, shape=rows.shape, arrays=arrays)
    return end


def _is_usual(perm: Array, old: Shape, new: Shape) -> bool:
    """Whether the input is only given another shape, or images the channels first that had them last."""
    order = np.arange(perm.size)
    last = len(old) == 3 and new == (old[2], *old[:2])
    if last and np.array_equal(perm, order.reshape(old).transpose(2, 0, 1).reshape(-1)):
        return True
    return np.array_equal(perm, order)


def _patches(shape: Shape, perm: Array, base: Layered, *, least: int) -> Made | None:
    """Find images cut into patches, flattened or not, by trying all sizes that divide them.

    Flattened patches of `least` 1 pixel are channels last, which weights behind them take over if there are any.
    """
    if len(base.shape) != 4 or len(shape) not in (2, 3):
        return None
    count, channels, height, width = base.shape
    numbers = np.arange(perm.size).reshape(1, *base.shape[1:])
    for p, q in product(_divisors(height), _divisors(width)):
        size = channels * p * q
        tokens = count, height // p * (width // q), size
        if p * q < least or shape not in (tokens, (count, perm.size)):
            continue
        if not np.array_equal(_cut(numbers[:, :, :p, :q], p, q), perm[:size]):
            continue
        if np.array_equal(_cut(numbers, p, q), perm):
            made = Made(Patches((p, q) if p != q else p), base, tokens)
            return made if shape == tokens else Made(Flatten(), made, shape)
    return None


def _cut(numbers: Array, p: int, q: int) -> Array:
    """Cut one image into patches, one after the other."""
    made = np.empty((1, numbers.size // (numbers.shape[1] * p * q), numbers.shape[1] * p * q), numbers.dtype)
    patches.forward(np.ascontiguousarray(numbers), (p, q), made)
    return made.reshape(-1)


def _divisors(n: int) -> list[int]:
    small = [k for k in range(1, isqrt(n) + 1) if n % k == 0]
    return sorted({*small, *(n // k for k in small)})
