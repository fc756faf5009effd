"""y = max(x, 0); the derivative at 0 is 0."""

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, zeros: Array, y: Array) -> None:
    """X -> y, any shape; zeros, of it too: beside a number in their place, maximum takes three times as long."""
    np.maximum(x, zeros, out=y)


def backward(dy: Array, y: Array, positive: Array, dx: Array) -> None:
    """Dx = dy where y > 0, else 0; `positive` is boolean scratch."""
    np.greater(y, 0.0, out=positive)
    np.copyto(dx, positive)  # a tenth faster than a product of floats and booleans
    np.multiply(dx, dy, out=dx)
