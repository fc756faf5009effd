"""Binary cross-entropy of scores z and targets y, in a form where no term cancels another or overflows.

The formulas are those of the kernels; `e` keeps exp(-|z|) and `step` [z > 0] from the value to the gradient.
"""

import numpy as np

from nn_loss.kernels import binary_cross_entropy as kernels
from nn_loss.protocol import Array
from nn_model.engines.numba.mathematics import exp, log1p
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(kernels.value)
def value(
    scores: Array, targets: Array, share: Array, value: Array, e: Array, step: Array, terms: Array, work: Array
) -> None:
    rows = flat(share)
    columns = scores.size // rows.size
    z, y, fall, over = table(scores, columns), table(targets, columns), table(e, columns), table(step, columns)
    total = 0.0
    for i in range(rows.size):
        for j in range(columns):
            fall[i, j] = exp(-abs(z[i, j]))
            over[i, j] = 1 if z[i, j] > 0 else 0
            total += np.float64(rows[i]) * ((over[i, j] - y[i, j]) * z[i, j] + log1p(fall[i, j]))
    value[0] = total


@twin(kernels.grad)
def grad(targets: Array, share: Array, e: Array, step: Array, dscores: Array) -> None:
    rows = flat(share)
    columns = dscores.size // rows.size
    y, fall, over, out = table(targets, columns), table(e, columns), table(step, columns), table(dscores, columns)
    for i in range(rows.size):
        for j in range(columns):
            out[i, j] = (max(over[i, j], fall[i, j]) / (1 + fall[i, j]) - y[i, j]) * rows[i]


@twin(kernels.balance)
def balance(targets: Array, positive: Array, b: Array, q: Array) -> None:
    p = flat(positive)
    y, left, right = table(targets, p.size), table(b, p.size), table(q, p.size)
    for i in range(y.shape[0]):
        for j in range(p.size):
            left[i, j] = y[i, j] * p[j]
            right[i, j] = 1 - y[i, j] + left[i, j]


@twin(kernels.balanced_value)
def balanced_value(
    scores: Array,
    b: Array,
    q: Array,
    share: Array,
    value: Array,
    e: Array,
    step: Array,
    terms: Array,
    work: Array,
) -> None:
    rows = flat(share)
    columns = scores.size // rows.size
    z, fall, over = table(scores, columns), table(e, columns), table(step, columns)
    left, right = table(b, columns), table(q, columns)
    total = 0.0
    for i in range(rows.size):
        for j in range(columns):
            fall[i, j] = exp(-abs(z[i, j]))
            over[i, j] = 1 if z[i, j] > 0 else 0
            one = (over[i, j] * right[i, j] - left[i, j]) * z[i, j]
            total += np.float64(rows[i]) * (one + log1p(fall[i, j]) * right[i, j])
    value[0] = total


@twin(kernels.balanced_grad)
def balanced_grad(b: Array, q: Array, share: Array, e: Array, step: Array, dscores: Array) -> None:
    rows = flat(share)
    columns = dscores.size // rows.size
    left, right, out = table(b, columns), table(q, columns), table(dscores, columns)
    fall, over = table(e, columns), table(step, columns)
    for i in range(rows.size):
        for j in range(columns):
            sigmoid = max(over[i, j], fall[i, j]) / (1 + fall[i, j])
            out[i, j] = (sigmoid * right[i, j] - left[i, j]) * rows[i]
