"""Activations, and arithmetic on numbers one by one."""

from collections.abc import Callable

import numpy as np

from nn_layers import ELU, GELU, SELU, Dropout, LeakyReLU, Propagate, ReLU, Sigmoid, Tanh
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Known, Raw, Rows, Value
from nn_model.formats.onnx.importing.views import same_place

__all__ = ["OPERATORS"]


def layer(make: Callable[[Site], Propagate]) -> Operator:
    """Give the operator of a layer that treats every number alike."""

    def operate(site: Site) -> Rows:
        rows = site.rows()
        return site.like(make(site), rows)

    return operate


def _leaky(site: Site) -> Propagate:
    return _slope(site, site.attributes.number("alpha", 0.01))


def _slope(site: Site, alpha: float) -> Propagate:
    if not 0.0 <= alpha < 1.0:
        raise site.refuse(f"its slope must be at least 0 and below 1; found {alpha:g}")
    return LeakyReLU(alpha)


def _prelu(site: Site) -> Propagate:
    slope = site.numbers(1, "slopes")
    if not slope.size or (slope != slope.flat[0]).any():
        raise site.refuse("its slopes differ from channel to channel, and LeakyReLU has one")
    return _slope(site, float(slope.flat[0]))


def _elu(site: Site) -> Propagate:
    alpha = site.attributes.number("alpha", 1.0)
    _check_range(site, alpha=alpha)
    return ELU(alpha)


def _selu(site: Site) -> Propagate:
    alpha = site.attributes.number("alpha", 1.67326319217681884765625)
    gamma = site.attributes.number("gamma", 1.05070102214813232421875)
    _check_range(site, alpha=alpha, gamma=gamma)
    return SELU(alpha, gamma)


def _check_range(site: Site, **named: float) -> None:
    for name, value in named.items():
        if not (0.0 <= value <= 1e6 and (value or name == "alpha")):
            raise site.refuse(f"{name} must be from 0 to 1e6; found {value:g}")


def _gelu(site: Site) -> Propagate:
    return GELU("tanh" if site.attributes.text("approximate", "none", "tanh") == "tanh" else "none")


def _dropout(site: Site) -> Rows:
    """Give Dropout, as it is at inference."""
    rows = site.rows()
    site.attributes.whole("seed", 0)
    ratio = site.attributes.number("ratio", 0.5)
    if site.opset >= 12 and site.has(1):
        ratio = site.scalar(1, "ratio")
    if site.has(2) and site.known(2, "training_mode").any():
        raise site.refuse("it drops numbers at inference too; export the model in evaluation mode")
    if not 0.0 <= ratio < 1.0:
        raise site.refuse(f"ratio must be at least 0 and below 1; found {ratio:g}")
    return site.like(Dropout(ratio), rows)


def raw(kind: str) -> Operator:
    """Give the operator that is only part of formulas."""

    def operate(site: Site) -> Rows:
        rows = site.rows()
        return Rows(Raw(kind, (Rows(rows.source),), rows.source.shape, site.node), rows.index)

    return operate


def _max(site: Site) -> Rows:
    """Find `max(x, 0)` and `max(x, alpha x)`."""
    rows, other = _both(site)
    if isinstance(other, Known):
        if not np.any(site.known(0 if site.value(0) is other else 1, "bounds")) and _fits(site, rows, other):
            return site.like(ReLU(), rows)
    else:
        for x, y in ((rows, other), (other, rows)):
            if (alpha := _share(x, y)) is not None:
                return site.like(_slope(site, alpha), x)
    raise site.refuse("only the maximum with 0, or with a share of the same numbers, is a layer: ReLU, LeakyReLU")


def _share(x: Rows, y: Rows) -> float | None:
    """Give a number that y is times x, below 1; `None` if there is none."""
    of_x, of_y = sums.terms_of(x.source), sums.terms_of(y.source)
    if not same_place(x, y) or not of_y.keys() <= of_x.keys():
        return None
    some = next(iter(of_y), None)
    share = 0.0 if some is None else float((of_y[some] / of_x[some]).flat[0])
    wanted = sums.scaled(of_x, np.asarray(share)) if share else {}
    return share if abs(share) < 1.0 and sums.close(of_y, wanted) else None


def _min(site: Site) -> Rows:
    """Mark `min(x, 0)`, which is part of a formula of ELU."""
    rows, other = _both(site)
    if not isinstance(other, Known) or np.any(other.array) or not _fits(site, rows, other):
        raise site.refuse("no layer takes a minimum")
    return Rows(Raw("Min0", (Rows(rows.source),), rows.source.shape, site.node), rows.index)


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


OPERATORS: dict[str, Operator] = {
    "Clip": _clip,
    "Dropout": _dropout,
    "Elu": layer(_elu),
    "Erf": raw("Erf"),
    "Exp": raw("Exp"),
    "Gelu": layer(_gelu),
    "LeakyRelu": layer(_leaky),
    "Max": _max,
    "Min": _min,
    "PRelu": layer(_prelu),
    "Relu": layer(lambda site: ReLU()),  # noqa: ARG005  # one signature
    "Selu": layer(_selu),
    "Sigmoid": layer(lambda site: Sigmoid()),  # noqa: ARG005  # one signature
    "Sqrt": raw("Sqrt"),
    "Tanh": layer(lambda site: Tanh()),  # noqa: ARG005  # one signature
}
