"""y = x mask, where mask is 0 with probability 1 - keep and `scale` otherwise; alpha dropout moves the zeros."""

import numpy as np

from nn_layers.protocol import Array


def draw(rng: np.random.Generator, keep: float, scale: float, mask: Array) -> None:
    """Draw the mask: floor(u + keep) is 1 with probability `keep`, for u uniform on [0, 1)."""
    rng.random(out=mask, dtype=mask.dtype)
    np.add(mask, keep, out=mask)
    np.floor(mask, out=mask)
    np.multiply(mask, scale, out=mask)


def apply(x: Array, mask: Array, y: Array) -> None:
    """Y = x mask; forward and, with the gradient in place of x, backward."""
    np.multiply(x, mask, out=y)


def apply_alpha(x: Array, mask: Array, low: float, shift: float, y: Array) -> None:
    """Y = (x - low) mask + shift: where the mask is 0, as if x were `low`. Its slope is the mask."""
    np.subtract(x, low, out=y)
    np.multiply(y, mask, out=y)
    np.add(y, shift, out=y)
