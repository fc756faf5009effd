"""Where a graph becomes layers: what was found so far, and how values become what a layer gives."""

from dataclasses import dataclass, field

from nn_layers import Dropout, Propagate, Softmax
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing import forms
from nn_model.formats.onnx.importing.budget import LAYER, MAX_ROW, spend
from nn_model.formats.onnx.importing.folding import folded
from nn_model.formats.onnx.importing.graph import Node
from nn_model.formats.onnx.importing.line_forms import softmax
from nn_model.formats.onnx.importing.reordering import COST, Layered, moved
from nn_model.formats.onnx.importing.sums import affine, content, digest, summed
from nn_model.formats.onnx.importing.values import Given, Made, Raw, Rows, Solid, Sum, natural, size_of
from nn_model.formats.onnx.importing.views import index_of

__all__ = ["Builder", "Layered", "make", "nothing"]


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
    found: dict[object, Layered | None] = field(default_factory=dict)
    moved: dict[object, Layered | None] = field(default_factory=dict)
    shared: set[Solid] = field(default_factory=set)

    def layered(self, solid: Solid) -> Layered | None:
        """Give a thing as what layers give; `None` if none do."""
        if isinstance(solid, Given | Made):
            return solid
        if isinstance(solid, Raw):
            return None
        key = content(solid)
        if key not in self.found:
            self.found[key] = forms.layered(solid, self.layered, fold=not self._is_shared(solid))
        return self.found[key]

    def settled(self, rows: Rows, *, reorder: bool = True) -> Layered | None:
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
        key = reorder, base, rows.shape, None if natural(rows) else digest(index_of(rows))
        if key not in self.moved:
            self.moved[key] = moved(rows, base, reorder=reorder)
        return self.moved[key]

    def forget(self) -> None:
        """Drop all that was found: arrays that nobody needs any more stay in memory with it."""
        self.found.clear()
        self.moved.clear()
        self.shared.clear()

    def made(self, layer: Propagate, rows: Rows, shape: Shape, node: Node, **arrays: Array) -> Made | None:
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
        made = forms.formula(solid, self.layered) or self._softmax(solid)
        return made or (solid if self._is_shared(solid) else folded(solid, new_bias=True))

    def _softmax(self, solid: Sum) -> Made | Raw | None:
        """Find a softmax; what no layers give may be the scores of attention."""
        terms = softmax(solid)
        if terms is None:
            return None
        scores = summed(terms, solid.shape, solid.node)
        source = self.layered(scores)
        if source is None or source.shape != solid.shape:
            return Raw("Softmax", (Rows(scores),), solid.shape, solid.node)
        return make(Softmax(), source, source.shape, solid.node)

    def _is_shared(self, solid: Sum) -> bool:
        """Whether what a sum multiplies and shifts is read elsewhere too: a residual block may begin there."""
        parts = affine(solid.terms)
        return parts is not None and parts[0] in self.shared


def make(layer: Propagate, source: Layered, shape: Shape, node: Node, **arrays: Array) -> Made:
    """Put a layer behind another, if its output has a size that a computer can hold."""
    if not 0 < size_of(shape[1:]) <= MAX_ROW:
        raise OnnxError(f"{node.title}: it gives {size_of(shape[1:]):,} numbers a row; 1 to {MAX_ROW:,} are possible")
    spend(COST + LAYER * sum(array.size for array in arrays.values()))
    return Made(layer, source, shape, arrays)


def nothing(source: Given) -> Made:
    """Give a layer that changes nothing: a network has at least one."""
    return Made(Dropout(0.0), source, source.shape)
