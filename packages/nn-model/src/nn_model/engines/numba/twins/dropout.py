"""y = x mask, where mask is 0 with probability 1 - keep and `scale` otherwise; alpha dropout moves the zeros.

The generator gives the same bits here as under NumPy, so that both engines drop the same units; `rng` is the
address of what it draws with.
"""

import math

from nn_layers.kernels import dropout
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, uniform
from nn_model.engines.numba.registry import twin


@twin(dropout.draw)
def draw(rng: int, keep: float, scale: float, mask: Array) -> None:
    m, kind = flat(mask), mask.dtype.type
    share, times = kind(keep), kind(scale)
    for i in range(m.size):
        m[i] = math.floor(uniform(rng, mask) + share) * times


@twin(dropout.apply)
def apply(x: Array, mask: Array, y: Array) -> None:
    a, m, out = flat(x), flat(mask), flat(y)
    for i in range(a.size):
        out[i] = a[i] * m[i]


@twin(dropout.apply_alpha)
def apply_alpha(x: Array, mask: Array, low: float, shift: float, y: Array) -> None:
    a, m, out = flat(x), flat(mask), flat(y)
    bottom, up = y.dtype.type(low), y.dtype.type(shift)
    for i in range(a.size):
        out[i] = (a[i] - bottom) * m[i] + up
