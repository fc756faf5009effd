"""Borders around images."""

from nn_layers.kernels import windows
from nn_layers.protocol import Array
from nn_model.engines.numba.lines import copy_lines, fill
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin


@twin(windows.pad)
def pad(x: Array, fill: float, padded: Array, top: int, left: int) -> None:
    rows, channels, height, width = x.shape
    high, wide = padded.shape[2], padded.shape[3]
    images, out, value = flat(x), flat(padded), padded.dtype.type(fill)
    for i in range(rows * channels):
        first = (i * high + top) * wide + left
        copy_lines(images, i * height * width, width, out, first, wide, width, height)
        _fill(out, i * high * wide, top * wide + left, value)
        for line in range(height - 1):
            _fill(out, first + line * wide + width, wide - width, value)
        end = first + (height - 1) * wide + width
        _fill(out, end, (i + 1) * high * wide - end, value)


_fill = fill


@twin(windows.crop)
def crop(padded: Array, x: Array, top: int, left: int) -> None:
    height, width = x.shape[2:]
    high, wide = padded.shape[2:]
    images, out = flat(padded), flat(x)
    for i in range(x.shape[0] * x.shape[1]):
        copy_lines(images, (i * high + top) * wide + left, wide, out, i * height * width, width, width, height)
