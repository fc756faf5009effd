"""Mean squared error: value = sum share * d^2, gradient = 2 share * d, with d = scores - targets."""

import numpy as np

from nn_loss.kernels import mse
from nn_loss.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(mse.value)
def value(scores: Array, targets: Array, share: Array, value: Array, d: Array, shared: Array) -> None:
    rows = flat(share)
    columns = scores.size // rows.size
    s, t, out = table(scores, columns), table(targets, columns), table(shared, columns)
    total = 0.0
    for i in range(rows.size):
        for j in range(columns):
            gap = s[i, j] - t[i, j]
            out[i, j] = gap * rows[i]
            total += np.float64(out[i, j]) * gap
    value[0] = total


@twin(mse.grad)
def grad(dscores: Array) -> None:
    d = flat(dscores)
    for i in range(d.size):
        d[i] += d[i]
