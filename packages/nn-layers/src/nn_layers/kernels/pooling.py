"""The largest and the mean pixel of every window.

Shapes: x (rows, C, H, W), y (rows, C, height, width).
"""

import numpy as np

from nn_layers.kernels.windows import Taps, windows
from nn_layers.protocol import Array


def max_forward(x: Array, y: Array, taps: Taps) -> None:
    """Write the largest pixel of each window into y."""
    first, *others = _taps(x, y, taps)
    np.copyto(y, first)
    for pixels in others:
        np.maximum(y, pixels, out=y)


def max_and_winner(x: Array, y: Array, winner: Array, mark: Array, part: Array, taps: Taps) -> None:
    """Do as `max_forward`, and write which tap of each window holds its first largest pixel; none where it holds NaN.

    winner, mark: integers of y's shape that can count all taps; mark and part (rows, C, height, width) are worked in.
    """
    first, *others = _taps(x, y, taps)
    here = _flags(mark)
    np.copyto(y, first)
    winner.fill(0)
    for k, pixels in enumerate(others, 1):
        np.copyto(part, pixels)  # contiguous: what follows is many times faster than over pixels apart
        np.greater(part, y, out=here)
        np.maximum(y, part, out=y)
        _promote(k, mark, winner)
    np.not_equal(y, y, out=here)
    _promote(len(others) + 1, mark, winner)


def max_backward(winner: Array, dy: Array, mark: Array, part: Array, dx: Array, taps: Taps) -> None:
    """Give dy to the winner of each window; mark and part as above."""
    apart, here = _apart(taps), _flags(mark)
    dx.fill(0.0)
    for k, place in enumerate(_taps(dx, dy, taps)):
        np.equal(winner, k, out=here)
        np.multiply(dy, here, out=part)
        if apart:
            np.copyto(place, part)
        else:
            np.add(place, part, out=place)


def _promote(k: int, mark: Array, winner: Array) -> None:
    """Let tap k, later than all before it, win where mark is 1."""
    np.multiply(mark, k, out=mark)
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


def _apart(taps: Taps) -> bool:
    """Say whether no pixel is in two windows."""
    return taps[2] >= taps[0] and taps[3] >= taps[1]
