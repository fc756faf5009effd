"""Mean absolute error: value = sum share * |d|, gradient = share * sign(d), with d = scores - targets."""

import numpy as np

from nn_loss.kernels import sums
from nn_loss.protocol import Array


def value(scores: Array, targets: Array, share: Array, value: Array, d: Array) -> None:
    """Write the value."""
    np.subtract(scores, targets, out=d)
    np.abs(d, out=d)
    value[0] = sums.weighted(d, share)


def value_and_grad(scores: Array, targets: Array, share: Array, value: Array, d: Array, dscores: Array) -> None:
    """Write the value as `dscores . d`, and the gradient; sign(0) = 0."""
    np.subtract(scores, targets, out=d)
    np.sign(d, out=dscores)
    np.multiply(dscores, share, out=dscores)
    value[0] = sums.dot(dscores, d)
