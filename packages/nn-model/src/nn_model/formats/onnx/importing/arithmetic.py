"""Addition, multiplication and powers of what comes of the input: sums, or a residual block."""

from collections.abc import Callable

import numpy as np

from nn_layers import Residual
from nn_model.arrays import Array
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.sums import Terms
from nn_model.formats.onnx.importing.values import Made, Raw, Rows, Sum, size_of
from nn_model.formats.onnx.importing.views import same_place

__all__ = ["OPERATORS", "by_constant"]

Work = Callable[[Terms, Terms], "Terms | None"]


def by_constant(site: Site, rows: Rows, constant: Array, work: Work) -> Rows:
    """Work out a sum with a constant, which is put in the order in which the numbers were computed."""
    if constant.dtype.kind != "f":
        raise site.refuse(f"it computes with constants of {constant.dtype}; they must be float or double")
    moved, source = _placed(site, rows, constant), rows.source
    if moved is None:
        source, index = Raw("Moved", (rows,), rows.shape, site.node), None
        moved = _lined_up(site, rows.shape, constant)
    else:
        index = rows.index
    terms = work(sums.terms_of(source), sums.constant(moved))
    if terms is None or not all(np.isfinite(factor).all() for factor in terms.values()):
        raise site.refuse("it divides by 0, or makes a formula of too many terms")
    return Rows(site.builder.simple(sums.summed(terms, source.shape, site.node)), index)


def _lined_up(site: Site, shape: tuple[int, ...], constant: Array) -> Array:
    """Give a constant as many axes as a row has; it must be the same for all rows."""
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
    placed = np.empty(size_of(shape), np.float64)
    placed[perm] = np.broadcast_to(constant, rows.shape).reshape(-1)
    placed = placed.reshape(shape)
    return placed[0] if (placed == placed[:1]).all() else None


def _order(builder: Builder, rows: Rows) -> Array | None:
    if rows.index is None or rows.source.shape[:1] != (builder.rows,) or rows.index.size != size_of(rows.source.shape):
        return None
    flat = rows.index.reshape(-1)
    return flat if np.array_equal(np.sort(flat), np.arange(flat.size)) else None


def two(work: Work, turned: Work) -> Operator:
    """Give an operator on two values; `turned` takes them in the other order."""

    def operate(site: Site) -> Rows:
        a, b = site.value(0), site.value(1)
        if isinstance(a, Rows) and isinstance(b, Rows):
            return _rows(site, site.rows(0), site.rows(1), work)
        if isinstance(a, Rows):
            return by_constant(site, site.rows(0), site.known(1, "numbers"), work)
        return by_constant(site, site.rows(1), site.known(0, "numbers"), turned)

    return operate


def _rows(site: Site, a: Rows, b: Rows, work: Work) -> Rows:
    """Work out a sum of two things that come of the input."""
    shape = site.joint(a.shape, b.shape)
    if len(a.shape) != len(b.shape) or shape not in (a.shape, b.shape):
        raise site.refuse(f"numbers of shapes {a.shape} and {b.shape} do not fit each other")
    if work is sums.plus and a.shape == b.shape and (block := _residual(site, a, b) or _residual(site, b, a)):
        return block
    if same_place(a, b):
        x, y, index = a.source, b.source, a.index
        shape = x.shape
    else:
        x, y = (r.source if r.index is None else Raw("Moved", (r,), r.shape, site.node) for r in (a, b))
        index = None
    terms = work(sums.terms_of(x), sums.terms_of(y))
    if terms is None:
        return Rows(Raw(site.node.op, (a, b), shape, site.node), index)
    return Rows(site.builder.simple(sums.summed(terms, shape, site.node)), index)


def _residual(site: Site, a: Rows, b: Rows) -> Rows | None:
    """Find `x + f(x)`: x is on the way to f(x)."""
    if same_place(a, b):
        x, y, index = site.builder.layered(a.source), site.builder.layered(b.source), a.index
    else:
        x, y, index = site.builder.settled(a), site.builder.settled(b), None
    inside: list[Made] = []
    while x is not None and isinstance(y, Made) and y is not x:
        inside.insert(0, y)
        y = y.source
    if x is None or y is not x or not inside or inside[-1].shape != x.shape:
        return None
    block = Made(Residual(tuple(m.layer for m in inside)), x, x.shape, {}, tuple(inside))
    return Rows(block, index)


def _pow(site: Site) -> Rows:
    """Multiply out whole powers; the root is part of formulas."""
    rows, powers = site.rows(), site.known(1, "powers")
    if powers.size != 1:
        raise site.refuse("its powers differ from number to number")
    power = float(powers.reshape(-1)[0])
    if abs(power) == 0.5:
        root = Raw("Sqrt", (Rows(rows.source),), rows.source.shape, site.node)
        return Rows(root if power > 0 else Sum(sums.one(root, -1), root.shape, site.node), rows.index)
    if power not in (1.0, 2.0, 3.0, 4.0):
        raise site.refuse(f"no layer takes the power {power:g}")
    terms: Terms | None = sums.constant(1.0)
    for _ in range(int(power)):
        terms = None if terms is None else sums.times(terms, sums.terms_of(rows.source))
    if terms is None:
        raise site.refuse("it makes a formula of too many terms")
    return Rows(sums.summed(terms, rows.source.shape, site.node), rows.index)


def _negative(site: Site) -> Rows:
    rows = site.rows()
    return Rows(sums.summed(sums.minus({}, sums.terms_of(rows.source)), rows.source.shape, site.node), rows.index)


def _scaler(site: Site) -> Rows:
    """Work out scikit-learn's scaler, `(x - offset) scale`."""
    rows = site.rows()
    offset = np.asarray(site.attributes.listed("offset") or [0.0], np.float64)
    scale = np.asarray(site.attributes.listed("scale") or [1.0], np.float64)
    if not np.isfinite([*offset, *scale]).all():
        raise site.refuse("its offsets and scales must be finite")
    return by_constant(site, by_constant(site, rows, offset, sums.minus), scale, sums.times)


def _turned_minus(a: Terms, b: Terms) -> Terms:
    return sums.minus(b, a)


def _turned_over(a: Terms, b: Terms) -> Terms | None:
    return sums.over(b, a)


OPERATORS: dict[str, Operator] = {
    "Add": two(sums.plus, sums.plus),
    "Div": two(sums.over, _turned_over),
    "Mul": two(sums.times, sums.times),
    "Neg": _negative,
    "Pow": _pow,
    "Sub": two(sums.minus, _turned_minus),
    "ai.onnx.ml.Scaler": _scaler,
}
