"""What stands behind probabilities: scikit-learn's labels and maps, and the two columns of one probability."""

from typing import Any

from nn_layers import Sigmoid
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.graph import Graph, Output
from nn_model.formats.onnx.importing.site import NO_LAYER, Operator, Site
from nn_model.formats.onnx.importing.tensors import DOUBLE, FLOAT
from nn_model.formats.onnx.importing.values import Made, Raw, Rows, Solid, Sum, natural

__all__ = ["OPERATORS", "blame", "choose", "single"]


def _zip_map(site: Site) -> Rows:
    """Pass probabilities through, and keep the classes' names that it makes their keys."""
    numbers, texts = (site.attributes.listed(f"classlabels_{kind}") for kind in ("int64s", "strings"))
    site.builder.classes = numbers or texts
    return site.rows()


OPERATORS: dict[str, Operator] = {"ai.onnx.ml.ZipMap": _zip_map}


def choose(graph: Graph, name: str | None) -> Output:
    """Choose the output that a network has: the one that is asked for, or the only one of float numbers.

    Raises
    ------
    OnnxError
        There is none, or more than one.
    """
    listed = ", ".join(repr(output.name) for output in graph.outputs[:9])
    if name is not None:
        found = [output for output in graph.outputs if output.name == name]
        if not found:
            raise OnnxError(f"there is no output {name!r}; the graph has {listed}")
        return found[0]
    maps = {out for node in graph.nodes if node.op == "ZipMap" for out in node.outputs}
    found = [output for output in graph.outputs if output.type in (FLOAT, DOUBLE) or output.name in maps]
    if len(found) != 1:
        raise OnnxError(
            f"a network has one output of float numbers; the graph has {len(found)} (of {listed}); name one: output=..."
        )
    return found[0]


def single(rows: Rows, builder: Builder) -> Rows | None:
    """Find `[1 - p, p]`, the two columns that stand for one probability, and give p."""
    pair = rows.source
    if not isinstance(pair, Raw) or pair.kind != "Concat" or len(pair.args) != 2 or not natural(rows):
        return None
    first, p = pair.args
    if p.shape != (builder.rows, 1) or pair.shape != (builder.rows, 2) or not natural(first) or not natural(p):
        return None
    left = sums.minus(sums.constant(1.0), sums.terms_of(p.source))
    last = builder.layered(p.source)
    sure = isinstance(last, Made) and isinstance(last.layer, Sigmoid)
    return p if sure and sums.close(sums.terms_of(first.source), left) else None


def blame(rows: Rows, builder: Builder) -> tuple[Any, str]:
    """Find the first node that kept numbers from being a layer's, and say why."""
    solid: Solid = rows.source
    while isinstance(solid, Raw | Sum) and builder.layered(solid) is None:
        inner = _inside(solid, builder)
        if inner is None:
            return solid.node, NO_LAYER
        solid = inner
    return None, f"the output's numbers, of shape {rows.shape[1:]} a row, are in an order that no layer gives"


def _inside(solid: Raw | Sum, builder: Builder) -> Solid | None:
    args = [arg.source for arg in solid.args] if isinstance(solid, Raw) else [s for m in solid.terms for s, _ in m]
    return next((arg for arg in args if builder.layered(arg) is None), None)
