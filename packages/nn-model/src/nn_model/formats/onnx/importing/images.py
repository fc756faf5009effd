"""Convolution and pooling."""

from math import prod
from typing import Any

import numpy as np

from nn_layers import AvgPool2D, Conv2D, MaxPool2D
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.budget import spend
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Raw, Rows
from nn_model.formats.onnx.importing.windows import (
    MAX_SIZE,
    NO_PADS,
    Pads,
    ceiled,
    images,
    is_same,
    out_shape,
    pads_of,
    pair_of,
    short,
)

__all__ = ["OPERATORS"]


def _conv(site: Site) -> Rows:
    """Give Conv2D."""
    rows, before = images(site)
    w, groups = site.numbers(1, "weights"), site.attributes.whole("group", 1)
    stride, dilation = pair_of(site, "strides", (1, 1)), pair_of(site, "dilations", (1, 1))
    if w.ndim != 4 or not w.size or groups < 1 or w.shape[0] % groups or w.shape[1] * groups != rows.shape[1]:
        raise site.refuse(f"weights of shape {w.shape} in {groups} groups do not fit images of shape {rows.shape[1:]}")
    kernel = pair_of(site, "kernel_shape", w.shape[2:])
    if kernel != w.shape[2:]:
        raise site.refuse(f"kernel_shape {kernel} is not that of its weights, {w.shape[2:]}")
    size = rows.shape[2:]
    padded = size[0] + before[0] + before[2], size[1] + before[1] + before[3]
    own = pads_of(site, padded, kernel, stride, dilation)
    pads = own[0] + before[0], own[1] + before[1], own[2] + before[2], own[3] + before[3]
    w, padding = _padded(site, w, pads, size, stride, dilation)
    sizes = short(w.shape[2:]), short(stride), padding
    options: dict[str, Any] = {"dilation": short(dilation), "groups": groups, "bias": site.has(2)}
    layer = Conv2D(rows.shape[1], w.shape[0], *sizes, **options)
    arrays = {"w": w} | ({"b": site.numbers(2, "biases", w.shape[0])} if site.has(2) else {})
    shape = out_shape(site, rows, w.shape[0], layer)
    return site.layer(site.builder.made(layer, rows, shape, site.node, **arrays), rows)


def _padded(
    site: Site, w: Array, pads: Pads, size: Shape, stride: Shape, dilation: Shape
) -> tuple[Array, Any]:  # sizes, or "same"
    """Give weights, and padding as layers have it: alike on both sides, or "same"; else kernels become larger."""
    if pads[:2] == pads[2:]:
        return w, short(pads[:2])
    if is_same(pads, size, w.shape[2:], stride, dilation):
        return w, "same"
    # By zeros on the side with less padding, until the padding of both sides is alike.
    more, most = [(0, 0), (0, 0)], [0, 0]
    for axis in (0, 1):
        first, last = pads[axis], pads[axis + 2]
        extra, rest = divmod(abs(first - last), dilation[axis])
        if rest or extra > 2 * w.shape[2 + axis]:
            raise site.refuse(f"its padding, {list(pads)}, differs from side to side too much for a kernel")
        more.append((extra, 0) if first < last else (0, extra))
        most[axis] = max(first, last)
    spend(prod(n + a + b for n, (a, b) in zip(w.shape, more, strict=True)), 2)
    return np.pad(w, more), short((most[0], most[1]))


def _pool(site: Site, *, mean: bool) -> Rows:
    rows, before = images(site)
    if before != NO_PADS:
        raise site.refuse("a padding before pooling is not the layer's own")
    kernel, stride = pair_of(site, "kernel_shape", None), pair_of(site, "strides", (1, 1))
    if pair_of(site, "dilations", (1, 1)) != (1, 1):
        raise site.refuse("its windows have gaps (dilations), and pooling layers have none")
    site.attributes.flag("storage_order")  # of places that no layer gives
    padding, include = _pool_padding(site, rows.shape[2:], kernel, stride)
    try:
        layer: MaxPool2D | AvgPool2D = MaxPool2D(short(kernel), short(stride), padding)
        if mean:
            include = site.attributes.flag("count_include_pad") and include
            layer = AvgPool2D(short(kernel), short(stride), padding, include)
    except ValueError:
        reason = f"its padding of {padding} is more than half of its windows of {kernel}"
        raise site.refuse(f"{reason}: pooling layers have PyTorch's limit") from None
    shape = out_shape(site, rows, rows.shape[1], layer)
    return site.layer(site.builder.made(layer, rows, shape, site.node), rows)


def _pool_padding(site: Site, size: Shape, kernel: Shape, stride: Shape) -> tuple[Any, bool]:  # sizes, or "same"
    """Give padding as layers have it, and whether a mean may count it: never what only `ceil_mode` adds."""
    said = pads = pads_of(site, size, kernel, stride)
    if site.attributes.flag("ceil_mode"):
        pads = ceiled(said, size, kernel, stride)
    if pads != said and site.attributes.text("auto_pad", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER") == "VALID":
        raise site.refuse("of ceil_mode with auto_pad VALID programs make different windows; write out its pads")
    if pads != said and said != NO_PADS and site.attributes.flag("count_include_pad"):
        raise site.refuse("its means count the padding that is written out, but not what ceil_mode adds")
    if pads[:2] == pads[2:]:
        return short(pads[:2]), pads == said
    if not is_same(pads, size, kernel, stride):
        added = " with what ceil_mode adds," if pads != said else ""
        raise site.refuse(f"its padding, {list(pads)},{added} differs from side to side, and a layer's does not")
    return "same", pads == said


def _pad(site: Site) -> Rows:
    """Keep a padding with zeros for the convolution that follows."""
    rows, listed = site.rows(), site.sizes(1, "pads") or []
    site.attributes.text("mode", "constant")
    value = site.attributes.number("value", 0.0)
    if site.has(2):
        value = site.scalar(2, "value")
    if site.has(3):
        raise site.refuse("its padding is along axes that are named; export the model for opset 17")
    wrong = len(rows.shape) != 4 or len(listed) != 8 or any(listed[i] for i in (0, 1, 4, 5))
    if wrong or value or not 0 <= min(listed) <= max(listed) <= MAX_SIZE:
        raise site.refuse(f"only zeros around images are part of a layer; found pads {listed[:9]} of {value:g}")
    pads = listed[2], listed[3], listed[6], listed[7]
    shape = (*rows.shape[:2], rows.shape[2] + pads[0] + pads[2], rows.shape[3] + pads[1] + pads[3])
    return Rows(Raw("Pad", (rows,), shape, site.node, pads))


OPERATORS: dict[str, Operator] = {
    "AveragePool": lambda site: _pool(site, mean=True),
    "Conv": _conv,
    "MaxPool": lambda site: _pool(site, mean=False),
    "Pad": _pad,
}
