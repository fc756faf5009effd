"""What depends on the sign of a number: maximum and minimum with 0, comparisons with it, and choices by them."""

import numpy as np

from nn_layers import ELU, SELU, LeakyReLU, Propagate, ReLU
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.sums import Terms
from nn_model.formats.onnx.importing.values import Known, Raw, Rows, Solid, Value
from nn_model.formats.onnx.importing.views import same_place

__all__ = ["OPERATORS", "slope"]


def slope(site: Site, alpha: float) -> LeakyReLU:
    """Give LeakyReLU of a slope that it can have."""
    if not 0.0 <= alpha < 1.0:
        raise site.refuse(f"its slope must be at least 0 and below 1; found {alpha:g}")
    return LeakyReLU(alpha)


def _max(site: Site) -> Rows:
    """Find `max(x, 0)` and `max(x, alpha x)`."""
    rows, other = _both(site)
    if isinstance(other, Known):
        if not np.any(site.known(0 if site.value(0) is other else 1, "bounds")) and _fits(site, rows, other):
            return site.like(ReLU(), rows)
    else:
        for x, y in ((rows, other), (other, rows)):
            alpha = _share(sums.terms_of(y.source), sums.terms_of(x.source)) if same_place(x, y) else None
            if alpha is not None and abs(alpha) < 1.0:
                return site.like(slope(site, alpha), x)
    raise site.refuse("only the maximum with 0, or with a share of the same numbers, is a layer: ReLU, LeakyReLU")


def _share(y: Terms, x: Terms) -> float | None:
    """Give the number that y is times x; `None` if there is none."""
    some = next(iter(y), None)
    if not y.keys() <= x.keys():
        return None
    share = 0.0 if some is None else float((y[some] / x[some]).flat[0])
    return share if sums.close(y, sums.scaled(x, np.asarray(share)) if share else {}) else None


def _min(site: Site) -> Rows:
    """Mark `min(x, 0)`, which is part of a formula of ELU."""
    rows, other = _both(site)
    if not _is_zero(site, rows, other):
        raise site.refuse("no layer takes a minimum")
    return Rows(Raw("Min0", (Rows(rows.source),), rows.source.shape, site.node), rows.index)


def _is_zero(site: Site, rows: Rows, other: Value) -> bool:
    return isinstance(other, Known) and not np.any(other.array) and _fits(site, rows, other)


def _fits(site: Site, rows: Rows, other: Known) -> bool:
    return other.fixed and site.joint(rows.shape, other.shape) == rows.shape


def _both(site: Site) -> tuple[Rows, Value]:
    if len(site.args) != 2:
        raise site.refuse(f"it must have two inputs; found {len(site.args)}")
    first = 0 if isinstance(site.value(0), Rows) else 1
    return site.rows(first), site.rows(1 - first) if isinstance(site.value(1 - first), Rows) else site.value(1 - first)


def _clip(site: Site) -> Rows:
    """Find `clip(x, 0, infinity)`."""
    low, high = (site.attributes.number(name, default) for name, default in (("min", -np.inf), ("max", np.inf)))
    if site.opset >= 11:
        low, high = (site.scalar(i, "bounds") if site.has(i) else default for i, default in ((1, -np.inf), (2, np.inf)))
    if low != 0.0 or high < np.finfo(np.float32).max:
        raise site.refuse(f"only clipping below 0 is a layer, ReLU; this clips to {low:g} .. {high:g}")
    return site.like(ReLU(), site.rows())


def _compared(*, less: bool) -> Operator:
    """Mark `x < 0` and `x > 0`, with 0 itself or without: no choice of a layer's differs there."""

    def operate(site: Site) -> Rows:
        rows, other = _both(site)
        if not _is_zero(site, rows, other):
            raise site.refuse("only a comparison with 0 is part of what a layer does")
        negative = less == isinstance(site.value(0), Rows)
        return Rows(Raw("Sign", (Rows(rows.source),), rows.source.shape, site.node, (negative,)), rows.index)

    return operate


def _where(site: Site) -> Rows:
    """Find ReLU, LeakyReLU, ELU and SELU as a choice by the sign of their input."""
    condition = site.rows()
    sign = condition.source
    if not isinstance(sign, Raw) or sign.kind != "Sign":
        raise site.refuse("it chooses by something else than a sign, which no layer does")
    ways = [_way(site, place, condition) for place in (1, 2)]
    below, above = ways if sign.note[0] else ways[::-1]
    x = Rows(sign.args[0].source, condition.index)
    of_x = sums.terms_of(x.source)
    scale, share = _share(above, of_x), _share(below, of_x)
    if scale is not None and scale > 0.0:
        if share is None:
            return site.like(_elu(site, of_x, below, scale), x)
        y = site.like(slope(site, share / scale) if share else ReLU(), x)
        return y if scale == 1.0 else Rows(_scaled(site, y, scale), y.index)
    raise site.refuse("of positive numbers it gives no multiple, which no layer does")


def _way(site: Site, place: int, condition: Rows) -> Terms:
    """Give what is chosen as a sum: it must stand as the condition does, or be 0."""
    value = site.value(place)
    if isinstance(value, Rows):
        rows = site.rows(place)
        if same_place(rows, condition):
            return sums.terms_of(rows.source)
    elif _is_zero(site, condition, value):
        return {}
    raise site.refuse("it chooses between numbers that are not of the same place, or constant; no layer does")


def _elu(site: Site, x: Terms, below: Terms, scale: float) -> Propagate:
    """Find `left (exp x - 1)`."""
    found = [s for monomial in below for s, _ in monomial if isinstance(s, Raw) and s.kind == "Exp"]
    left = below.get(frozenset({(found[0], 1)}), np.zeros(())) if found else np.zeros(())
    if found and left.size == 1 and left.item() > 0.0 and sums.close(sums.terms_of(found[0].args[0].source), x):
        wanted = sums.plus(sums.scaled(sums.one(found[0]), left), sums.constant(-left))
        if sums.close(below, wanted):
            alpha = left.item() / scale
            return ELU(alpha) if scale == 1.0 else SELU(alpha, scale)
    raise site.refuse("of negative numbers it gives neither one share nor a multiple of exp(x) - 1; no layer does")


def _scaled(site: Site, rows: Rows, scale: float) -> Solid:
    terms = sums.scaled(sums.terms_of(rows.source), np.asarray(scale))
    return site.builder.simple(sums.summed(terms, rows.source.shape, site.node))


OPERATORS: dict[str, Operator] = {
    "Clip": _clip,
    "Greater": _compared(less=False),
    "GreaterOrEqual": _compared(less=False),
    "Less": _compared(less=True),
    "LessOrEqual": _compared(less=True),
    "Max": _max,
    "Min": _min,
    "Where": _where,
}
