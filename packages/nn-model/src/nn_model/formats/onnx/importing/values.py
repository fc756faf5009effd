"""What stands for an array while a graph is worked out: a constant, or numbers that come of the input."""

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from nn_layers import Propagate
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.graph import Node

__all__ = ["Given", "Known", "Made", "Monomial", "Raw", "Rows", "Solid", "Sum", "Value", "natural", "size_of"]


@dataclass(frozen=True, slots=True)
class Known:
    """A constant.

    Attributes
    ----------
    array
        Its numbers.
    varies
        Where they depend on the number of rows, as the first of an array's sizes does; `None`: nowhere.
    """

    array: Array
    varies: Array | None = None

    @property
    def shape(self) -> Shape:
        """Its shape."""
        shape: Shape = self.array.shape
        return shape

    @property
    def fixed(self) -> bool:
        """Whether no number depends on the number of rows."""
        return self.varies is None or not self.varies.any()


# Compared by identity: the same operator on the same value twice is two of them, and never taken for one.
@dataclass(frozen=True, eq=False, slots=True)
class Given:
    """The input, with its axes in another order if `order` says where each number of a row stood."""

    shape: Shape
    order: Array | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Made:
    """What a layer gives: the layer, its arrays by name, what it works on, and for a residual block what is inside.

    `nested` is how deep blocks lie in each other in it.
    """

    layer: Propagate
    source: "Given | Made"
    shape: Shape
    arrays: dict[str, Array] = field(default_factory=dict)
    inside: "tuple[Made, ...]" = ()
    nested: int = 0


Monomial = frozenset[tuple["Solid", int]]
"""A product of powers."""


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """Products of powers of other things, each times a constant, which has as many axes as a row."""

    terms: dict[Monomial, Array]
    shape: Shape
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class Raw:
    """What an operator gives that no layer does by itself, but that may be part of what one does."""

    kind: str
    args: "tuple[Rows, ...]"
    shape: Shape
    node: Node
    note: tuple[int, ...] = ()


Solid = Given | Made | Sum | Raw


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """Numbers that come of the input.

    Attributes
    ----------
    source
        What was computed.
    index
        Where each number stands in it, by one number from 0; its shape is the array's. `None`: as it is.
    whole
        Whether they are whole numbers, of which nothing is computed before they are cast.
    """

    source: Solid
    index: Array | None = None
    whole: bool = False

    @property
    def shape(self) -> Shape:
        """The array's shape, for the number of rows that the graph is worked out for."""
        return self.source.shape if self.index is None else self.index.shape


Value = Known | Rows


def size_of(shape: Shape) -> int:
    """Count the numbers of an array."""
    return prod(shape)


def natural(rows: Rows) -> bool:
    """Whether the numbers stand in the order in which they were computed."""
    i: Any = rows.index
    if i is None or i.size != size_of(rows.source.shape):
        return i is None
    return np.array_equal(i.reshape(-1), np.arange(i.size, dtype=i.dtype))
