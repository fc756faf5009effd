"""Huber: value = sum share * c (d - c / 2), gradient = share * c, with c = d clipped to [-delta, delta]."""

import numpy as np

from nn_loss.kernels import huber
from nn_loss.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(huber.value)
def value(
    scores: Array, targets: Array, share: Array, delta: float, value: Array, d: Array, c: Array, shared: Array
) -> None:
    rows, limit = flat(share), scores.dtype.type(delta)
    columns = scores.size // rows.size
    s, t, out = table(scores, columns), table(targets, columns), table(shared, columns)
    total = 0.0
    for i in range(rows.size):
        for j in range(columns):
            gap = s[i, j] - t[i, j]
            near = limit if gap > limit else max(gap, -limit)
            out[i, j] = near * rows[i]
            total += np.float64(out[i, j]) * (np.float64(gap) - 0.5 * near)
    value[0] = total
