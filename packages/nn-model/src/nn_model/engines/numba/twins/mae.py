"""Mean absolute error: value = sum share * |d|, gradient = share * sign(d), with d = scores - targets."""

import numpy as np

from nn_loss.kernels import mae
from nn_loss.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(mae.value)
def value(scores: Array, targets: Array, share: Array, value: Array, d: Array) -> None:
    rows = flat(share)
    columns = scores.size // rows.size
    s, t = table(scores, columns), table(targets, columns)
    total = 0.0
    for i in range(rows.size):
        for j in range(columns):
            total += np.float64(rows[i]) * abs(s[i, j] - t[i, j])
    value[0] = total


@twin(mae.value_and_grad)
def value_and_grad(scores: Array, targets: Array, share: Array, value: Array, d: Array, dscores: Array) -> None:
    rows = flat(share)
    columns = scores.size // rows.size
    s, t, out = table(scores, columns), table(targets, columns), table(dscores, columns)
    total = 0.0
    for i in range(rows.size):
        for j in range(columns):
            gap = s[i, j] - t[i, j]
            out[i, j] = np.sign(gap) * rows[i]
            total += np.float64(rows[i]) * abs(gap)
    value[0] = total
