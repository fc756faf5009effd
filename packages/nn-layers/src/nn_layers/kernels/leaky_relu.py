"""y = x where x > 0, else alpha x; the derivative at 0 is alpha."""

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, alpha: float, y: Array) -> None:
    """X -> y, any shape; 0 <= alpha < 1, so that the larger of the two branches is the right one."""
    np.multiply(x, alpha, out=y)
    np.maximum(x, y, out=y)


def backward(dy: Array, x: Array, alpha: float, positive: Array, dx: Array) -> None:
    """Dx = dy where x > 0, else alpha dy; `positive` is boolean scratch."""
    np.greater(x, 0.0, out=positive)
    np.copyto(dx, positive)
    np.multiply(dx, 1.0 - alpha, out=dx)
    np.add(dx, alpha, out=dx)
    np.multiply(dx, dy, out=dx)
