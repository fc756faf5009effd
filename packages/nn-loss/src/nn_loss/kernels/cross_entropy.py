"""Softmax and cross-entropy of scores `(N, K)` and labels `(N,)`, N counting rows and tokens alike.

With e = exp(scores - peak) and total = sum of e over the classes, the loss of a row is
(peak - score of its label) + log(total), where both terms are at least 0, and softmax = e / total.
`e` is `(K, N)`: reducing over a short last axis costs NumPy several times the turn (3 times at 10 classes).

Label smoothing gives every class `even` (smoothing / K, times its class weight) beside the label's own part:
`hit` is what the label counts, `spread` what the row counts, `both` the sum of a row's parts.
"""

import numpy as np

from nn_loss.kernels import sums
from nn_loss.protocol import Array


def value(
    scores: Array,
    labels: Array,
    share: Array,
    value: Array,
    e: Array,
    peak: Array,
    total: Array,
    row: Array,
    at: Array,
) -> None:
    """Write the value; leaves `e`, `total` and `at`, the flat positions of the labels' scores."""
    _shift(scores, e, peak)
    np.exp(e, out=e)
    np.add.reduce(e, axis=0, out=total)
    _below_peak(scores, labels, peak, row, at)
    np.log(total, out=peak)
    np.add(row, peak, out=row)
    value[0] = sums.dot(row, share)


def grad(share: Array, e: Array, total: Array, row: Array, at: Array, dscores: Array) -> None:
    """Write dscores = share * (softmax - one-hot label), from what `value` left."""
    np.divide(share, total, out=row)
    np.multiply(e, row, out=dscores.T)
    np.subtract.at(dscores.reshape(-1), at, share)


def smooth(share: Array, spread: Array, smoothing: float, whole: float, hit: Array, both: Array) -> None:
    """Write hit = (1 - smoothing) share and both = hit + whole * spread, with `whole` the sum of `even`."""
    np.multiply(spread, whole, out=both)
    np.multiply(share, 1.0 - smoothing, out=hit)
    np.add(both, hit, out=both)


def smooth_value(
    scores: Array,
    labels: Array,
    hit: Array,
    spread: Array,
    both: Array,
    even: Array,
    value: Array,
    e: Array,
    peak: Array,
    total: Array,
    row: Array,
    at: Array,
) -> None:
    """Write the value under label smoothing; leaves `e`, `total` and `at`."""
    _shift(scores, e, peak)
    np.dot(even, e, out=row)
    below = -sums.dot(row, spread)
    np.exp(e, out=e)
    np.add.reduce(e, axis=0, out=total)
    _below_peak(scores, labels, peak, row, at)
    np.log(total, out=peak)
    value[0] = below + sums.dot(row, hit) + sums.dot(peak, both)


def smooth_grad(
    hit: Array,
    spread: Array,
    both: Array,
    even: Array,
    e: Array,
    total: Array,
    row: Array,
    at: Array,
    dscores: Array,
) -> None:
    """Write dscores = both * softmax - spread * even - hit * one-hot label, from what `smooth_value` left."""
    np.divide(both, total, out=row)
    np.multiply(e, row, out=e)
    parts = dscores.reshape(e.shape)  # the gradient's own memory as work space
    np.multiply(even.reshape(-1, 1), spread, out=parts)
    np.subtract(e, parts, out=e)
    np.copyto(dscores, e.T)
    np.subtract.at(dscores.reshape(-1), at, hit)


def _shift(scores: Array, e: Array, peak: Array) -> None:
    np.copyto(e, scores.T)
    np.maximum.reduce(e, axis=0, out=peak)
    np.subtract(e, peak, out=e)


def _below_peak(scores: Array, labels: Array, peak: Array, row: Array, at: Array) -> None:
    """Write at = flat position of each label's score, row = peak - that score."""
    at.fill(scores.shape[1])
    at[0] = 0
    np.add.accumulate(at, out=at)  # where each row starts
    np.add(at, labels, out=at, dtype=at.dtype, casting="unsafe")  # labels may be of any integer dtype
    scores.reshape(-1).take(at, out=row, mode="clip")
    np.subtract(peak, row, out=row)
