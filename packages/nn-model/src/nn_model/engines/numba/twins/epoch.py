"""The arithmetic around a step of an epoch."""

import math

from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin
from nn_model.engines.numba.shuffling import shuffle
from nn_model.train import kernels


@twin(kernels.reorder)
def reorder(cursor: Array, words: Array, first: Array, done: Array, pool: Array, rows: Array, order: Array) -> None:
    if cursor[0] == 0:
        for i in range(order.size):
            order[i] = rows[i]
        shuffle(words, first[0] + done[0], pool, order)


@twin(kernels.gather)
def gather(data: Array, order: Array, cursor: Array, out: Array) -> None:
    source, taken, start = flat(data), flat(out), cursor[0]
    width = taken.size // out.shape[0]
    for i in range(out.shape[0]):
        first = order[start + i] * width
        for j in range(width):
            taken[i * width + j] = source[first + j]


@twin(kernels.total)
def total(weights: Array, denominator: Array) -> None:
    whole = 0.0
    for i in range(weights.size):
        whole += weights[i]
    denominator[0] = whole


@twin(kernels.tally)
def tally(value: Array, denominator: Array, correct: Array, rows: int, sums: Array) -> None:
    sums[0] += value[0] * denominator[0]
    sums[1] += denominator[0]
    sums[2] += correct[0] * rows
    sums[3] += rows


@twin(kernels.advance)
def advance(cursor: Array, rows: int) -> None:
    cursor[0] += rows


@twin(kernels.close)
def close(
    cursor: Array, end: int, sums: Array, lr: Array, theta: Array, log: Array, count: Array, spoilt: Array
) -> None:
    if cursor[0] < end:
        return
    whole = 0.0
    for i in range(theta.size):
        whole += theta[i]
    # Not math.isfinite, which takes x - x: that may be folded to 0 where sums may be taken in any order.
    if not abs(whole) < math.inf:  # it may have overflowed by itself
        for i in range(theta.size):
            if not abs(theta[i]) < math.inf:
                spoilt[0] = 1
    for i in range(4):
        log[count[0], i] = sums[i]
        sums[i] = 0
    log[count[0], 4] = lr[0]
    count[0] += 1
    cursor[0] = 0


@twin(kernels.halt)
def halt(spoilt: Array, value: Array) -> None:
    if spoilt[0]:
        value[0] = math.nan
