"""Softmax and cross-entropy of scores `(N, K)` and labels `(N,)`, N counting rows and tokens alike.

The formulas are those of the kernels; but `e` is filled row by row here, `(N, K)` in the same memory.
"""

import numpy as np

from nn_loss.kernels import cross_entropy as kernels
from nn_loss.protocol import Array
from nn_model.engines.numba.mathematics import exp, log
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import compiled, twin


@compiled
def _shift(scores: Array, shifted: Array, peak: Array) -> None:
    """Write peak = largest score of a row, shifted = scores - peak; a NaN goes through."""
    for i in range(scores.shape[0]):
        most = scores[i, 0]
        for j in range(1, scores.shape[1]):
            most = max(most, scores[i, j])
        peak[i] = most
        for j in range(scores.shape[1]):
            shifted[i, j] = scores[i, j] - most


@compiled
def _exponentials(shifted: Array, total: Array) -> None:
    """Take exp in place, as one loop over all, and write total = the sum of each row."""
    numbers = flat(shifted)
    for i in range(numbers.size):
        numbers[i] = exp(numbers[i])
    for i in range(total.size):
        whole = shifted[i, 0]
        for j in range(1, shifted.shape[1]):
            whole += shifted[i, j]
        total[i] = whole


@twin(kernels.value)
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
    shifted, classes = table(e, scores.shape[1]), scores.shape[1]
    _shift(scores, shifted, peak)
    _exponentials(shifted, total)
    for i in range(total.size):
        at[i] = i * classes + labels[i]
        row[i] = peak[i] - scores[i, labels[i]]
    loss = 0.0
    for i in range(total.size):
        loss += np.float64(row[i] + log(total[i])) * share[i]
    value[0] = loss


@twin(kernels.grad)
def grad(share: Array, e: Array, total: Array, row: Array, at: Array, dscores: Array) -> None:
    exps, out = table(e, dscores.shape[1]), flat(dscores)
    for i in range(total.size):
        part = share[i] / total[i]
        for j in range(dscores.shape[1]):
            dscores[i, j] = exps[i, j] * part
    for i in range(total.size):
        out[at[i]] -= share[i]


@twin(kernels.smooth)
def smooth(share: Array, spread: Array, smoothing: float, whole: float, hit: Array, both: Array) -> None:
    kind = share.dtype.type
    rest, all_even = kind(1.0 - smoothing), kind(whole)
    for i in range(share.size):
        hit[i] = share[i] * rest
        both[i] = spread[i] * all_even + hit[i]


@twin(kernels.smooth_value)
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
    shifted, classes = table(e, scores.shape[1]), scores.shape[1]
    _shift(scores, shifted, peak)
    loss = 0.0
    for i in range(total.size):
        below = 0.0
        for j in range(classes):
            below += np.float64(even[j]) * shifted[i, j]
        loss -= below * spread[i]
    _exponentials(shifted, total)
    for i in range(total.size):
        at[i] = i * classes + labels[i]
        loss += np.float64(peak[i] - scores[i, labels[i]]) * hit[i]
    for i in range(total.size):
        loss += np.float64(log(total[i])) * both[i]
    value[0] = loss


@twin(kernels.smooth_grad)
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
    exps, out = table(e, dscores.shape[1]), flat(dscores)
    for i in range(total.size):
        part = both[i] / total[i]
        for j in range(dscores.shape[1]):
            dscores[i, j] = exps[i, j] * part - even[j] * spread[i]
    for i in range(total.size):
        out[at[i]] -= hit[i]
