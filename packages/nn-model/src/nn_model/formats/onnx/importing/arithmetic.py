"""Addition, multiplication and powers of what comes of the input: sums, or a residual block."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nn_layers import Residual
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.budget import MAX_NESTED, spend
from nn_model.formats.onnx.importing.placing import Work, by_constant
from nn_model.formats.onnx.importing.reordering import COST
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.sums import Terms
from nn_model.formats.onnx.importing.values import Known, Made, Raw, Rows, Sum, Value
from nn_model.formats.onnx.importing.views import along_last, same_place

__all__ = ["OPERATORS"]


def two(work: Work, turned: Work) -> Callable[[Site], Rows]:
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
    wide = a if a.shape == shape else b
    if same_place(a, b) or _same_lines(wide, b if wide is a else a):
        x, y, index, shape = a.source, b.source, wide.index, wide.source.shape
    else:
        x, y = (r.source if r.index is None else Raw("Moved", (r,), r.shape, site.node) for r in (a, b))
        index = None
    terms = work(sums.terms_of(x), sums.terms_of(y))
    if terms is None:
        return Rows(Raw(site.node.op, (a, b), shape, site.node), index)
    return Rows(site.builder.simple(sums.summed(terms, shape, site.node)), index)


def _same_lines(wide: Rows, narrow: Rows) -> bool:
    """Whether numbers are one for each line of others along the last axis, in the same order."""
    if narrow.shape[-1:] != (1,) or narrow.source.shape != (*wide.source.shape[:-1], 1):
        return False
    lines, others = along_last(wide), along_last(narrow)
    return lines is not None and others is not None and np.array_equal(lines, others)


def _residual(site: Site, a: Rows, b: Rows) -> Rows | None:
    """Find `x + f(x)`: x is on the way to f(x)."""
    if same_place(a, b):
        x, y, index = site.builder.layered(a.source), site.builder.layered(b.source), a.index
    else:
        x, y, index = site.builder.settled(a), site.builder.settled(b), None
    inside: list[Made] = []
    while x is not None and isinstance(y, Made) and y is not x:
        inside.append(y)
        y = y.source
    spend(COST * len(inside))
    if x is None or y is not x or not inside or inside[0].shape != x.shape:
        return None
    inside.reverse()
    nested = 1 + max(made.nested for made in inside)
    if nested > MAX_NESTED:
        raise site.refuse(f"residual blocks lie more than {MAX_NESTED} deep in each other")
    block = Made(Residual(tuple(m.layer for m in inside)), x, x.shape, {}, tuple(inside), nested)
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


def _reciprocal(site: Site) -> Rows:
    """Work out `1 / x`."""
    rows = site.rows()
    terms = sums.over(sums.constant(1.0), sums.terms_of(rows.source))
    if terms is None:
        raise site.refuse("it divides by a sum, which no layer does")
    return Rows(sums.summed(terms, rows.source.shape, site.node), rows.index)


def _sum(site: Site) -> Value:
    """Add any number of values, constants last."""
    first, *others = sorted((site.value(i) for i in range(len(site.args))), key=lambda value: isinstance(value, Known))
    for other in others:
        first = _add(replace(site, args=(first, other)))
    return first


def _turned_minus(a: Terms, b: Terms) -> Terms:
    return sums.minus(b, a)


def _turned_over(a: Terms, b: Terms) -> Terms | None:
    return sums.over(b, a)


_add = two(sums.plus, sums.plus)

OPERATORS: dict[str, Operator] = {
    "Add": _add,
    "Div": two(sums.over, _turned_over),
    "Mul": two(sums.times, sums.times),
    "Neg": _negative,
    "Pow": _pow,
    "Reciprocal": _reciprocal,
    "Sub": two(sums.minus, _turned_minus),
    "Sum": _sum,
    "ai.onnx.ml.Scaler": _scaler,
}
