"""Bounds on a gradient, by value or by norm; a gradient that is not finite is left as it is, to be found."""

import math
from collections.abc import Iterator

import numpy as np

from nn_optim.kernels.parts import blocks
from nn_optim.protocol import Array

# Between these a sum of squares has lost nothing to overflow or underflow, in float32 as in float64.
_SAFE = (1e-20, 1e30)

SUMMANDS = 32768
"""How many squares are added up in the gradient's own precision."""


def by_value(grad: Array, limit: float) -> None:
    """`g = min(max(g, -limit), limit)`."""
    bound(grad, limit, peak(grad))


def by_norm(grad: Array, scratch: Array, max_norm: float) -> None:
    """`g *= min(1, max_norm / (|g| + 1e-6))`."""
    shrink(grad, max_norm, *size(grad, scratch))


def peak(grad: Array) -> float:
    """Return max |g|: NaN if a NaN is in it, 0 for no elements."""
    with np.errstate(invalid="ignore"):
        return abs(max(grad.max().item(), -grad.min().item())) if grad.size else 0.0


def bound(grad: Array, limit: float, highest: float) -> None:
    """Clip by value, if the highest magnitude asks for it."""
    if limit < highest < math.inf:
        np.clip(grad, -limit, limit, out=grad)


def size(grad: Array, scratch: Array) -> tuple[float, float]:
    """Return `(unit, length)`: the gradient's norm is unit * length, and length is safe from overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = sum(np.dot(g, g).item() for g in _summands(grad))
    if _SAFE[0] < total < _SAFE[1]:
        return 1.0, math.sqrt(total)
    unit = peak(grad)
    if unit == 0 or not math.isfinite(unit):
        return 1.0, unit
    total = 0.0
    for g, s in blocks(scratch[:1], grad):
        np.divide(g, unit, out=s)
        total += sum(np.dot(r, r).item() for r in _summands(s))
    return unit, math.sqrt(total)


def _summands(g: Array) -> Iterator[Array]:
    """Cut `g` into pieces whose squares float32 can still add up to five digits."""
    return (g[start : start + SUMMANDS] for start in range(0, g.size, SUMMANDS))


def shrink(grad: Array, max_norm: float, unit: float, length: float) -> None:
    """Scale a gradient of norm unit * length to `max_norm`, if it is longer and finite."""
    norm = unit * length
    if not math.isfinite(length) or norm + 1e-6 <= max_norm:
        return
    if unit <= 1.0:
        np.multiply(grad, max_norm / (norm + 1e-6), out=grad)
    else:  # in two factors, since the norm may be above the greatest float and its inverse below the smallest
        np.divide(grad, unit, out=grad)
        np.multiply(grad, max_norm / (length + 1e-6 / unit), out=grad)
