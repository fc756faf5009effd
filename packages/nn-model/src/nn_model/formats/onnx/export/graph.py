"""The graph of a model while layers add their nodes to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_layers.binding import Vectors
from nn_layers.layout import Node
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.extras import need

__all__ = ["Exporter", "Graph", "Site"]


@dataclass(slots=True)
class Graph:
    """Nodes and initializers in the order in which they were added.

    Attributes
    ----------
    opset
        The version of ONNX's operators.
    vectors
        The network's arrays.
    nodes, initializers
        ONNX's own messages, by name.
    """

    opset: int
    vectors: Vectors
    nodes: dict[str, Any] = field(default_factory=dict)
    initializers: dict[str, Any] = field(default_factory=dict)

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The dtype of all numbers."""
        return self.vectors.theta.dtype

    @property
    def exact(self) -> bool:
        """Whether attributes, which ONNX keeps in float32, would round: then they must be constants."""
        return self.dtype.itemsize > 4

    def constant(self, name: str, values: Array) -> str:
        """Add an initializer, and give its name."""
        if name not in self.initializers:
            self.initializers[name] = need("onnx.numpy_helper", "onnx").from_array(values, name)
        return name

    def op(self, owner: str, kind: str, inputs: Sequence[str], attributes: dict[str, Any]) -> str:
        """Add a node with one output, both named by the owner and the operator, and give that name."""
        first = f"{owner}.{kind}"
        name = next(n for n in (first, *(f"{first}_{k}" for k in range(2, 1000))) if n not in self.nodes)
        self.nodes[name] = need("onnx.helper", "onnx").make_node(kind, inputs, [name], name, **attributes)
        return name


@dataclass(frozen=True, slots=True)
class Site:
    """One layer's place in the graph: what an exporter sees of it."""

    graph: Graph
    node: Node

    @property
    def in_shape(self) -> Shape:
        """The shape of one row of the input."""
        return self.node.in_shape

    @property
    def out_shape(self) -> Shape:
        """The shape of one row of the output."""
        return self.node.plan.out_shape

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, and give the name of its output."""
        return self.graph.op(self.node.name, kind, inputs, attributes)

    def values(self, name: str) -> Array:
        """Give one of the layer's own arrays."""
        if name in self.node.params:
            return self.node.params[name].view(self.graph.vectors.theta)
        return self.node.state[name].view(self.graph.vectors.state)

    def array(self, name: str, values: Array | None = None) -> str:
        """Add one of the layer's own arrays, under the name that it has in the network; `values`: in its place."""
        return self.graph.constant(f"{self.node.name}.{name}", self.values(name) if values is None else values)

    def number(self, name: str, value: Any) -> str:
        """Add a constant, a number or an array, in the network's dtype."""
        return self.graph.constant(f"{self.node.name}.{name}", np.asarray(value, self.graph.dtype))

    def sizes(self, name: str, values: int | Sequence[int]) -> str:
        """Add a constant of whole numbers: an index, axes, or a shape."""
        return self.graph.constant(f"{self.node.name}.{name}", np.asarray(values, np.int64))

    def reshape(self, x: str, name: str, *shape: int) -> str:
        """Give every row another shape; the number of rows stays open."""
        return self.op("Reshape", x, self.sizes(name, (0, *shape)))  # 0: as it is

    def mean(self, x: str, axis: int, *, keep: bool) -> str:
        """Add a mean over one axis, which since opset 18 is an input."""
        if self.graph.opset < 18:
            return self.op("ReduceMean", x, axes=[axis], keepdims=int(keep))
        return self.op("ReduceMean", x, self.sizes("axes", (axis,)), keepdims=int(keep))


Exporter = Callable[[Any, Site, str], str]
"""Adds the nodes of a layer to its site, from the name of its input, and gives the name of its output."""
