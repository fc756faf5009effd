"""What convolution and pooling look through: borders around images, and views of the pixels under each tap."""

import numpy as np

from nn_layers.protocol import Array

Taps = tuple[int, int, int, int, int, int]
"""Kernel height and width, stride down and right, dilation down and right."""


def pad(x: Array, fill: float, padded: Array, top: int, left: int) -> None:
    """Copy x (rows, C, H, W) into padded (rows, C, top + H + ..., left + W + ...), with `fill` around it."""
    height, width = x.shape[2:]
    padded[:, :, :top] = fill
    padded[:, :, top + height :] = fill
    padded[:, :, top : top + height, :left] = fill
    padded[:, :, top : top + height, left + width :] = fill
    padded[:, :, top : top + height, left : left + width] = x


def crop(padded: Array, x: Array, top: int, left: int) -> None:
    """Copy what is inside of padded (rows, C, top + H + ..., left + W + ...) into x (rows, C, H, W)."""
    np.copyto(x, padded[:, :, top : top + x.shape[2], left : left + x.shape[3]])


def windows(images: Array, taps: Taps, out_height: int, out_width: int) -> Array:
    """View images (..., H, W) as (..., kernel height, kernel width, out height, out width)."""
    kh, kw, sh, sw, dh, dw = taps
    *before, down, right = images.strides
    shape = (*images.shape[:-2], kh, kw, out_height, out_width)
    strides = (*before, down * dh, right * dw, down * sh, right * sw)
    # Not as_strided: the constructor makes the same view in a tenth of the time, and checks that it stays inside.
    view: Array = np.ndarray(shape, images.dtype, buffer=images, strides=strides)
    return view
