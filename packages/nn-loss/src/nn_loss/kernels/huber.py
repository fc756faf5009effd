"""Huber: value = sum share * c (d - c / 2), gradient = share * c, with c = d clipped to [-delta, delta]."""

import numpy as np

from nn_loss.kernels import sums
from nn_loss.protocol import Array


def value(
    scores: Array, targets: Array, share: Array, delta: float, value: Array, d: Array, c: Array, shared: Array
) -> None:
    """Write the value; leaves share * c, its gradient, in `shared`: a factor of the value, so it comes for free."""
    np.subtract(scores, targets, out=d)
    d.clip(-delta, delta, out=c)
    np.multiply(c, share, out=shared)
    value[0] = sums.dot(shared, d) - 0.5 * sums.dot(shared, c)
