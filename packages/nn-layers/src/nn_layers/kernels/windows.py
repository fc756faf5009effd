"""What convolution and pooling look through: borders around images, and views of the pixels under each tap."""

from functools import cache

import numpy as np

from nn_layers.protocol import Array

FEW = 8192
"""Up to how many pixels are copied number by number: to view them otherwise takes longer."""

Taps = tuple[int, int, int, int, int, int]
"""Kernel height and width, stride down and right, dilation down and right."""


def pad(x: Array, fill: float, padded: Array, top: int, left: int) -> None:
    """Copy x (rows, C, H, W) into padded (rows, C, top + H + ..., left + W + ...), with `fill` around it."""
    height, width = x.shape[2:]
    padded.fill(fill)  # all of it: its four borders alone take longer
    _copy(x, padded[:, :, top : top + height, left : left + width])


def crop(padded: Array, x: Array, top: int, left: int) -> None:
    """Copy what is inside of padded (rows, C, top + H + ..., left + W + ...) into x (rows, C, H, W)."""
    _copy(padded[:, :, top : top + x.shape[2], left : left + x.shape[3]], x)


def _copy(source: Array, to: Array) -> None:
    """Copy images: many, line by line as items of bytes, which NumPy does twice as fast; few, without ado."""
    if source.size >= FEW:
        item = bytes_of(source.shape[3], source.itemsize)
        source, to = source.view(item), to.view(item)
    np.copyto(to, source)


@cache
def bytes_of(count: int, itemsize: int) -> "np.dtype[np.void]":
    """Give the type of so many numbers as one item of nothing but bytes."""
    return np.dtype((np.void, count * itemsize))


def lines(images: Array, taps: Taps, out_height: int, out_width: int) -> Array:
    """View as `windows` does, with a stride right of 1, but each line of pixels as one item of bytes, to be copied."""
    kh, kw, sh, _, dh, dw = taps
    *before, down, right = images.strides
    shape = (*images.shape[:-2], kh, kw, out_height)
    strides = (*before, down * dh, right * dw, down * sh)
    view: Array = np.ndarray(shape, bytes_of(out_width, images.itemsize), buffer=images, strides=strides)
    return view


def windows(images: Array, taps: Taps, out_height: int, out_width: int) -> Array:
    """View images (..., H, W) as (..., kernel height, kernel width, out height, out width)."""
    kh, kw, sh, sw, dh, dw = taps
    *before, down, right = images.strides
    shape = (*images.shape[:-2], kh, kw, out_height, out_width)
    strides = (*before, down * dh, right * dw, down * sh, right * sw)
    # Not as_strided: the constructor makes the same view in a tenth of the time, and checks that it stays inside.
    view: Array = np.ndarray(shape, images.dtype, buffer=images, strides=strides)
    return view
