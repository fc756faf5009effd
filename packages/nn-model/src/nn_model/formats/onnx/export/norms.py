"""Normalisation and standardisation as nodes."""

import numpy as np

from nn_layers import BatchNorm, LayerNorm
from nn_model.formats.onnx.export.graph import Site

__all__ = ["batch_norm", "layer_norm", "standardize"]

LAYER_NORMALIZATION = 17
"""The first opset that has it."""


def standardize(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add (x - mean) / scale, so that raw features go in."""
    return site.op("Div", site.op("Sub", x, site.array("mean")), site.array("scale"))


def batch_norm(layer: BatchNorm, site: Site, x: str) -> str:
    """Add a node with the running statistics. Of tokens the features are moved to axis 1, where ONNX has them."""
    eps = _rounded_down(layer.eps)
    var = site.values("var")
    if site.graph.exact:  # what epsilon, an attribute of float32, lost is given to the variance
        var = var + (layer.eps - eps)
    arrays = [site.array(name) for name in ("w", "b", "mean")]
    tokens = len(site.in_shape) == 2
    y = site.op("Transpose", x, perm=[0, 2, 1]) if tokens else x
    y = site.op("BatchNormalization", y, *arrays, site.array("var", var), epsilon=eps)
    return site.op("Transpose", y, perm=[0, 2, 1]) if tokens else y


def _rounded_down(eps: float) -> float:
    """Give the largest float32 that is not above eps."""
    with np.errstate(over="ignore"):
        nearest = np.float32(eps)
    return float(nearest if float(nearest) <= eps else np.nextafter(nearest, np.float32(0.0)))


def layer_norm(layer: LayerNorm, site: Site, x: str) -> str:
    """Add one node; before opset 17, and in float64, which the node would round to float32 on its way, the formula."""
    w, b = site.array("w"), site.array("b")
    if site.graph.opset >= LAYER_NORMALIZATION and not site.graph.exact:
        return site.op("LayerNormalization", x, w, b, axis=-1, epsilon=layer.eps)
    rest = site.op("Sub", x, site.mean(x, -1, keep=True))
    var = site.mean(site.op("Mul", rest, rest), -1, keep=True)
    deviation = site.op("Sqrt", site.op("Add", var, site.number("eps", layer.eps)))
    return site.op("Add", site.op("Mul", site.op("Div", rest, deviation), w), b)
