"""The largest and the mean pixel of every window.

Shapes: x (rows, C, H, W), y (rows, C, height, width).
"""

import numpy as np

from nn_layers.kernels.windows import Taps, windows
from nn_layers.protocol import Array


def max_forward(x: Array, part: Array, y: Array, taps: Taps) -> None:
    """Write the largest pixel of each window into y: of each of its columns, in part (rows, C, height, W), then of all.

    Lines go one above the other, pixels of every column beside each other: of what is apart, a row of taps is left.
    """
    kh, kw, sh, sw, dh, dw = taps
    height, width = y.shape[2:]
    rows = [x[:, :, i : i + sh * (height - 1) + 1 : sh] for i in range(0, kh * dh, dh)]
    _largest(rows, part)
    _largest([part[..., j : j + sw * (width - 1) + 1 : sw] for j in range(0, kw * dw, dw)], y)


def _largest(pixels: list[Array], y: Array) -> None:
    if len(pixels) == 1:
        np.copyto(y, pixels[0])
        return
    np.maximum(pixels[0], pixels[1], out=y)
    for others in pixels[2:]:
        np.maximum(y, others, out=y)


def max_and_winner(x: Array, y: Array, winner: Array, mark: Array, part: Array, taps: Taps) -> None:
    """Write the largest pixel of each window, and where in it the first such stands; behind it where it holds NaN.

    A place is counted from the window's first pixel, in x: down times W + right. winner, mark: integers of y's shape
    that can hold all of them and one more; mark and part (rows, C, height, width) are worked in.
    """
    first, *others = _taps(x, y, taps)
    here = _flags(mark)
    np.copyto(y, first)
    winner.fill(0)
    places = _places(taps, x.shape[3])
    for place, pixels in zip(places[1:], others, strict=True):
        np.copyto(part, pixels)  # contiguous: what follows is many times faster than over pixels apart
        np.greater(part, y, out=here)
        np.maximum(y, part, out=y)
        _promote(place, mark, winner)
    np.not_equal(y, y, out=here)
    _promote(places[-1] + 1, mark, winner)


def max_backward(winner: Array, dy: Array, mark: Array, part: Array, dx: Array, taps: Taps) -> None:
    """Give dy to the winner of each window; mark and part as above."""
    here = _flags(mark)
    dx.fill(0.0)
    for place, pixels in zip(_places(taps, dx.shape[3]), _taps(dx, dy, taps), strict=True):
        np.equal(winner, place, out=here)
        np.multiply(dy, here, out=part)
        np.add(pixels, part, out=pixels)


def max_scatter(
    winner: Array, corners: Array, dy: Array, mark: Array, part: Array, at: Array, dx: Array, taps: Taps
) -> None:
    """Do as `max_backward` where no pixel is in two windows: every dy has one place, to which it is written.

    corners: flat places in dx of the first pixels of all windows of some rows, intp; at, like it, is worked in.
    """
    if winner.max() > _places(taps, dx.shape[3])[-1]:  # NaN, which has no winner
        max_backward(winner, dy, mark, part, dx, taps)
        return
    dx.fill(0.0)
    block = corners.size // (dy.size // len(dy))
    for start in range(0, len(dy), block):
        rows = slice(start, start + block)
        given = dy[rows].reshape(-1)
        to = at[: given.size]
        np.add(corners[: given.size], winner[rows].reshape(-1), out=to)
        dx[rows].reshape(-1)[to] = given


def corners(dx: Array, out: tuple[int, int], taps: Taps, block: int) -> Array:
    """Make the `corners` of `max_scatter` for `block` rows of dx; for whoever binds it."""
    images = np.arange(block * dx.shape[1]) * (dx.shape[2] * dx.shape[3])
    down, right = (np.arange(n) * step for n, step in zip(out, taps[2:4], strict=True))
    places: Array = images[:, None, None] + down[:, None] * dx.shape[3] + right
    return places.reshape(-1)


def _places(taps: Taps, width: int) -> list[int]:
    """Give where the pixel under each tap stands, counted from the first, in images of this width."""
    return [i * taps[4] * width + j * taps[5] for i in range(taps[0]) for j in range(taps[1])]


def _promote(place: int, mark: Array, winner: Array) -> None:
    """Let a place, behind all before it, win where mark is 1."""
    np.multiply(mark, place, out=mark)
    np.maximum(winner, mark, out=winner)


def _flags(mark: Array) -> Array:
    """View integers of one byte as bools, in which comparisons are written without conversion."""
    return mark.view(np.bool_) if mark.itemsize == 1 else mark


def mean_forward(x: Array, share: Array, y: Array, taps: Taps) -> None:
    """Write y = the sum of each window times share (height, width), which is one over its number of pixels."""
    first, *others = _taps(x, y, taps)
    np.copyto(y, first)
    for pixels in others:
        np.add(y, pixels, out=y)
    np.multiply(y, share, out=y)


def mean_backward(dy: Array, share: Array, part: Array, dx: Array, taps: Taps) -> None:
    """Give every pixel its share of dy; `part` of dy's shape is worked in."""
    dx.fill(0.0)
    np.multiply(dy, share, out=part)
    for place in _taps(dx, dy, taps):
        np.add(place, part, out=place)


def _taps(x: Array, y: Array, taps: Taps) -> list[Array]:
    """View the pixels under each tap of the windows, top left first."""
    view = windows(x, taps, *y.shape[2:])
    return [view[:, :, i, j] for i in range(taps[0]) for j in range(taps[1])]


def apart(taps: Taps) -> bool:
    """Say whether no pixel is in two windows."""
    return taps[2] >= taps[0] and taps[3] >= taps[1]
