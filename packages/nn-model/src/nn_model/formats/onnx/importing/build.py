"""Where a graph becomes layers: what was found so far, and how values become what a layer gives."""

from dataclasses import dataclass, field, replace
from itertools import product

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
    Propagate,
    ReLU,
    Sigmoid,
    Standardize,
    Tanh,
)
from nn_layers.kernels import patches
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing import forms
from nn_model.formats.onnx.importing.folding import folded, spread
from nn_model.formats.onnx.importing.graph import Node
from nn_model.formats.onnx.importing.sums import affine, content
from nn_model.formats.onnx.importing.values import MAX_ROW, Given, Made, Raw, Rows, Solid, Sum, natural, size_of
from nn_model.formats.onnx.importing.views import index_of, is_order, perm_of

__all__ = ["Builder", "Layered"]

BY_NUMBER = ELU | GELU | SELU | Dropout | LeakyReLU | ReLU | Sigmoid | Standardize | Tanh
"""Layers that treat every number by itself, with constants of its own at most."""
Layered = Given | Made
"""What a chain of layers gives."""


@dataclass(slots=True)
class Builder:
    """What is known of one graph while it is worked out.

    Attributes
    ----------
    rows
        The number of rows that it is worked out for.
    opset
        The version of ONNX's operators.
    open
        Whether the graph takes any number of rows.
    classes
        The classes' names, if a node says them.
    found
        What was already found to be layers.
    moved
        What was already found of numbers that are moved.
    shared
        What several nodes read.
    """

    rows: int
    opset: int
    open: bool = True
    classes: list[str] | list[int] | None = None
    found: "dict[object, Layered | None]" = field(default_factory=dict)
    moved: "dict[object, Layered | None]" = field(default_factory=dict)
    shared: set[Solid] = field(default_factory=set)

    def layered(self, solid: Solid) -> "Layered | None":
        """Give a thing as what layers give; `None` if none do."""
        if isinstance(solid, Given | Made):
            return solid
        if isinstance(solid, Raw):
            return None
        key = content(solid)
        if key not in self.found:
            self.found[key] = forms.layered(solid, self.layered, fold=not self._is_shared(solid))
        return self.found[key]

    def settled(self, rows: Rows, *, reorder: bool = True) -> "Layered | None":
        """Give rows as what layers give, their shape and order included; `None` if no layer moves them so.

        Without `reorder` the input keeps its axes.
        """
        base = self.layered(rows.source)
        if base is None or rows.shape[:1] != (self.rows,):
            return None
        if natural(rows) and rows.shape == base.shape:
            return base
        if reorder and (kept := self.settled(rows, reorder=False)) is not None:
            return kept  # one thing, whoever asks: a residual block begins and ends with it
        key = reorder, base, rows.shape, None if natural(rows) else index_of(rows).tobytes()
        if key not in self.moved:
            self.moved[key] = _moved(rows, base, reorder=reorder)
        return self.moved[key]

    def made(self, layer: Propagate, rows: Rows, shape: Shape, node: Node, **arrays: Array) -> "Made | None":
        """Put a layer behind rows that layers can give."""
        source = self.settled(rows)
        return None if source is None else make(layer, source, shape, node, **arrays)

    def alike(self, layer: Propagate, rows: Rows, node: Node) -> Rows:
        """Put a layer that treats every number alike behind what was computed, whatever the order of its numbers."""
        source = self.layered(rows.source)
        if source is None:
            flat = Rows(rows.source)
            return Rows(Raw(type(layer).__name__, (flat,), flat.shape, node), rows.index)
        return Rows(make(layer, source, source.shape, node), rows.index)

    def simple(self, solid: Solid) -> Solid:
        """Give what arithmetic gave as a layer at once, where it is a whole formula, or only moves a layer's bias."""
        if not isinstance(solid, Sum):
            return solid
        made = forms.formula(solid, self.layered)
        return made or (solid if self._is_shared(solid) else folded(solid, new_bias=True))

    def _is_shared(self, solid: Sum) -> bool:
        """Whether what a sum multiplies and shifts is read elsewhere too: a residual block may begin there."""
        parts = affine(solid.terms)
        return parts is not None and parts[0] in self.shared


def make(layer: Propagate, source: "Layered", shape: Shape, node: Node, **arrays: Array) -> Made:
    """Put a layer behind another, if its output has a size that a computer can hold."""
    if not 0 < size_of(shape[1:]) <= MAX_ROW:
        raise OnnxError(f"{node.title}: it gives {size_of(shape[1:]):,} numbers a row; 1 to {MAX_ROW:,} are possible")
    return Made(layer, source, shape, arrays)


def _moved(rows: Rows, base: "Layered", *, reorder: bool) -> "Layered | None":
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


def _reordered(rows: Rows, perm: Array, base: "Layered") -> "Layered | None":
    """Let the input have another shape and order, if between it and these numbers none meets another."""
    if isinstance(base, Given):
        usual = base.order is None and _is_usual(perm, base.shape[1:], rows.shape[1:])
        return Given(rows.shape, perm) if usual else None
    source = _reordered(rows, perm, base.source) if isinstance(base.layer, BY_NUMBER) else None
    if source is None:
        return None
    row = base.shape[1:]
    arrays = {name: spread(a, row).reshape(-1)[perm].reshape(rows.shape[1:]) for name, a in base.arrays.items()}
    return replace(base, source=source, shape=rows.shape, arrays=arrays)


def _is_usual(perm: Array, old: Shape, new: Shape) -> bool:
    """Whether the input is only given another shape, or images the channels first that had them last."""
    order = np.arange(perm.size)
    last = len(old) == 3 and new == (old[2], *old[:2])
    if last and np.array_equal(perm, order.reshape(old).transpose(2, 0, 1).reshape(-1)):
        return True
    return np.array_equal(perm, order)


def _patches(shape: Shape, perm: Array, base: "Layered", *, least: int) -> Made | None:
    """Find images cut into patches, flattened or not, by trying all sizes that divide them.

    Flattened patches of `least` 1 pixel are channels last, which weights behind them take over if there are any.
    """
    if len(base.shape) != 4 or len(shape) not in (2, 3):
        return None
    count, channels, height, width = base.shape
    numbers = np.arange(perm.size).reshape(1, *base.shape[1:])
    for p, q in product(_divisors(height), _divisors(width)):
        tokens = count, height // p * (width // q), channels * p * q
        if p * q < least or shape not in (tokens, (count, perm.size)):
            continue
        cut = np.empty((1, *tokens[1:]), numbers.dtype)
        patches.forward(numbers, (p, q), cut)
        if np.array_equal(cut.reshape(-1), perm):
            made = Made(Patches((p, q) if p != q else p), base, tokens)
            return made if shape == tokens else Made(Flatten(), made, shape)
    return None


def _divisors(n: int) -> list[int]:
    return [k for k in range(1, n + 1) if n % k == 0]


def nothing(source: Given) -> Made:
    """Give a layer that changes nothing: a network has at least one."""
    return Made(Dropout(0.0), source, source.shape)
