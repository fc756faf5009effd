"""Constants in the order in which numbers were computed, and arithmetic with them."""

from collections.abc import Callable

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.budget import MAX_ROW, spend
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.site import Site
from nn_model.formats.onnx.importing.sums import Terms
from nn_model.formats.onnx.importing.values import Raw, Rows, size_of

__all__ = ["Work", "by_constant"]

Work = Callable[[Terms, Terms], "Terms | None"]


def by_constant(site: Site, rows: Rows, constant: Array, work: Work) -> Rows:
    """Work out a sum with a constant, which is put in the order in which the numbers were computed."""
    if constant.dtype.kind != "f":
        raise site.refuse(f"it computes with constants of {constant.dtype}; they must be float or double")
    moved, source, index, shape = _placed(site, rows, constant), rows.source, rows.index, rows.source.shape
    if moved is None:
        source, index = Raw("Moved", (rows,), rows.shape, site.node), None
        moved = _lined_up(site, rows.shape, constant)
    if index is None:
        shape = _widened(site, rows.shape, constant)
    terms = work(sums.terms_of(source), sums.constant(moved))
    if terms is None or not all(np.isfinite(factor).all() for factor in terms.values()):
        raise site.refuse("it divides by 0, or makes a formula of too many terms")
    return Rows(site.builder.simple(sums.summed(terms, shape, site.node)), index)


def _widened(site: Site, shape: Shape, constant: Array) -> Shape:
    """Give the shape of numbers and a constant together: it may widen axes of size 1, but not that of the rows."""
    wide = site.joint(constant.shape, shape) if len(shape) > 1 and constant.ndim <= len(shape) else shape
    return wide if wide[:1] == shape[:1] and size_of(wide[1:]) <= MAX_ROW else shape


def _lined_up(site: Site, shape: Shape, constant: Array) -> Array:
    """Give a constant as many axes as a row has; it must be the same for all rows."""
    shape = _widened(site, shape, constant)
    if constant.ndim > len(shape) or site.joint(constant.shape, shape) != shape:
        raise site.refuse(f"a constant of shape {constant.shape} does not fit numbers of shape {shape}")
    full = constant.reshape((1,) * (len(shape) - constant.ndim) + constant.shape)
    if shape and full.shape[0] != 1:
        if shape[0] != site.builder.rows or (full != full[:1]).any():
            raise site.refuse("its constant differs from row to row, and a network treats every row alike")
        full = full[:1]
    return full[0] if shape else full


def _placed(site: Site, rows: Rows, constant: Array) -> Array | None:
    """Give a constant for the numbers in the order in which they were computed; `None` if there is no such order."""
    if rows.index is None:
        return _lined_up(site, rows.shape, constant)
    if constant.size == 1:
        return constant.reshape((1,) * (len(rows.source.shape) - 1))
    shape, perm = rows.source.shape, _order(site.builder, rows)
    if perm is None or site.joint(constant.shape, rows.shape) != rows.shape:
        return None
    spend(size_of(shape), 2)
    placed = np.empty(size_of(shape), np.float64)
    placed[perm] = np.broadcast_to(constant, rows.shape).reshape(-1)
    placed = placed.reshape(shape)
    return placed[0] if (placed == placed[:1]).all() else None


def _order(builder: Builder, rows: Rows) -> Array | None:
    if rows.index is None or rows.source.shape[:1] != (builder.rows,) or rows.index.size != size_of(rows.source.shape):
        return None
    flat = rows.index.reshape(-1)
    return flat if np.array_equal(np.sort(flat), np.arange(flat.size)) else None
