"""Shares: what each row counts in the mean. `(rows, 1, ...)`, or one element if all rows count the same."""

import numpy as np

from nn_loss.protocol import Array


def equal(denominator: Array, per_row: int, share: Array) -> None:
    """Write share = 1 / (denominator * elements of a row)."""
    share.fill(1.0 / _or_infinite(denominator[0] * per_row))


def weighted(weights: Array, denominator: Array, per_row: int, share: Array) -> None:
    """Write share = w / (denominator * elements of a row), for weights `(rows,)`."""
    rows = weights.reshape((-1,) + (1,) * (share.ndim - 1))
    np.divide(rows, _or_infinite(denominator[0] * per_row), out=share)


def by_label(labels: Array, class_weights: Array, at: Array, share: Array) -> None:
    """Write share = class weight of the label, not yet normalised; `at` is work space."""
    np.copyto(at, labels)
    class_weights.take(at, out=share, mode="clip")


def scale(weights: Array, share: Array) -> None:
    """Multiply share by w, for weights `(rows,)`."""
    np.multiply(share, weights.reshape((-1,) + (1,) * (share.ndim - 1)), out=share)


def normalise(share: Array, denominator: Array) -> None:
    """Write denominator = sum of share, and divide share by it."""
    denominator[0] = np.add.reduce(share, axis=None)
    np.divide(share, _or_infinite(denominator[0]), out=share)


def _or_infinite(denominator: float) -> float:
    """Make 0 infinite: a batch whose weights are all 0 has loss 0 and gradient 0, not 0 / 0."""
    return float(denominator) or float("inf")
