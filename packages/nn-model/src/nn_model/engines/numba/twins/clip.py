"""Bounds on a gradient, by value or by norm; a gradient that is not finite is left as it is, to be found."""

import math

from nn_model.engines.numba.registry import compiled, twin
from nn_optim.kernels import clip
from nn_optim.protocol import Array


@compiled
def _peak(grad: Array) -> float:
    """Return max |g|: NaN if a NaN is in it, 0 for no elements."""
    most, spoilt = grad.dtype.type(0), False
    for i in range(grad.size):
        most = max(most, abs(grad[i]))
        spoilt |= grad[i] != grad[i]
    return math.nan if spoilt else float(most)


@twin(clip.by_value)
def by_value(grad: Array, limit: float) -> None:
    if not limit < _peak(grad) < math.inf:
        return
    most = grad.dtype.type(limit)
    for i in range(grad.size):
        grad[i] = min(max(grad[i], -most), most)


@twin(clip.by_norm)
def by_norm(grad: Array, scratch: Array, max_norm: float) -> None:
    # Sums are made in float64, where no square of a float32 is lost; those of float64 may need a unit.
    unit, total = 1.0, _squares(grad, 1.0)
    if not 1e-20 < total < 1e30:
        unit = _peak(grad)
        if not 0.0 < unit < math.inf:  # not math.isfinite: where sums are taken in any order, x - x is 0
            return
        total = _squares(grad, unit)
    length = math.sqrt(total)
    norm = unit * length
    if norm + 1e-6 <= max_norm:
        return
    first = unit if unit > 1 else 1.0  # in two factors: the norm may be above the greatest float
    times = grad.dtype.type(max_norm / (norm / first + 1e-6 / first))
    for i in range(grad.size):
        grad[i] = grad[i] / first * times


@compiled
def _squares(grad: Array, unit: float) -> float:
    total = 0.0
    for i in range(grad.size):
        part = grad[i] / unit
        total += part * part
    return total
