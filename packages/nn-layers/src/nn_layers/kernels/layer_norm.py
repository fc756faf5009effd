"""Layer normalisation: xhat = (x - mean) / sqrt(var + eps) over the last axis, y = w xhat + b.

Every kernel sees the batch as a matrix (m, d) and takes as many rows at a time as fit `tile`, which stay in the
processor's cache. Sums, and matrices of rank 2 (one number a row times one a column), are products of BLAS, which are
faster than NumPy's reduction and broadcasting over short rows; NumPy computes those of rank 1 without BLAS, slowly.

What a training pass keeps of each row, (n, ...): `mean`; `rest`, the mean of what is left after taking `mean` off (a
mean near 1e4 is rounded by more than a small deviation can bear); and `inv`, 1 / sqrt(var + eps).
Scratch: `tile` (height, d), `lines` (3, d), `rows` (4, height).
"""

from collections.abc import Iterator

import numpy as np

from nn_layers.protocol import Array

TILE = 1 << 16
"""Numbers in a tile."""


def tile_shape(d: int) -> tuple[int, int]:
    """Give rows and columns of a tile of rows of `d` numbers."""
    return max(1, TILE // d), d


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
    """x: (n, ..., d), w, b: (d,) -> y: (n, ..., d), mean, rest, inv: (n, ...)."""
    pair, average = lines[:2], lines[2]
    average.fill(1.0 / w.size)
    np.copyto(pair[0], w)
    np.copyto(pair[1], b)
    xs, ys = x.reshape(-1, w.size), y.reshape(-1, w.size)
    means, rests, invs = mean.reshape(-1), rest.reshape(-1), inv.reshape(-1)
    for at in _runs(xs, tile):
        xt, yt, m, r, v = xs[at], ys[at], means[at], rests[at], invs[at]
        t, a = tile[: len(r)], rows[:2, : len(r)]
        np.matmul(xt, average, out=m)
        np.subtract(xt, m[:, None], out=t)
        np.matmul(t, average, out=r)
        np.vecdot(t, t, out=v)
        np.multiply(v, 1.0 / w.size, out=v)
        _deviations(eps, r, a[0], v)
        if not v.min() > 0.0:
            _mend_overflow(t, average, yt, r, v)
        np.copyto(a[0], v)
        a[1].fill(0.0)
        np.matmul(a.T, pair, out=yt)
        np.multiply(yt, t, out=yt)
        np.multiply(r, v, out=a[0])
        np.negative(a[0], out=a[0])
        a[1].fill(1.0)
        np.matmul(a.T, pair, out=t)
        np.add(yt, t, out=yt)


def _deviations(eps: float, r: Array, s: Array, v: Array) -> None:
    """v: mean square around `mean` -> 1 / sqrt(var + eps)."""
    np.multiply(r, r, out=s)
    np.minimum(s, float(np.finfo(s.dtype).max), out=s)  # where both overflow, v is to stay infinite
    np.subtract(v, s, out=v)
    np.maximum(v, 0.0, out=v)  # rounding can make it negative
    np.add(v, eps, out=v)
    np.sqrt(v, out=v)
    np.divide(1.0, v, out=v)


def _mend_overflow(t: Array, average: Array, s: Array, r: Array, v: Array) -> None:
    """Write v of the rows whose squares overflowed, which have 0 there, from squares of smaller numbers."""
    limits = np.finfo(t.dtype)
    scale = float(limits.max) ** -0.625  # numbers from the root of the range to its end have their squares within it
    np.multiply(t, scale, out=s)
    np.multiply(s, s, out=s)
    square = np.maximum(np.matmul(s, average) - (r * scale) ** 2, float(limits.tiny))
    np.copyto(v, scale / np.sqrt(square), where=v == 0.0)


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
    """x, dy: (n, ..., d) -> dw = sum dy xhat, db = sum dy: (d,)."""
    dw.fill(0.0)
    db.fill(0.0)
    xs, dys = x.reshape(-1, dw.size), dy.reshape(-1, dw.size)
    means, rests, invs = mean.reshape(-1), rest.reshape(-1), inv.reshape(-1)
    for at in _runs(xs, tile):
        dyt, r, v = dys[at], rests[at], invs[at]
        t = _shifted(xs[at], means[at], tile)
        np.multiply(t, dyt, out=t)
        _add_grads(t, dyt, r, v, rows[:2, : len(r)], lines[:2], dw, db)


def _add_grads(product: Array, dy: Array, r: Array, v: Array, a: Array, lines: Array, dw: Array, db: Array) -> None:
    """Add what some rows give to dw and db. `product`: (x - mean) dy."""
    a[0].fill(1.0)
    np.multiply(r, v, out=a[1])
    np.matmul(a, dy, out=lines)
    np.add(db, lines[0], out=db)
    np.subtract(dw, lines[1], out=dw)
    np.matmul(v, product, out=lines[0])
    np.add(dw, lines[0], out=dw)


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
    """Do as `parameter_grads`, and dx = inv (w dy - mean(w dy) - xhat mean(w dy xhat)), the means of each row."""
    dw.fill(0.0)
    db.fill(0.0)
    xs, dys, dxs = (array.reshape(-1, w.size) for array in (x, dy, dx))
    means, rests, invs = mean.reshape(-1), rest.reshape(-1), inv.reshape(-1)
    for at in _runs(xs, tile):
        dyt, dxt, r, v = dys[at], dxs[at], rests[at], invs[at]
        (k, c), a = rows[2:, : len(r)], rows[:2, : len(r)]
        t = _shifted(xs[at], means[at], tile)
        np.multiply(t, dyt, out=dxt)
        _add_grads(dxt, dyt, r, v, a, lines[:2], dw, db)
        _coefficients(dxt, dyt, w, r, v, a[0], k, c)
        np.copyto(lines[:2], w)
        np.copyto(a[0], v)
        a[1].fill(0.0)
        np.matmul(a.T, lines[:2], out=dxt)
        np.multiply(dxt, dyt, out=dxt)
        np.multiply(t, k[:, None], out=t)
        np.subtract(dxt, t, out=dxt)
        np.subtract(dxt, c[:, None], out=dxt)


def _coefficients(product: Array, dy: Array, w: Array, r: Array, v: Array, s: Array, k: Array, c: Array) -> None:
    """Write k and c of each row, with which dx = inv w dy - k (x - mean) - c. `product`: (x - mean) dy."""
    np.matmul(product, w, out=k)
    np.matmul(dy, w, out=c)
    np.multiply(c, 1.0 / w.size, out=c)
    np.multiply(k, 1.0 / w.size, out=k)
    np.multiply(r, c, out=s)
    np.subtract(k, s, out=k)
    for _ in range(3):  # one by one: their product may underflow
        np.multiply(k, v, out=k)
    np.multiply(c, v, out=c)
    np.multiply(r, k, out=s)
    np.subtract(c, s, out=c)


def _runs(xs: Array, tile: Array) -> Iterator[slice]:
    """Cut a matrix into runs of as many rows as `tile` has."""
    for i in range(0, len(xs), len(tile)):
        yield slice(i, i + len(tile))


def _shifted(xt: Array, m: Array, tile: Array) -> Array:
    """Write x - mean of some rows into the start of `tile`."""
    t: Array = tile[: len(m)]
    np.subtract(xt, m[:, None], out=t)
    return t
