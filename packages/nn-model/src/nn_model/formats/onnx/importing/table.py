"""Which function works out each operator: the one table, and the walk through a graph by it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from pydantic import ValidationError

from nn_model.checkpoint.strict_json import cut
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing import (
    arithmetic,
    choices,
    constants,
    elementwise,
    images,
    linear,
    moves,
    norms,
    outputs,
    products,
    reductions,
    sizes,
)
from nn_model.formats.onnx.importing.budget import MAX_NODES
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.graph import Attributes, Graph, Node, refusal
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.sums import affine
from nn_model.formats.onnx.importing.values import Known, Rows, Sum, Value

__all__ = ["CONSTANTS", "OPERATORS", "evaluate", "needed"]

OPERATORS: dict[str, Operator] = {
    **arithmetic.OPERATORS,
    **choices.OPERATORS,
    **elementwise.OPERATORS,
    **images.OPERATORS,
    **linear.OPERATORS,
    **moves.OPERATORS,
    **norms.OPERATORS,
    **outputs.OPERATORS,
    **products.OPERATORS,
    **reductions.OPERATORS,
    **sizes.OPERATORS,
}
"""Operators on what comes of the input, by name, with the domain in front unless it is ONNX's own."""
CONSTANTS: dict[str, Operator] = {**moves.OPERATORS, **sizes.CONSTANTS, **constants.OPERATORS}
"""Operators on constants alone."""


def needed(graph: Graph, output: str) -> list[Node]:
    """Give the nodes that an output comes of, in order: what stands beside them is not looked at.

    Raises
    ------
    OnnxError
        None gives it, or they are too many.
    """
    wanted, found = {output}, []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            found.append(node)
    if not found:
        raise OnnxError(f"no node gives the output {output!r}; export the model again")
    if len(found) > MAX_NODES:
        raise OnnxError(f"the output {output!r} comes of {len(found):,} nodes; at most {MAX_NODES:,} are possible")
    return found[::-1]


def evaluate(graph: Graph, nodes: Sequence[Node], given: Rows, builder: Builder, output: str) -> Value | None:
    """Work out nodes in order, and give the output's value; others are dropped when the last node has read them.

    Raises
    ------
    OnnxError
        A node that cannot be expressed in layers, by name, with the reason.
    """
    values: dict[str, Value] = {graph.input.name: given}
    readers = Counter([output, *(name for node in nodes for name in node.inputs)])
    for node in nodes:
        args = tuple(_value(name, graph, values, node) for name in node.inputs)
        parts = _worked_out(Site(node, args, Attributes(node), builder))
        if len(parts) == 1 and readers[node.outputs[0]] > 1:
            parts = (_kept(parts[0], builder),)
            builder.shared.update(part.source for part in parts if isinstance(part, Rows))
        found = {name: part for name, part in zip(node.outputs, parts, strict=False) if name and part is not None}
        _check_sizes(graph, node, found)
        values.update(found)
        readers.subtract(node.inputs)
        for name in {*node.inputs, *node.outputs}:
            if not readers[name]:
                values.pop(name, None)
    return values.get(output)


def _worked_out(site: Site) -> tuple[Value | None, ...]:
    try:
        made = _operator(site.node, site.args)(site)
    except OnnxError as error:
        raise error if str(error).startswith("node ") else site.refuse(str(error)) from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise site.refuse(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None
    site.attributes.check_all_asked()
    return made if isinstance(made, tuple) else (made,)


def _kept(value: Value | None, builder: Builder) -> Value | None:
    """Let what several nodes read be a layer's output: a residual block must find it on both its ways.

    A multiple may be read twice in one formula, as half of x in GELU.
    """
    parts = affine(value.source.terms) if isinstance(value, Rows) and isinstance(value.source, Sum) else None
    if isinstance(value, Rows) and parts is not None and (parts[1].size > 1 or np.any(parts[2])):
        made = builder.layered(value.source)
        return value if made is None else Rows(made, value.index)
    return value


def _operator(node: Node, args: tuple[Value | None, ...]) -> Operator:
    name = f"{node.domain}.{node.op}" if node.domain else node.op
    table = OPERATORS if any(isinstance(arg, Rows) for arg in args) else CONSTANTS
    if name in table:
        return table[name]
    if name in OPERATORS or name in CONSTANTS:
        raise refusal(node, "it works on constants alone" if table is CONSTANTS else "no layer does this to the input")
    raise refusal(node, "no layer does this")


def _value(name: str, graph: Graph, values: dict[str, Value], node: Node) -> Value | None:
    if not name:
        return None
    if name not in values:
        if name not in graph.tensors:
            raise refusal(node, f"it reads {cut(name)}, a second output that no layer gives")
        values[name] = Known(graph.taken(name).array())
    return values[name]


def _check_sizes(graph: Graph, node: Node, values: dict[str, Value]) -> None:
    """Check that the sizes that the file says of a value, where it says any, are those that come out."""
    for name in node.outputs:
        said, value = graph.sizes.get(name), values.get(name)
        if said is None or value is None:
            continue
        found = value.shape
        fits = len(said) == len(found) and all(
            not isinstance(n, int) or n == m for n, m in zip(said, found, strict=True)
        )
        if not fits:
            raise refusal(node, f"the file says that {name!r} is of shape {list(said)}; it comes out as {list(found)}")
