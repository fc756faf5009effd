"""What stands behind probabilities: scikit-learn's labels and maps, and the two columns of one probability."""

from nn_layers import Sigmoid
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.graph import Graph, Output
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.tensors import DOUBLE, FLOAT
from nn_model.formats.onnx.importing.values import Made, Raw, Rows, natural

__all__ = ["OPERATORS", "choose", "single"]


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
        remedy = "name one: output=..."
        if len(found) > 1 and all(output.sizes is not None and len(output.sizes) == 1 for output in found):
            remedy = "they are columns of one: export the model again, from scikit-learn with zipmap=False"
        raise OnnxError(
            f"a network has one output of float numbers; the graph has {len(found)} (of {listed}); {remedy}"
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
