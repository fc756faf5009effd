"""One node while it is worked out: what its operator's function sees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing.blaming import blame
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.graph import Attributes, Node, refusal
from nn_model.formats.onnx.importing.values import Known, Made, Rows, Value

__all__ = ["NO_LAYER", "Operator", "Site"]

NO_LAYER = "no layer does this, and it is no part of a formula that one does"
MOVED = "its input is reshaped or reordered in a way that no layer does"


@dataclass(frozen=True, slots=True)
class Site:
    """One node: its values, its attributes, and what is known of the graph."""

    node: Node
    args: tuple[Value | None, ...]
    attributes: Attributes
    builder: Builder

    @property
    def opset(self) -> int:
        """The version of ONNX's operators."""
        return self.builder.opset

    def refuse(self, reason: str) -> OnnxError:
        """Give the error that names this node."""
        return refusal(self.node, reason)

    def value(self, place: int) -> Value:
        """Give an input that must be there."""
        found = self.args[place] if place < len(self.args) else None
        if found is None:
            raise self.refuse(f"input {place} is missing")
        return found

    def rows(self, place: int = 0) -> Rows:
        """Give an input that comes of the network's input; if a layer moved its numbers, as that layer's output."""
        found = self.value(place)
        if not isinstance(found, Rows):
            raise self.refuse(f"input {place} is a constant, and a layer works on what comes of the input")
        if found.whole:
            raise self.refuse("it computes with whole numbers; cast the input to float first")
        moved = None if found.index is None else self.builder.settled(found, reorder=False)
        return found if moved is None else Rows(moved)

    def has(self, place: int) -> bool:
        """Whether an optional input is there."""
        return place < len(self.args) and self.args[place] is not None

    def known(self, place: int, what: str) -> Array:
        """Give an input that must be constant: weights, sizes, axes."""
        found = self.value(place)
        if not isinstance(found, Known):
            raise self.refuse(f"{what} come of the input; layers have constant ones")
        if not found.fixed:
            raise self.refuse(f"{what} depend on the number of rows, and a network treats every row alike")
        return found.array

    def numbers(self, place: int, what: str, *shape: int) -> Array:
        """Give constant weights of a shape."""
        found = self.known(place, what)
        if found.dtype.kind != "f" or (shape and found.shape != shape):
            wanted = f" of shape {shape}" if shape else ""
            raise self.refuse(f"{what} must be numbers{wanted}; found {found.dtype} of shape {found.shape}")
        return found

    def scalar(self, place: int, what: str) -> float:
        """Give one constant number."""
        found = self.numbers(place, what)
        if found.size != 1:
            raise self.refuse(f"{what} must be one number; found {found.size}")
        return float(found.reshape(-1)[0])

    def sizes(self, place: int, name: str, default: list[int] | None = None) -> list[int] | None:
        """Give whole numbers that newer operators have as an input, and older ones as an attribute."""
        listed = self.attributes.listed(name)
        if listed is None and self.has(place):
            listed = self.known(place, name).reshape(-1).tolist()
        if listed is not None and not all(isinstance(n, int) for n in listed):
            raise self.refuse(f"{name} must be whole numbers; found {listed[:9]}")
        return default if listed is None else listed

    def axis(self, axis: int, rank: int) -> int:
        """Give an axis counted from the left."""
        if not -rank <= axis < rank:
            raise self.refuse(f"axis {axis} is none of an array of {rank} axes")
        return axis % rank

    def joint(self, *shapes: Shape) -> Shape:
        """Give the shape of arrays that are worked out number by number."""
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            raise self.refuse(f"shapes {' and '.join(map(str, shapes))} do not fit each other") from None

    def like(self, layer: Any, rows: Rows) -> Rows:
        """Put a layer that treats every number alike behind these."""
        return self.builder.alike(layer, rows, self.node)

    def layer(self, made: Made | None, rows: Rows, reason: str = MOVED) -> Rows:
        """Give a layer's output, which must have been possible for these rows."""
        if made is None:
            raise self.unlike(rows, reason)
        return Rows(made)

    def unlike(self, rows: Rows, reason: str = MOVED) -> OnnxError:
        """Give the error for rows that no layers give: it names the node that is at fault, if it is not this one."""
        node = blame(rows, self.builder)
        return self.refuse(reason) if node is None else refusal(node, NO_LAYER)


Operator = Callable[[Site], Value | tuple[Value | None, ...]]
"""Works out one node; outputs that it does not give, or gives as `None`, cannot be read."""
