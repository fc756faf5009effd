"""y = exp(x) / sum exp(x) over the last axis; the largest number is taken off first, so that nothing overflows."""

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, s: Array, y: Array) -> None:
    """x: (..., n) -> y: (..., n). `s`: scratch (..., 1)."""
    np.maximum.reduce(x, axis=-1, keepdims=True, out=s)
    np.subtract(x, s, out=y)
    np.exp(y, out=y)
    np.add.reduce(y, axis=-1, keepdims=True, out=s)
    np.divide(y, s, out=y)


def backward(dy: Array, y: Array, s: Array, dx: Array) -> None:
    """Dx = y (dy - sum(dy y)), the whole Jacobian. `s`: scratch (..., 1)."""
    np.multiply(dy, y, out=dx)
    np.add.reduce(dx, axis=-1, keepdims=True, out=s)
    np.subtract(dy, s, out=dx)
    np.multiply(dx, y, out=dx)
