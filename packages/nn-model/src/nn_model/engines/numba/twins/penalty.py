"""Penalties on a flat weight vector: the value is added to `value[0]`, the gradient to `g`, in one pass."""

import numpy as np

from nn_layers.kernels import penalty
from nn_layers.protocol import Array
from nn_model.engines.numba.registry import twin


@twin(penalty.add_l1)
def add_l1(w: Array, g: Array | None, l1: float, s: Array, value: Array) -> None:
    total, one = 0.0, w.dtype.type(l1)
    for i in range(w.size):
        total += abs(w[i])
        if g is not None:
            g[i] += one * np.sign(w[i])
    value[0] += l1 * total


@twin(penalty.add_l2)
def add_l2(w: Array, g: Array | None, l2: float, s: Array, value: Array) -> None:
    total, two = 0.0, w.dtype.type(2.0 * l2)
    for i in range(w.size):
        total += w[i] * w[i]
        if g is not None:
            g[i] += two * w[i]
    value[0] += l2 * total


@twin(penalty.add_elastic_net)
def add_elastic_net(w: Array, g: Array | None, l1: float, l2: float, s: Array, value: Array) -> None:
    sizes, squares = 0.0, 0.0
    one, two = w.dtype.type(l1), w.dtype.type(2.0 * l2)
    for i in range(w.size):
        sizes += abs(w[i])
        squares += w[i] * w[i]
        if g is not None:
            g[i] += one * np.sign(w[i]) + two * w[i]
    value[0] += l1 * sizes + l2 * squares
