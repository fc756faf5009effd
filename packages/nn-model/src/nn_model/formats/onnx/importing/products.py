"""Matrix products: `Dense`, and the parts of self-attention."""

from dataclasses import replace

import numpy as np

from nn_layers import Dense, Flatten, SelfAttention
from nn_model.arrays import Array
from nn_model.formats.onnx.importing import attention
from nn_model.formats.onnx.importing.budget import spend
from nn_model.formats.onnx.importing.build import Layered, make
from nn_model.formats.onnx.importing.placing import by_constant
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.sums import plus
from nn_model.formats.onnx.importing.values import Made, Rows, size_of
from nn_model.formats.onnx.importing.views import along_last, perm_of

__all__ = ["OPERATORS"]

MOST = 16
"""How many times larger weights may become that are written for whole rows: those of numbers left out are 0."""


def dense(site: Site, rows: Rows, w: Array) -> Rows:
    """Work out `x w` over the last axis."""
    if not rows.shape or w.ndim != 2 or rows.shape[-1] != w.shape[0] or not w.size:
        raise site.refuse(f"weights of shape {w.shape} do not fit numbers of shape {rows.shape}")
    base, perm = site.builder.layered(rows.source), perm_of(rows) if len(rows.shape) == 2 else None
    if perm is not None and base is not None and size_of(base.shape[1:]) <= MOST * len(perm):
        return Rows(_flat(site, base, w, perm))
    source = site.builder.settled(rows)
    if source is not None:
        return Rows(_joined(site, source, w))
    lines = along_last(rows)
    if lines is None or base is None or len(base.shape) < 2:
        reason = f"its input, {rows.shape[1:]} a row, is reshaped or reordered in a way that no layer does"
        raise site.unlike(rows, reason)
    return Rows(_joined(site, base, w), lines[..., np.newaxis] * w.shape[1] + np.arange(w.shape[1]))


def _joined(site: Site, base: Layered, w: Array) -> Made:
    """Put weights without a bias behind a layer; behind attention without a projection they are its projection."""
    n, m = w.shape
    layer = base.layer if isinstance(base, Made) and base not in site.builder.shared else None
    if isinstance(base, Made) and isinstance(layer, SelfAttention) and not layer.projection and n == m:
        arrays = base.arrays | {"w_out": w}
        return replace(base, layer=replace(layer, projection=True), arrays=arrays)
    return make(Dense(n, m), base, (*base.shape[:-1], m), site.node, w=w)


def _flat(site: Site, base: Layered, w: Array, perm: Array) -> Made:
    """Put weights behind whole rows as lines: each weight goes to where its number stands."""
    shape = (base.shape[0], size_of(base.shape[1:]))
    moved = w
    if not np.array_equal(perm, np.arange(shape[1])):
        spend(shape[1] * w.shape[1], 2)
        moved = np.zeros((shape[1], w.shape[1]), w.dtype)
        np.add.at(moved, perm, w)
    flat = base if len(base.shape) == 2 else make(Flatten(), base, shape, site.node)
    return _joined(site, flat, moved)


def _gemm(site: Site) -> Rows:
    """Work out `alpha a b + beta c`."""
    rows = site.rows()
    alpha, beta = site.attributes.number("alpha", 1.0), site.attributes.number("beta", 1.0)
    if site.attributes.flag("transA"):
        raise site.refuse("transA makes columns of the input's rows, and rows are what a network treats one by one")
    if len(rows.shape) != 2:
        raise site.refuse(f"its input must be rows of numbers; found the shape {rows.shape}")
    w = site.numbers(1, "weights")
    if site.attributes.flag("transB"):
        w = w.T
    y = dense(site, rows, w if alpha == 1.0 else _times(alpha, w))
    if not site.has(2):
        return y
    c = site.numbers(2, "biases")
    return by_constant(site, y, c if beta == 1.0 else _times(beta, c), plus)


def _times(factor: float, array: Array) -> Array:
    spend(array.size, 2)
    return np.multiply(array, factor, dtype=np.float64)


def _matmul(site: Site) -> Rows:
    """Work out a product with weights, or of two things that come of the input, as attention has it."""
    a, b = site.value(0), site.value(1)
    if isinstance(a, Rows) and isinstance(b, Rows):
        return attention.product(site, site.rows(0), site.rows(1))
    if not isinstance(a, Rows):
        raise site.refuse("weights stand before the input, and a layer multiplies its rows from the right")
    w = site.numbers(1, "weights")
    while w.ndim > 2 and w.shape[0] == 1:
        w = w[0]
    if w.ndim != 2:
        raise site.refuse(f"weights must be a matrix; found the shape {w.shape}")
    return dense(site, site.rows(0), w)


OPERATORS: dict[str, Operator] = {"Gemm": _gemm, "MatMul": _matmul}
