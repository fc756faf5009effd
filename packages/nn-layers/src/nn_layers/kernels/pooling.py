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


def max_backward(x: Array, y: Array, dy: Array, free: Array, here: Array, part: Array, dx: Array, taps: Taps) -> None:
    """Give dy to the first largest pixel of each window; free, here (bool) and part, of y's shape, are worked in."""
    apart = _apart(taps)
    dx.fill(0.0)
    free.fill(True)
    for pixels, place in zip(_taps(x, y, taps), _taps(dx, y, taps), strict=True):
        np.equal(pixels, y, out=here)
        np.logical_and(here, free, out=here)
        np.logical_xor(free, here, out=free)
        if apart:
            np.multiply(dy, here, out=place)
        else:
            np.multiply(dy, here, out=part)
            np.add(place, part, out=place)


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
