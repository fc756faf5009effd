"""Formulas over lines along the last axis, found in sums: layer normalisation and softmax."""

from collections.abc import Callable

import numpy as np

from nn_layers import LayerNorm
from nn_model.formats.onnx.importing.folding import along
from nn_model.formats.onnx.importing.sums import (
    NOTHING,
    Terms,
    close,
    constant,
    minus,
    one,
    plus,
    scaled,
    times,
)
from nn_model.formats.onnx.importing.sums import terms_of as terms
from nn_model.formats.onnx.importing.values import Given, Made, Raw, Solid, Sum

__all__ = ["Find", "layer_norm", "raw_in", "softmax", "with_power"]

Find = Callable[[Solid], "Given | Made | None"]


def raw_in(solid: Sum, *kinds: str) -> Raw | None:
    """Find the one thing of these kinds in a sum."""
    found = {s for monomial in solid.terms for s, _ in monomial if isinstance(s, Raw) and s.kind in kinds}
    return found.pop() if len(found) == 1 else None


def with_power(solid: Sum, raw: Raw, power: int) -> Terms:
    """Give the terms with this power of a thing, without it."""
    factor = (raw, power)
    return {monomial - {factor}: found for monomial, found in solid.terms.items() if factor in monomial}


def _variance(inner: Terms) -> tuple[Raw, float] | None:
    """Find `mean (x - mean x)^2 + eps`, or `mean x^2 - (mean x)^2 + eps`, and give the mean of x, and eps."""
    others, eps = {m: f for m, f in inner.items() if m}, inner.get(NOTHING, np.zeros(()))
    squares = [s for m in others for s, power in m if power == 1 and isinstance(s, Raw) and s.kind == "Mean"]
    if len(squares) != 1 or eps.size != 1 or not eps.item() > 0:
        return None
    inside = terms(squares[0].args[0].source)
    raws = [s for m in (*inside, *others) for s, _ in m if isinstance(s, Raw) and s is not squares[0]]
    means = [s for s in raws if s.kind == "Mean"]
    if not means:
        return None
    x = terms(means[0].args[0].source)
    rest = minus(x, one(means[0]))
    middle = close(others, one(squares[0])) and close(inside, times(rest, rest) or {})
    plain = close(others, minus(one(squares[0]), one(means[0], 2))) and close(inside, times(x, x) or {})
    return (means[0], eps.item()) if middle or plain else None


def layer_norm(solid: Sum, find: Find) -> Made | None:
    """Find `w (x - mean x) / sqrt(variance + eps) + b`, means over the last axis."""
    root = raw_in(solid, "Sqrt")
    found = None if root is None else _variance(terms(root.args[0].source))
    if root is None or found is None:
        return None
    mean, eps = found
    rest = minus(terms(mean.args[0].source), one(mean))
    w = -with_power(solid, root, -1).get(frozenset({(mean, 1)}), np.zeros(()))
    b = solid.terms.get(NOTHING, np.zeros(()))
    whole = plus(times(scaled(rest, w), one(root, -1)) or {}, constant(b) if np.any(b) else {})
    lines = [along(value, solid.shape[1:], -1) for value in (w, b)]
    right = close(solid.terms, whole)
    source = find(mean.args[0].source) if right else None
    if source is None or source.shape != solid.shape or lines[0] is None or lines[1] is None:
        return None
    return Made(LayerNorm(solid.shape[-1], eps), source, solid.shape, {"w": lines[0], "b": lines[1]})


def softmax(solid: Sum) -> Terms | None:
    """Find `exp(x - largest x) / sum exp(x - largest x)`, over the last axis, and give x."""
    ((monomial, factor), *others) = solid.terms.items() or [(NOTHING, np.ones(()))]
    powers = {power: s for s, power in monomial if isinstance(s, Raw)}
    e, total = powers.get(1), powers.get(-1)
    if others or len(monomial) != 2 or e is None or total is None or not np.all(factor == 1.0):
        return None
    if (e.kind, total.kind) != ("Exp", "Total") or total.args[0].source is not e:
        return None
    x = terms(e.args[0].source)
    largest = next((s for m in x for s, _ in m if isinstance(s, Raw) and s.kind == "Largest"), None)
    if largest is None:
        return x
    x = plus(x, one(largest))
    return x if close(terms(largest.args[0].source), x) else None
