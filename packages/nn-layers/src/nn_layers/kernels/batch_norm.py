"""Batch normalisation: xhat = (x - mean) / sqrt(var + eps) of every feature over the batch, y = w xhat + b.

Every kernel sees the batch as a matrix (rows, k), whose k columns are the cells of `cols` (4, a, c, b): those of
feature j are [:, j]. It goes over the matrix in tiles that stay in the processor's cache, and adds columns up by a
product with ones, which BLAS does fastest. `stats` (5, c) holds what a batch says of its features: `mean`; `rest`, the
mean of what is left after taking `mean` off (a mean near 1e4 is rounded by more than a small deviation can bear);
`inv`, 1 / sqrt(var + eps); `var`, the unbiased variance; and a spare row.
"""

from collections.abc import Iterator

import numpy as np

from nn_layers.protocol import Array

TILE, WIDTH = 1 << 16, 1 << 12
"""Numbers in a tile, and the most columns of one."""

At = tuple[slice, slice]


def tile_shape(k: int) -> tuple[int, int]:
    """Give rows and columns of the tiles of a matrix of `k` columns."""
    width = min(k, WIDTH)
    return TILE // width, width


def forward(
    x: Array, w: Array, b: Array, eps: float, ones: Array, tile: Array, cols: Array, stats: Array, y: Array
) -> None:
    """x: (n, ...), w, b: (c,) -> y: (n, ...), stats. Scratch: `ones` (height,), `tile` (height, width), `cols`."""
    shift, a, c, _ = cols
    xs, ys = _matrix(x, shift), _matrix(y, shift)
    _measure(xs, ones, tile, cols, stats)
    _deviations(xs.size // w.size, eps, stats)
    if not stats[2].min() > 0.0:
        _mend_overflow(xs, ones, tile, cols, stats)
    np.multiply(w[:, None], stats[2, :, None], out=a)
    np.multiply(stats[1, :, None], a, out=c)
    np.subtract(b[:, None], c, out=c)
    for at in _tiles(xs):
        np.subtract(xs[at], _columns(shift, at), out=ys[at])
        np.multiply(ys[at], _columns(a, at), out=ys[at])
        np.add(ys[at], _columns(c, at), out=ys[at])


def _measure(xs: Array, ones: Array, tile: Array, cols: Array, stats: Array) -> None:
    """Write `mean` and `rest`, and the mean square around `mean` in the place of `var`."""
    mean, rest, _, square, _ = stats
    shift, first, second, line = cols
    n = xs.size // mean.size
    ones.fill(1.0)
    for at in _tiles(xs):
        _add_rows(xs[at], at, ones, line, first)
    _fold(first, 1.0 / n, mean)
    np.copyto(shift, mean[:, None])
    for at in _tiles(xs):
        t = _centred(xs, at, shift, tile)
        _add_rows(t, at, ones, line, first)
        np.multiply(t, t, out=t)
        _add_rows(t, at, ones, line, second)
    _fold(first, 1.0 / n, rest)
    _fold(second, 1.0 / n, square)


def _deviations(n: int, eps: float, stats: Array) -> None:
    """Turn the mean squares into `inv` and `var`."""
    _, rest, inv, var, _ = stats
    largest = float(np.finfo(var.dtype).max)
    np.multiply(rest, rest, out=inv)
    np.minimum(inv, largest, out=inv)  # where both overflow, var is to stay infinite
    np.subtract(var, inv, out=var)
    np.maximum(var, 0.0, out=var)  # rounding can make it negative
    np.add(var, eps, out=inv)
    np.sqrt(inv, out=inv)
    np.divide(1.0, inv, out=inv)
    np.multiply(var, n / max(n - 1, 1), out=var)
    np.minimum(var, 0.5 * largest, out=var)  # so that running ones stay finite


def _mend_overflow(xs: Array, ones: Array, tile: Array, cols: Array, stats: Array) -> None:
    """Write `inv` of the features whose squares overflowed, which have 0 there, from squares of smaller numbers."""
    rest, inv, square = stats[1], stats[2], stats[4]
    shift, total, _, line = cols
    limits = np.finfo(xs.dtype)
    scale = float(limits.max) ** -0.625  # numbers from the root of the range to its end have their squares within it
    for at in _tiles(xs):
        t = _centred(xs, at, shift, tile)
        np.multiply(t, scale, out=t)
        np.multiply(t, t, out=t)
        _add_rows(t, at, ones, line, total)
    _fold(total, inv.size / xs.size, square)
    np.subtract(square, (rest * scale) ** 2, out=square)
    np.maximum(square, float(limits.tiny), out=square)
    np.copyto(inv, scale / np.sqrt(square), where=inv == 0.0)


def update(momentum: float, stats: Array, mean: Array, var: Array) -> None:
    """Move the running `mean` and `var`, (c,), towards the batch's."""
    spare = stats[4]
    np.add(stats[0], stats[1], out=spare)
    for running, batch in ((mean, spare), (var, stats[3])):
        np.multiply(batch, momentum, out=spare)
        np.multiply(running, 1.0 - momentum, out=running)
        np.add(running, spare, out=running)


def inference(x: Array, w: Array, b: Array, mean: Array, var: Array, eps: float, cols: Array, y: Array) -> None:
    """Y = a x + (b - a mean), a = w / sqrt(var + eps). x, y: (n, ...); w, b, mean, var: (c,). Scratch: 2 `cols`."""
    a, c = cols
    xs, ys = _matrix(x, a), _matrix(y, a)
    np.add(var[:, None], eps, out=a)
    np.sqrt(a, out=a)
    np.divide(w[:, None], a, out=a)
    np.multiply(mean[:, None], a, out=c)
    np.subtract(b[:, None], c, out=c)
    for at in _tiles(xs):
        np.multiply(xs[at], _columns(a, at), out=ys[at])
        np.add(ys[at], _columns(c, at), out=ys[at])


def parameter_grads(
    x: Array, dy: Array, ones: Array, tile: Array, cols: Array, stats: Array, dw: Array, db: Array
) -> None:
    """x, dy: (n, ...) -> dw = sum dy xhat, db = sum dy, (c,)."""
    mean, rest, inv, _, spare = stats
    shift, first, second, line = cols
    xs, dys = _matrix(x, shift), _matrix(dy, shift)
    ones.fill(1.0)
    np.copyto(shift, mean[:, None])
    for at in _tiles(xs):
        _add_rows(dys[at], at, ones, line, first)
        t = _centred(xs, at, shift, tile)
        np.multiply(t, dys[at], out=t)
        _add_rows(t, at, ones, line, second)
    _fold(first, 1.0, db)
    _fold(second, 1.0, dw)
    np.multiply(rest, db, out=spare)
    np.subtract(dw, spare, out=dw)
    np.multiply(dw, inv, out=dw)


def input_grad(x: Array, dy: Array, w: Array, dw: Array, db: Array, cols: Array, stats: Array, dx: Array) -> None:
    """Dx = w inv (dy - mean dy - xhat mean(dy xhat)), the means from `dw` and `db`. x, dy, dx: (n, ...)."""
    mean, rest, inv, _, _ = stats
    shift, r, k, a = cols
    xs, dys, dxs = _matrix(x, shift), _matrix(dy, shift), _matrix(dx, shift)
    n = xs.size // w.size
    np.copyto(shift, mean[:, None])
    np.multiply(inv[:, None], dw[:, None], out=r)
    np.multiply(r, -1.0 / n, out=r)
    np.multiply(rest[:, None], r, out=a)
    np.multiply(db[:, None], -1.0 / n, out=k)
    np.subtract(k, a, out=k)
    np.multiply(w[:, None], inv[:, None], out=a)
    for at in _tiles(xs):
        d = dxs[at]
        np.subtract(xs[at], _columns(shift, at), out=d)
        np.multiply(d, _columns(r, at), out=d)
        np.add(d, dys[at], out=d)
        np.add(d, _columns(k, at), out=d)
        np.multiply(d, _columns(a, at), out=d)


def _matrix(x: Array, col: Array) -> Array:
    return x.reshape(-1, col.size)


def _columns(col: Array, at: At) -> Array:
    return col.reshape(-1)[at[1]]


def _tiles(xs: Array) -> Iterator[At]:
    rows, k = xs.shape
    height, width = tile_shape(k)
    for j in range(0, k, width):
        for i in range(0, rows, height):
            yield slice(i, min(i + height, rows)), slice(j, min(j + width, k))


def _centred(xs: Array, at: At, shift: Array, tile: Array) -> Array:
    t = tile[: at[0].stop - at[0].start, : at[1].stop - at[1].start]
    np.subtract(xs[at], _columns(shift, at), out=t)
    return t


def _add_rows(t: Array, at: At, ones: Array, line: Array, total: Array) -> None:
    """Add the rows of a tile to their columns of `total`; the topmost tile begins it."""
    into = _columns(total, at)
    out = _columns(line, at) if at[0].start else into
    np.matmul(ones[: len(t)], t, out=out)
    if at[0].start:
        np.add(into, out, out=into)


def _fold(total: Array, factor: float, out: Array) -> None:
    """total: (a, c, b) -> factor times the sum of each feature's columns, (c,)."""
    np.add.reduce(total, axis=(0, 2), out=out)
    np.multiply(out, factor, out=out)
