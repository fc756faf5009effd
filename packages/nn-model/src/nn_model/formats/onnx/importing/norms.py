"""Normalisation and softmax."""

import numpy as np

from nn_layers import BatchNorm, LayerNorm, Propagate, Softmax
from nn_model.arrays import Array
from nn_model.formats.onnx.importing import attention
from nn_model.formats.onnx.importing.build import make
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Rows, size_of
from nn_model.formats.onnx.importing.views import along_last, view

__all__ = ["OPERATORS"]


def _batch_norm(site: Site) -> Rows:
    """Give BatchNorm with the running statistics: ONNX's momentum is one minus ours."""
    a, rows = site.attributes, site.rows()
    eps, momentum = a.number("epsilon", 1e-5), a.number("momentum", 0.9)
    if a.flag("training_mode") or (site.opset < 9 and not a.flag("spatial", default=True)):
        raise site.refuse("it normalises by the rows that come; export the model in evaluation mode")
    if len(rows.shape) < 2 or not eps > 0.0 or not 0.0 <= momentum <= 1.0:
        raise site.refuse(f"epsilon must be positive and momentum from 0 to 1; found {eps:g}, {momentum:g}")
    n = rows.shape[1]
    names = ("w", "b", "mean", "var")
    arrays = {name: site.numbers(i, f"its {name}", n) for i, name in enumerate(names, 1)}
    if (arrays["var"] < 0.0).any():
        raise site.refuse("a variance is negative")
    tokens = len(rows.shape) == 3  # ours has features last, ONNX's has them on axis 1
    x = view(rows, lambda i: i.swapaxes(1, 2)) if tokens else rows
    made = site.builder.made(BatchNorm(n, 1.0 - momentum, eps), x, x.shape, site.node, **arrays)
    reason = f"the features of numbers of shape {rows.shape} are not where a layer has them"
    y = site.layer(made if len(rows.shape) <= 4 else None, rows, reason)
    return view(y, lambda i: i.swapaxes(1, 2)) if tokens else y


def _layer_norm(site: Site) -> Rows:
    """Give LayerNorm, over the last axis."""
    a, rows = site.attributes, site.rows()
    eps, axis = a.number("epsilon", 1e-5), site.axis(a.whole("axis", -1), len(rows.shape))
    if a.whole("stash_type", 1) != 1 or not eps > 0.0:
        raise site.refuse(f"stash_type must be 1 and epsilon positive; found epsilon {eps:g}")
    n = size_of(rows.shape[axis:])
    if axis == 0:
        raise site.refuse("it normalises over all rows, and a network treats every row by itself")
    w, b = (site.numbers(i, "weights").reshape(-1) if site.has(i) else np.full(1, 2.0 - i) for i in (1, 2))
    if w.size not in (1, n) or b.size not in (1, n):
        raise site.refuse(f"weights must be {n} numbers; found {w.size} and {b.size}")
    arrays = {"w": np.broadcast_to(w, n), "b": np.broadcast_to(b, n)}
    lines = view(rows, lambda i: i.reshape(*rows.shape[:axis], n)) if axis < len(rows.shape) - 1 else rows
    y = _lines(site, LayerNorm(n, eps), lines, **arrays)
    return view(y, lambda i: i.reshape(rows.shape)) if lines is not rows else y


def _lines(site: Site, layer: Propagate, rows: Rows, **arrays: Array) -> Rows:
    """Put a layer that works line by line behind lines along the last axis, whatever their order."""
    source = site.builder.settled(rows)
    if source is not None:
        return Rows(make(layer, source, source.shape, site.node, **arrays))
    base = site.builder.layered(rows.source)
    if base is None or along_last(rows) is None or len(base.shape) < 2:
        raise site.unlike(rows)
    return Rows(make(layer, base, base.shape, site.node, **arrays), rows.index)


def _softmax(site: Site) -> Rows:
    """Give softmax over the last axis; before opset 13 all axes from the one that is named were one."""
    rows = site.rows()
    axis = site.axis(site.attributes.whole("axis", -1 if site.opset >= 13 else 1), len(rows.shape))
    behind = rows.shape[axis + 1 :]
    if axis == 0 or (site.opset >= 13 and size_of(behind) != 1):
        raise site.refuse(f"it works over axis {axis} of numbers of shape {rows.shape}, and a layer over the last one")
    if not behind:
        return _softmax_last(site, rows)
    y = _softmax_last(site, view(rows, lambda i: i.reshape(*rows.shape[:axis], -1)))
    return view(y, lambda i: i.reshape(rows.shape))


def _softmax_last(site: Site, rows: Rows) -> Rows:
    known = site.builder.layered(rows.source) is not None
    return _lines(site, Softmax(), rows) if known else attention.softmax(site, rows)


OPERATORS: dict[str, Operator] = {
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "Softmax": _softmax,
}
