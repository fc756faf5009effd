"""Shares: what each row counts in the mean. `(rows, 1, ...)`, or one element if all rows count the same."""

import math

import numpy as np

from nn_loss.protocol import Array


def equal(denominator: Array, times: float, share: Array) -> None:
    """Write share = 1 / (denominator * times)."""
    share.fill(1.0 / _or_infinite(denominator[0] * times))


def weighted(weights: Array, denominator: Array, times: float, share: Array) -> None:
    """Write share = w / (denominator * times), for weights `(rows,)`."""
    # The denominator, and the weights' inverse, may leave the range of float32; a share never does.
    part, exponent = math.frexp(_or_infinite(denominator[0] * times))
    np.ldexp(_beside(weights, share), -exponent, out=share)
    np.divide(share, part, out=share)


def by_label(labels: Array, class_weights: Array, at: Array, share: Array) -> None:
    """Write share = class weight of the label, not yet normalised; `at` is work space."""
    np.copyto(at, labels)
    class_weights.take(at, out=share, mode="clip")


def scale(weights: Array, share: Array, work: Array, largest: Array) -> None:
    """Multiply share by w / the largest w, for weights `(rows,)`, and write the largest."""
    largest[0] = np.maximum.reduce(weights)
    np.divide(_beside(weights, share), _or_infinite(largest.item()), out=work)
    np.multiply(share, work, out=share)


def normalise(share: Array, unit: float, largest: Array, denominator: Array) -> None:
    """Divide share by its sum, and write denominator = sum * unit * largest: the sum before both were taken out."""
    # The sum is made where float64 is asked for: in the denominator.
    np.add.reduce(share.reshape(1, -1), axis=1, out=denominator)
    np.divide(share, _or_infinite(denominator[0]), out=share)
    denominator[0] *= unit * largest.item()


def _beside(weights: Array, share: Array) -> Array:
    return weights.reshape((-1,) + (1,) * (share.ndim - 1))


def _or_infinite(denominator: float) -> float:
    """Make 0 infinite: a batch whose weights are all 0 has loss 0 and gradient 0, not 0 / 0."""
    return float(denominator) or float("inf")
