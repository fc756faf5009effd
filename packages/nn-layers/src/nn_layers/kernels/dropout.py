"""y = x mask, where mask is 0 with probability `rate` and 1 / (1 - rate) otherwise."""

import numpy as np

from nn_layers.protocol import Array


def draw(rng: np.random.Generator, keep: float, mask: Array) -> None:
    """Draw the mask: floor(u + keep) is 1 with probability `keep`, for u uniform on [0, 1)."""
    rng.random(out=mask, dtype=mask.dtype)
    np.add(mask, keep, out=mask)
    np.floor(mask, out=mask)
    np.multiply(mask, 1.0 / keep, out=mask)


def apply(x: Array, mask: Array, y: Array) -> None:
    """Y = x mask; forward and, with the gradient in place of x, backward."""
    np.multiply(x, mask, out=y)
