"""Activations as nodes."""

import math

from nn_layers import ELU, GELU, SELU, LeakyReLU
from nn_layers.kernels.gelu import CUBIC, ROOT
from nn_model.formats.onnx.export.graph import Exporter, Site

__all__ = ["elu", "gelu", "leaky_relu", "one", "selu", "softmax"]


def one(kind: str) -> Exporter:
    """Give the exporter of a layer that is one node without attributes."""

    def export(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
        return site.op(kind, x)

    return export


def softmax(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add softmax over the last axis."""
    return site.op("Softmax", x, axis=-1)


def leaky_relu(layer: LeakyReLU, site: Site, x: str) -> str:
    """Add one node; in float64, whose alpha an attribute would round, max(x, alpha x)."""
    if not site.graph.exact:
        return site.op("LeakyRelu", x, alpha=layer.alpha)
    return site.op("Max", x, site.op("Mul", x, site.number("alpha", layer.alpha)))


def elu(layer: ELU, site: Site, x: str) -> str:
    """Add one node; in float64 its formula."""
    return _spelt(site, x, 1.0, layer.alpha) if site.graph.exact else site.op("Elu", x, alpha=layer.alpha)


def selu(layer: SELU, site: Site, x: str) -> str:
    """Add one node; in float64 its formula."""
    if site.graph.exact:
        return _spelt(site, x, layer.scale, layer.scale * layer.alpha)
    return site.op("Selu", x, alpha=layer.alpha, gamma=layer.scale)


def _spelt(site: Site, x: str, right: float, left: float) -> str:
    """Add `right max(x, 0) + left (exp(min(x, 0)) - 1)`."""
    zero = site.number("zero", 0.0)
    above = site.op("Mul", site.op("Max", x, zero), site.number("right", right))
    below = site.op("Sub", site.op("Exp", site.op("Min", x, zero)), site.number("one", 1.0))
    return site.op("Add", above, site.op("Mul", below, site.number("left", left)))


def gelu(layer: GELU, site: Site, x: str) -> str:
    """Add one node; before opset 20, and in float64, whose constants the node would round, `x (1 + t) / 2`."""
    if site.graph.opset >= 20 and not site.graph.exact:
        return site.op("Gelu", x, approximate=layer.approximate)
    t = _tanh(site, x) if layer.approximate == "tanh" else _erf(site, x)
    phi = site.op("Mul", site.op("Add", t, site.number("one", 1.0)), site.number("half", 0.5))
    return site.op("Mul", x, phi)


def _erf(site: Site, x: str) -> str:
    return site.op("Erf", site.op("Mul", x, site.number("scale", math.sqrt(0.5))))


def _tanh(site: Site, x: str) -> str:
    """Add tanh(x (root cubic x^2 + root))."""
    cubic = site.op("Mul", site.op("Mul", x, x), site.number("cubic", ROOT * CUBIC))
    return site.op("Tanh", site.op("Mul", x, site.op("Add", cubic, site.number("root", ROOT))))
