"""y = (x - mean) / scale, feature by feature."""

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, mean: Array, scale: Array, y: Array) -> None:
    """x: (rows, ...), mean and scale: (...) -> y: (rows, ...)."""
    np.subtract(x, mean, out=y)
    np.divide(y, scale, out=y)


def backward(dy: Array, scale: Array, dx: Array) -> None:
    """Dx = dy / scale."""
    np.divide(dy, scale, out=dx)
