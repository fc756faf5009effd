"""Which node kept numbers from being a layer's."""

from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.graph import Node
from nn_model.formats.onnx.importing.values import Raw, Rows, Solid, Sum

__all__ = ["blame"]


def blame(rows: Rows, builder: Builder) -> Node | None:
    """Find the first node that gave what no layer does; `None`: layers give it all, and only its order is none."""
    solid: Solid = rows.source
    while isinstance(solid, Raw | Sum) and builder.layered(solid) is None:
        inner = _inside(solid, builder)
        if inner is None:
            return solid.node
        solid = inner
    return None


def _inside(solid: Raw | Sum, builder: Builder) -> Solid | None:
    args = [arg.source for arg in solid.args] if isinstance(solid, Raw) else [s for m in solid.terms for s, _ in m]
    return next((arg for arg in args if builder.layered(arg) is None), None)
