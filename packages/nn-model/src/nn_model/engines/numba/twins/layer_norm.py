"""Layer normalisation: xhat = (x - mean) / sqrt(var + eps) over the last axis, y = w xhat + b. One row at a time.

`mean`, `rest` and `inv` of each row are those of the kernels.
"""

from typing import Any

import numpy as np

from nn_layers.kernels import layer_norm
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import centred, inverse_root, scaled
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import compiled, twin


@compiled
def _moments(x: Array, shift: float, scale: float) -> tuple[float, float]:
    """Give the means of t and t^2, t = (x - shift) scale, of one row."""
    number = x.dtype.type
    first = second = number(0)
    for j in range(x.size):
        t = scaled(x[j], shift, scale)
        first += t
        second += t * t
    return first / number(x.size), second / number(x.size)


@compiled
def _from_smaller(x: Array, shift: float) -> Any:
    """Give 1 / deviation of a row whose squares overflow, from squares of smaller numbers."""
    limits = np.finfo(x.dtype)
    scale = x.dtype.type(float(limits.max) ** -0.625)
    rest, square = _moments(x, shift, scale)
    return scale * inverse_root(max(square - rest * rest, limits.tiny))


@twin(layer_norm.forward)
def forward(
    x: Array,
    w: Array,
    b: Array,
    eps: float,
    tile: Array,
    lines: Array,
    rows: Array,
    mean: Array,
    rest: Array,
    inv: Array,
    y: Array,
) -> None:
    xs, ys, means, rests, invs = table(x, w.size), table(y, w.size), flat(mean), flat(rest), flat(inv)
    number = x.dtype.type
    for i in range(means.size):
        m = _moments(xs[i], number(0), number(1))[0]
        r, square = _moments(xs[i], m, number(1))
        largest = number(np.finfo(x.dtype).max)
        v = inverse_root(max(square - min(r * r, largest), number(0)) + number(eps))
        if not v > 0:  # a NaN, or infinitely far apart
            v = _from_smaller(xs[i], m) if v == 0 else v
        for j in range(w.size):
            ys[i, j] = w[j] * (centred(xs[i, j], m, r) * v) + b[j]
        means[i], rests[i], invs[i] = m, r, v


@compiled
def _add_grads(x: Array, dy: Array, m: float, r: float, v: float, dw: Array, db: Array) -> None:
    """Add what one row gives to dw and db."""
    for j in range(dw.size):
        dw[j] += dy[j] * (centred(x[j], m, r) * v)
        db[j] += dy[j]


@twin(layer_norm.parameter_grads)
def parameter_grads(
    x: Array,
    dy: Array,
    tile: Array,
    lines: Array,
    rows: Array,
    mean: Array,
    rest: Array,
    inv: Array,
    dw: Array,
    db: Array,
) -> None:
    xs, dys, means, rests, invs = table(x, dw.size), table(dy, dw.size), flat(mean), flat(rest), flat(inv)
    for j in range(dw.size):
        dw[j] = db[j] = 0
    for i in range(means.size):
        _add_grads(xs[i], dys[i], means[i], rests[i], invs[i], dw, db)


@twin(layer_norm.all_grads)
def all_grads(
    x: Array,
    dy: Array,
    w: Array,
    tile: Array,
    lines: Array,
    rows: Array,
    mean: Array,
    rest: Array,
    inv: Array,
    dw: Array,
    db: Array,
    dx: Array,
) -> None:
    parameter_grads(x, dy, tile, lines, rows, mean, rest, inv, dw, db)
    xs, dys, dxs, number = table(x, w.size), table(dy, w.size), table(dx, w.size), dx.dtype.type
    means, rests, invs, d = flat(mean), flat(rest), flat(inv), number(w.size)
    for i in range(means.size):
        m, r, v = means[i], rests[i], invs[i]
        c = k = number(0)
        for j in range(w.size):
            g = w[j] * dys[i, j]
            c += g
            k += g * (centred(xs[i, j], m, r) * v)
        c, k = c / d, k / d
        for j in range(w.size):
            dxs[i, j] = (w[j] * dys[i, j] - c - centred(xs[i, j], m, r) * v * k) * v
