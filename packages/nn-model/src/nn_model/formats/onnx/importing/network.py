"""A graph as a network: its input, its layers, and what follows from the end of it."""

import warnings
from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import OnnxError, PartError, ShapeError
from nn_model.formats.onnx.importing.build import Builder, Layered, nothing
from nn_model.formats.onnx.importing.checker import check_by_onnx
from nn_model.formats.onnx.importing.ending import endings
from nn_model.formats.onnx.importing.graph import Graph, Output, refusal
from nn_model.formats.onnx.importing.outputs import blame, choose, single
from nn_model.formats.onnx.importing.table import evaluate, needed
from nn_model.formats.onnx.importing.tensors import DOUBLE, FLOAT, INTEGERS
from nn_model.formats.onnx.importing.values import MAX_ROW, Given, Made, Rows
from nn_optim import Adam

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["make_network"]

COUNTS = (3, 5, 7, 2, 11, 13, 17, 19, 23)
"""Numbers of rows that a graph may be worked out for: one that divides none of its sizes is told from all of them."""


def make_network(graph: Graph, asked: dict[str, Any], input_shape: Sequence[int] | None, output: str | None) -> "NN":
    """Make the network of a parsed model; what was asked for goes before what the model says.

    Raises
    ------
    OnnxError
        A node that no layer expresses, or an input that is none of a network.
    ShapeError, PartError
        Layers, loss, task and classes that do not go together.
    """
    chosen = choose(graph, output)
    shape = _row_shape(graph, input_shape)
    first = graph.input.sizes[0]
    nodes = needed(graph, chosen.name)
    if not nodes:
        raise OnnxError(f"no node gives the output {chosen.name!r}; export the model again")
    builder = Builder(
        first if isinstance(first, int) else _count(graph, shape), graph.opset, not isinstance(first, int)
    )
    given = Rows(Given((builder.rows, *shape)), whole=graph.input.type in INTEGERS)
    rows = evaluate(graph, nodes, given, builder).get(chosen.name)
    if not isinstance(rows, Rows) or rows.whole:
        raise OnnxError(
            f"the output {chosen.name!r} does not come of the input, in float numbers; export the model again"
        )
    check_by_onnx(graph.model)  # what it says of a node is less clear than what was said here
    pair = single(rows, builder)
    end = builder.settled(pair or rows)
    if end is None:
        raise refusal(*blame(rows, builder))
    nn = _network(end, graph, chosen, asked, builder)
    _check_output(chosen, rows)
    return nn


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
    """Choose for how many rows to work the graph out: a number that is not mixed up with any of its sizes."""
    sizes = {n for tensor in graph.tensors.values() for n in tensor.dims} | set(shape)
    return next((n for n in COUNTS if all(size % n or not size for size in sizes)), COUNTS[-1])


def _check_output(chosen: Output, rows: Rows) -> None:
    """Warn where the file says another size of its output; onnxruntime does, and rsnet always writes 5."""
    if chosen.sizes is None:
        return
    said, found = chosen.sizes[1:], rows.shape[1:]
    fits = len(chosen.sizes) == len(rows.shape)
    if not fits or any(isinstance(n, int) and n != m for n, m in zip(said, found, strict=True)):
        warnings.warn(
            f"the file says that the output {chosen.name!r} is of shape {list(chosen.sizes)}; "
            f"its nodes give {list(found)} a row, and so does the network",
            UserWarning,
            stacklevel=4,
        )


def _chain(end: Layered) -> tuple[Given, list[Made]]:
    chain: list[Made] = []
    while isinstance(end, Made):
        chain.insert(0, end)
        end = end.source
    if not chain and end.order is not None:
        raise OnnxError("the graph only reshapes its input: it computes nothing; export the model again")
    return end, chain or [nothing(end)]


def _arrays(chain: Sequence[Made], prefix: str = "layers") -> Iterator[tuple[str, Array]]:
    for i, made in enumerate(chain):
        yield from ((f"{prefix}.{i}.{name}", array) for name, array in made.arrays.items())
        yield from _arrays(made.inside, f"{prefix}.{i}")


def _network(end: Layered, graph: Graph, chosen: Output, asked: dict[str, Any], builder: Builder) -> "NN":
    from nn_model.network import NN  # noqa: PLC0415  # the network is made of rooms that come before this one

    given, chain = _chain(end)
    if given.order is not None and not np.array_equal(given.order, np.arange(given.order.size)):
        warnings.warn(
            f"the model's input {graph.input.name!r} has its axes in another order ({list(graph.input.sizes)}); "
            f"the network takes rows of shape {given.shape[1:]}: transpose the data",
            UserWarning,
            stacklevel=4,
        )
    arrays = dict(_arrays(chain))
    fault: ValueError = OnnxError("its end is none of a network")
    for ending in endings(chain[-1], builder, graph, chosen, asked):
        try:
            nn = NN(
                [made.layer for made in chain],
                ending.loss,
                asked["optimizer"] or Adam(),
                input_shape=given.shape[1:],
                task=ending.task,
                classes=ending.classes,
                seed=asked["seed"],
                dtype="float64" if _is_double(graph, chosen) else "float32",
            )
        except (ShapeError, PartError) as error:
            fault = error
            continue
        try:
            nn.set_weights(arrays)
        except ValueError as error:
            raise OnnxError(f"its weights make no network: {error}") from None
        return nn
    raise fault


def _is_double(graph: Graph, chosen: Output) -> bool:
    """Whether the model computes in double: its output is, or, where that is no tensor, its weights are."""
    if chosen.type:
        return chosen.type == DOUBLE
    return any(tensor.data_type == DOUBLE and len(tensor.dims) == 2 for tensor in graph.tensors.values())
