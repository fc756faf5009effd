"""y = 1 / (1 + exp(-x)); dy/dx = y (1 - y)."""

import math

import numpy as np

from nn_layers.protocol import Array


def exponent_limit(x: Array) -> float:
    """Give the largest argument whose exp is finite in the dtype of `x`: 88 in float32, 709 in float64."""
    return math.floor(math.log(float(np.finfo(x.dtype).max)))


def forward(x: Array, limit: float, y: Array) -> None:
    """X -> y, any shape. Beyond `limit` exp(-x) is cut off: y is then below every normal number anyway."""
    np.negative(x, out=y)
    np.minimum(y, limit, out=y)
    np.exp(y, out=y)
    np.add(y, 1.0, out=y)
    np.reciprocal(y, out=y)


def backward(dy: Array, y: Array, dx: Array) -> None:
    """Dx = dy y (1 - y)."""
    np.subtract(1.0, y, out=dx)
    np.multiply(dx, y, out=dx)
    np.multiply(dx, dy, out=dx)
