"""y = x + f(x), once the layers inside have written f(x)."""

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, fx: Array, y: Array) -> None:
    """X, f(x) -> y, all of one shape."""
    np.add(x, fx, out=y)


def backward(dy: Array, dfx: Array, dx: Array) -> None:
    """Dx = dy + what came back through the layers inside, all of one shape."""
    np.add(dy, dfx, out=dx)
