"""Batch normalisation: xhat = (x - mean) / sqrt(var + eps) of every feature over the batch, y = w xhat + b.

The batch is seen as the kernels see it: rows of cells (a, c, b), c the features. Where b, here `inner`, is 1, as of
tokens, loops go over the features, else over the b numbers of one. `stats` is theirs, but for its spare row.
"""

import numpy as np

from nn_layers.kernels import batch_norm
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import inverse_root, scaled
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import compiled, twin


@compiled
def _sums(
    x: Array, shift: Array, other: Array, shift2: Array, scale: float, first: Array, second: Array, inner: int
) -> None:
    """Write the sums, by feature, of u and t u, with t = (x - shift) scale and u = (other - shift2) scale."""
    for j in range(first.size):
        first[j] = second[j] = 0
    if inner == 1:
        xs, others = table(x, first.size), table(other, first.size)
        for i in range(xs.shape[0]):
            for j in range(first.size):
                u = scaled(others[i, j], shift2[j], scale)
                first[j] += u
                second[j] += u * scaled(xs[i, j], shift[j], scale)
        return
    xs, others = table(x, inner), table(other, inner)
    for i in range(xs.shape[0]):
        j = i % first.size
        a = b = first.dtype.type(0)
        for k in range(inner):
            u = scaled(others[i, k], shift2[j], scale)
            a += u
            b += u * scaled(xs[i, k], shift[j], scale)
        first[j] += a
        second[j] += b


@compiled
def _line(x: Array, shift: Array, factor: Array, offset: Array, y: Array, inner: int) -> None:
    """Write y = (x - shift) factor + offset, by feature."""
    if inner == 1:
        xs, ys = table(x, shift.size), table(y, shift.size)
        for i in range(xs.shape[0]):
            for j in range(shift.size):
                ys[i, j] = (xs[i, j] - shift[j]) * factor[j] + offset[j]
        return
    xs, ys = table(x, inner), table(y, inner)
    for i in range(xs.shape[0]):
        j = i % shift.size
        for k in range(inner):
            ys[i, k] = (xs[i, k] - shift[j]) * factor[j] + offset[j]


@twin(batch_norm.forward)
def forward(
    x: Array, w: Array, b: Array, eps: float, ones: Array, tile: Array, cols: Array, stats: Array, y: Array
) -> None:
    mean, rest, inv, var, spare = stats[0], stats[1], stats[2], stats[3], stats[4]
    n, inner, number, largest = x.size // w.size, cols.shape[3], x.dtype.type, np.finfo(x.dtype).max
    for j in range(w.size):
        spare[j] = 0
    _sums(x, spare, x, spare, number(1), mean, var, inner)
    for j in range(w.size):
        mean[j] /= number(n)
    _sums(x, mean, x, mean, number(1), rest, var, inner)
    overflow = False
    for j in range(w.size):
        rest[j] /= number(n)
        square = var[j] / number(n) - min(rest[j] * rest[j], largest)
        square = square if square > 0 or square != square else number(0)
        inv[j] = inverse_root(square + number(eps))
        var[j] = min(square * number(n / max(n - 1, 1)), number(0.5) * largest)
        overflow |= inv[j] == 0
    factor, offset = flat(cols)[: w.size], flat(cols)[w.size : 2 * w.size]
    if overflow:
        _mend_overflow(x, mean, rest, inv, factor, offset, inner)
    for j in range(w.size):
        factor[j] = w[j] * inv[j]
        offset[j] = b[j] - rest[j] * factor[j]
    _line(x, mean, factor, offset, y, inner)


@compiled
def _mend_overflow(x: Array, mean: Array, rest: Array, inv: Array, first: Array, second: Array, inner: int) -> None:
    """Write `inv` of the features whose squares overflowed, which have 0 there, from squares of smaller numbers."""
    limits, number = np.finfo(x.dtype), x.dtype.type
    scale = number(float(limits.max) ** -0.625)
    _sums(x, mean, x, mean, scale, first, second, inner)
    for j in range(inv.size):
        if inv[j] == 0:
            small = rest[j] * scale
            square = max(second[j] / number(x.size // inv.size) - small * small, limits.tiny)
            inv[j] = scale * inverse_root(square)


@twin(batch_norm.update)
def update(momentum: float, stats: Array, mean: Array, var: Array) -> None:
    new, old = mean.dtype.type(momentum), mean.dtype.type(1.0 - momentum)
    for j in range(mean.size):
        mean[j] = mean[j] * old + (stats[0, j] + stats[1, j]) * new
        var[j] = var[j] * old + stats[3, j] * new


@twin(batch_norm.inference)
def inference(x: Array, w: Array, b: Array, mean: Array, var: Array, eps: float, cols: Array, y: Array) -> None:
    factor, number = flat(cols)[: w.size], x.dtype.type
    for j in range(w.size):
        factor[j] = w[j] * inverse_root(var[j] + number(eps))
    _line(x, mean, factor, b, y, cols.shape[3])


@twin(batch_norm.parameter_grads)
def parameter_grads(
    x: Array, dy: Array, ones: Array, tile: Array, cols: Array, stats: Array, dw: Array, db: Array
) -> None:
    spare = stats[4]
    for j in range(dw.size):
        spare[j] = 0
    _sums(x, stats[0], dy, spare, x.dtype.type(1), db, dw, cols.shape[3])
    for j in range(dw.size):
        dw[j] = (dw[j] - stats[1, j] * db[j]) * stats[2, j]


@twin(batch_norm.input_grad)
def input_grad(x: Array, dy: Array, w: Array, dw: Array, db: Array, cols: Array, stats: Array, dx: Array) -> None:
    inner, c = cols.shape[3], w.size
    mean, inv, share = stats[0], stats[2], x.dtype.type(-c / x.size)
    slope, offset, factor = flat(cols)[:c], flat(cols)[c : 2 * c], flat(cols)[2 * c : 3 * c]
    for j in range(c):
        slope[j] = inv[j] * dw[j] * share
        offset[j] = db[j] * share - stats[1, j] * slope[j]
        factor[j] = w[j] * inv[j]
    if inner == 1:
        xs, dys, dxs = table(x, c), table(dy, c), table(dx, c)
        for i in range(xs.shape[0]):
            for j in range(c):
                dxs[i, j] = ((xs[i, j] - mean[j]) * slope[j] + dys[i, j] + offset[j]) * factor[j]
        return
    xs, dys, dxs = table(x, inner), table(dy, inner), table(dx, inner)
    for i in range(xs.shape[0]):
        j = i % c
        for k in range(inner):
            dxs[i, k] = ((xs[i, k] - mean[j]) * slope[j] + dys[i, k] + offset[j]) * factor[j]
