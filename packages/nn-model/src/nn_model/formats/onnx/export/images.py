"""Layers on images as nodes. Padding is written out, as rows above, columns to the left, below and to the right."""

from typing import Any

from nn_layers import AvgPool2D, Conv2D, MaxPool2D
from nn_layers.layers.sliding import Sliding, slide
from nn_model.formats.onnx.export.graph import Site

__all__ = ["avg_pool", "conv", "flatten", "global_avg_pool", "max_pool"]


def conv(layer: Conv2D, site: Site, x: str) -> str:
    """Add a convolution, with a bias if there is one."""
    sliding = slide(site.in_shape, layer.kernel, layer.stride, layer.padding, layer.dilation)
    arrays = [site.array(name) for name in ("w", "b") if name in site.node.params]
    return site.op("Conv", x, *arrays, group=layer.groups, dilations=sliding.taps[4:], **_windows(sliding))


def max_pool(layer: MaxPool2D, site: Site, x: str) -> str:
    """Add the largest pixel of each window."""
    return site.op("MaxPool", x, **_windows(_pooling(layer, site)))


def avg_pool(layer: AvgPool2D, site: Site, x: str) -> str:
    """Add the mean pixel of each window."""
    counted = int(layer.count_include_pad)
    return site.op("AveragePool", x, count_include_pad=counted, **_windows(_pooling(layer, site)))


def _pooling(layer: MaxPool2D | AvgPool2D, site: Site) -> Sliding:
    return slide(site.in_shape, layer.kernel, layer.stride or layer.kernel, layer.padding)


def _windows(sliding: Sliding) -> dict[str, Any]:
    after = (p - n - c for p, n, c in zip(sliding.padded, sliding.size, sliding.corner, strict=True))
    return {
        "kernel_shape": sliding.taps[:2],
        "strides": sliding.taps[2:4],
        "pads": (*sliding.corner, *after),
    }


def global_avg_pool(layer: object, site: Site, x: str) -> str:
    """Add the mean of every channel, and take off the two axes that ONNX leaves."""
    return flatten(layer, site, site.op("GlobalAveragePool", x))


def flatten(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add every row as one line of numbers."""
    return site.op("Flatten", x, axis=1)
