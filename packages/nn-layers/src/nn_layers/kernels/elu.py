"""y = scale x where x > 0, else scale alpha (exp(x) - 1); ELU has scale 1, SELU both.

Numbers are cut off at 0 by `clip`, three times as fast as the minimum of an array and a number.
"""

import math

import numpy as np

from nn_layers.protocol import Array


def forward(x: Array, alpha: float, y: Array) -> None:
    """X -> y, any shape; 0 <= alpha <= 1, where the larger branch is the right one: exp(x) - 1 >= x."""
    x.clip(-math.inf, 0.0, out=y)
    np.expm1(y, out=y)
    if alpha != 1.0:
        np.multiply(y, alpha, out=y)
    np.maximum(x, y, out=y)


def forward_scaled(x: Array, alpha: float, scale: float, s: Array, y: Array) -> None:
    """X -> y, any shape; any alpha and scale >= 0. `s`: scratch like x."""
    x.clip(-math.inf, 0.0, out=y)
    np.expm1(y, out=y)
    np.multiply(y, scale * alpha, out=y)
    x.clip(0.0, math.inf, out=s)
    np.multiply(s, scale, out=s)
    np.add(y, s, out=y)


def backward(dy: Array, y: Array, dx: Array) -> None:
    """Dx = dy where y > 0, else dy (y + 1): scale = alpha = 1."""
    y.clip(-math.inf, 0.0, out=dx)
    np.add(dx, 1.0, out=dx)
    np.multiply(dx, dy, out=dx)


def backward_scaled(dy: Array, y: Array, alpha: float, scale: float, positive: Array, s: Array, dx: Array) -> None:
    """Dx = scale dy where y > 0, else dy (y + scale alpha). `positive`: boolean scratch, `s`: scratch like dx."""
    # Each side times its own mask: their difference, scale (1 - alpha), would lose the 1 of a large alpha.
    np.greater(y, 0.0, out=positive)
    np.copyto(dx, positive)
    np.multiply(dx, scale, out=dx)
    y.clip(-math.inf, 0.0, out=s)
    np.add(s, scale * alpha, out=s)
    np.logical_not(positive, out=positive)
    np.multiply(s, positive, out=s)
    np.add(dx, s, out=dx)
    np.multiply(dx, dy, out=dx)
