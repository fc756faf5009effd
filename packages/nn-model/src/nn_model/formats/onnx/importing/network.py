"""A graph as a network: its input, its layers, and what follows from the end of it."""

import warnings
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nn_layers.protocol import Shape
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing.blaming import blame
from nn_model.formats.onnx.importing.budget import MAX_ROW, limited
from nn_model.formats.onnx.importing.build import Builder, Layered
from nn_model.formats.onnx.importing.chain import chain_of, make_nn
from nn_model.formats.onnx.importing.checker import check_by_onnx
from nn_model.formats.onnx.importing.ending import Asked, endings
from nn_model.formats.onnx.importing.graph import Graph, Node, Output, refusal
from nn_model.formats.onnx.importing.outputs import choose, single
from nn_model.formats.onnx.importing.site import NO_LAYER
from nn_model.formats.onnx.importing.table import evaluate, needed
from nn_model.formats.onnx.importing.tensors import DOUBLE, FLOAT, INTEGERS
from nn_model.formats.onnx.importing.values import Given, Rows

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["make_network"]

LARGE = 2**21
"""Numbers of all rows up to which their number is chosen freely."""
COUNTS = (3, 5, 7, 2, 11, 13, 17, 19, 23)
"""Numbers of rows that a graph may be worked out for: one that divides none of its sizes is told from all of them."""


def make_network(graph: Graph, asked: Asked) -> "NN":
    """Make the network of a parsed model.

    Raises
    ------
    OnnxError
        A node that no layer expresses, or an input that is none of a network.
    ShapeError, PartError
        Layers, loss, task and classes that do not go together.
    """
    with limited(graph.bytes):
        chosen = choose(graph, asked.output)
        shape = _row_shape(graph, asked.input_shape)
        nodes = needed(graph, chosen.name)
        builder = _builder(graph, shape)
        end, out_shape = _end(graph, chosen, shape, nodes, builder)
        given, chain = chain_of(end)
    builder.forget()
    _check_input(graph, shape, given)
    ways = endings(chain[-1], builder, graph, chosen, asked)
    nn = make_nn(given, chain, ways, asked, "float64" if _is_double(graph, chosen) else "float32")
    _check_output(chosen, out_shape)
    return nn


def _builder(graph: Graph, shape: Shape) -> Builder:
    first = graph.input.sizes[0]
    if isinstance(first, int):
        return Builder(first, graph.opset, open=False)
    return Builder(_count(graph, shape), graph.opset)


def _end(graph: Graph, chosen: Output, shape: Shape, nodes: Sequence[Node], builder: Builder) -> tuple[Layered, Shape]:
    """Work the graph out, and give what layers give of its output, and the shape that it has."""
    given = Rows(Given((builder.rows, *shape)), whole=graph.input.type in INTEGERS)
    rows = evaluate(graph, nodes, given, builder, chosen.name)
    if not isinstance(rows, Rows) or rows.whole:
        raise OnnxError(
            f"the output {chosen.name!r} does not come of the input, in float numbers; export the model again"
        )
    check_by_onnx(graph.model)  # what it says of a node is less clear than what was said here
    pair = single(rows, builder)
    end = builder.settled(pair or rows)
    if end is None:
        node = blame(rows, builder)
        moved = f"its numbers, of shape {rows.shape[1:]} a row, are in an order that no layer gives"
        raise refusal(nodes[-1], moved) if node is None else refusal(node, NO_LAYER)
    return end, rows.shape


def _row_shape(graph: Graph, given: Sequence[int] | None) -> Shape:
    """Give the shape of one row of the input, which the file or the caller says."""
    sizes, name = graph.input.sizes, graph.input.name
    if graph.input.type not in {FLOAT, DOUBLE, *INTEGERS}:
        raise OnnxError(f"the input {name!r} must be numbers, float or double; found ONNX's type {graph.input.type}")
    if not sizes or sizes[0] == 0:
        raise OnnxError(f"the input {name!r} must have rows; found the sizes {list(sizes)}")
    row = list(sizes[1:])
    if given is not None:
        known = tuple(given)
        if len(known) != len(row) or any(isinstance(n, int) and n != m for n, m in zip(row, known, strict=True)):
            raise OnnxError(f"input_shape {known} is not one of the input {name!r}, of sizes {list(sizes)}")
        row = list(known)
    for place, n in enumerate(row, 1):
        if not isinstance(n, int) or n < 1:
            raise OnnxError(
                f"the input {name!r} leaves size {place} open ({n!r} of {list(sizes)}), "
                "and only the number of rows may be: give input_shape=..."
            )
    whole = tuple(n for n in row if isinstance(n, int))
    if prod(whole) > MAX_ROW or (isinstance(sizes[0], int) and sizes[0] * prod(whole) > 4 * MAX_ROW):
        raise OnnxError(f"the input {name!r} declares {list(sizes)}; at most {MAX_ROW:,} numbers a row are possible")
    return whole


def _count(graph: Graph, shape: Shape) -> int:
    """Choose for how many rows to work the graph out: a number that is not mixed up with any of its sizes.

    Of large rows as few as there can be: then a size may be taken for the number of rows, and refused as one.
    """
    sizes = {n for tensor in graph.tensors.values() for n in tensor.dims} | set(shape)
    count = next((n for n in COUNTS if all(size % n or not size for size in sizes)), COUNTS[-1])
    return count if count * prod(shape) <= LARGE else min(COUNTS)


def _check_output(chosen: Output, shape: Shape) -> None:
    """Warn where the file says another size of its output; onnxruntime does, and rsnet always writes 5."""
    if chosen.sizes is None:
        return
    said, found = chosen.sizes[1:], shape[1:]
    fits = len(said) == len(found)
    if not fits or any(isinstance(n, int) and n != m for n, m in zip(said, found, strict=True)):
        warnings.warn(
            f"the file says that the output {chosen.name!r} is of shape {list(chosen.sizes)}; "
            f"its nodes give {list(found)} a row, and so does the network",
            UserWarning,
            stacklevel=4,
        )


def _check_input(graph: Graph, shape: Shape, given: Given) -> None:
    """Warn where the network takes other rows than the model."""
    order = given.order
    if order is None and given.shape[1:] == shape:
        return
    if order is None or np.array_equal(order, np.arange(order.size)):
        how, remedy = f"has rows of shape {shape}, which it reshapes at once", "reshape"
    else:
        how, remedy = f"has its axes in another order ({list(graph.input.sizes)})", "transpose"
    warnings.warn(
        f"the model's input {graph.input.name!r} {how}; the network takes rows of shape {given.shape[1:]}: "
        f"{remedy} the data",
        UserWarning,
        stacklevel=4,
    )


def _is_double(graph: Graph, chosen: Output) -> bool:
    """Whether the model computes in double: its output is, or, where that is no tensor, its weights are."""
    if chosen.type:
        return chosen.type == DOUBLE
    return any(tensor.type == DOUBLE and len(tensor.dims) == 2 for tensor in graph.tensors.values())
