"""Formulas that layers compute number by number, found in sums: standardisation, positions, GELU, ELU."""

from dataclasses import replace
from math import sqrt

import numpy as np

from nn_layers import ELU, GELU, SELU, PositionalEncoding, ReLU, Standardize
from nn_layers.kernels.gelu import CUBIC, ROOT
from nn_layers.layers.positional_encoding import sinusoids
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.budget import LAYER, spend
from nn_model.formats.onnx.importing.folding import folded, spread
from nn_model.formats.onnx.importing.line_forms import Find, layer_norm, raw_in, with_power
from nn_model.formats.onnx.importing.sums import (
    NOTHING,
    Terms,
    affine,
    close,
    constant,
    one,
    plus,
    scaled,
    times,
)
from nn_model.formats.onnx.importing.sums import terms_of as terms
from nn_model.formats.onnx.importing.values import Given, Made, Raw, Sum

__all__ = ["formula", "layered"]

HALF = np.asarray(0.5)


def layered(solid: Sum, find: Find, *, fold: bool) -> "Given | Made | None":
    """Give a sum as what layers give; `None` if none do. Without `fold` no layer takes constants over that need not."""
    return _affine(solid, find, fold=fold) or formula(solid, find)


def formula(solid: Sum, find: Find) -> Made | None:
    """Give a formula of GELU, ELU or layer normalisation as a layer."""
    return _gelu(solid, find) or _elu(solid, find) or layer_norm(solid, find)


def _affine(solid: Sum, find: Find, *, fold: bool) -> "Given | Made | None":
    """Find `factor x + shift`."""
    parts = affine(solid.terms)
    x = None if parts is None else find(parts[0])
    if parts is None or x is None or x.shape != solid.shape:
        return None
    other = folded(solid)
    if isinstance(other, Made) and (fold or not np.all(parts[1] > 0.0)):
        return other
    _, factor, shift = parts
    return (
        _added(x, factor, shift)
        or _added_behind(solid, factor, np.ones(()), shift)
        or _added_behind(solid, np.sign(factor), np.abs(factor), shift)
    )


def _added_behind(solid: Sum, inner: Array, outer: Array, shift: Array) -> Made | None:
    """Find `outer (inner x) + shift`, where the layer that gives x takes the inner factor over."""
    x = folded(replace(solid, terms={monomial: inner for monomial in solid.terms if monomial}))
    return _added(x, outer, shift) if isinstance(x, Made) else None


def _added(x: "Given | Made", factor: Array, shift: Array) -> Made | None:
    """Give `factor x + shift`: positions, or a standardisation, whose scale is positive."""
    factor, shift = spread(factor, x.shape[1:]), spread(shift, x.shape[1:])
    if np.all(factor == 1.0) and shift.ndim == 2 and (shift != shift[0]).any():
        return _positions(x, shift)
    if not np.all(factor > 0.0):
        return None
    spend(LAYER * shift.size, 2)
    with np.errstate(over="ignore"):
        arrays = {"mean": -shift / factor, "scale": 1.0 / factor}
    return Made(Standardize(), x, x.shape, arrays)


def _positions(x: "Given | Made", shift: Array) -> Made:
    fixed = np.array_equal(shift.astype(np.float32), sinusoids(*shift.shape).astype(np.float32))
    return Made(PositionalEncoding(trainable=not fixed), x, x.shape, {} if fixed else {"w": shift})


def _put(find: Find, x: Terms, solid: Sum) -> "Given | Made | None":
    """Give the sum x, of the same shape, as what layers give."""
    parts = affine(x)
    plain = parts is not None and NOTHING not in x and np.all(parts[1] == 1.0)
    found = find(parts[0] if plain and parts is not None else replace(solid, terms=x))
    return found if found is not None and found.shape == solid.shape else None


def _gelu(solid: Sum, find: Find) -> Made | None:
    """Find `x (1 + t) / 2`, where t is erf(x / sqrt(2)) or tanh(sqrt(2 / pi) (x + 0.044715 x^3))."""
    t = raw_in(solid, "Erf", "Tanh")
    if t is None:
        return None
    x = scaled(with_power(solid, t, 1), np.asarray(2.0))
    half = scaled(x, HALF)
    if not close(solid.terms, plus(half, times(half, one(t)) or {})):
        return None
    square = times(x, x) or {}
    cube = scaled(times(square, x) or {}, np.asarray(CUBIC))
    wanted = scaled(x, np.asarray(sqrt(0.5))) if t.kind == "Erf" else scaled(plus(x, cube), np.asarray(ROOT))
    source = _put(find, x, solid) if close(terms(t.args[0].source), wanted) else None
    layer = GELU("none" if t.kind == "Erf" else "tanh")
    return None if source is None else Made(layer, source, solid.shape)


def _elu(solid: Sum, find: Find) -> Made | None:  # one signature
    """Find `right max(x, 0) + left (exp(min(x, 0)) - 1)`."""
    e = raw_in(solid, "Exp")
    low = e.args[0].source if e is not None else None
    if e is None or not isinstance(low, Raw) or low.kind != "Min0":
        return None
    above = [s for monomial in solid.terms for s, _ in monomial if isinstance(s, Made) and isinstance(s.layer, ReLU)]
    x = low.args[0].source
    if len(above) != 1 or find(x) is not above[0].source:
        return None
    scale, left = (solid.terms.get(frozenset({(s, 1)}), np.zeros(())) for s in (above[0], e))
    if scale.size != 1 or left.size != 1 or not scale.item() > 0 or not left.item() >= 0:
        return None
    if not close(solid.terms, plus(plus(scaled(one(above[0]), scale), scaled(one(e), left)), constant(-left))):
        return None
    a, s = left.item() / scale.item(), scale.item()
    return Made(ELU(a) if s == 1.0 else SELU(a, s), above[0].source, solid.shape)
