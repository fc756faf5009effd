"""Pooling of images."""

from math import prod
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from nn_layers.kernels import pooling
from nn_layers.kernels.windows import windows
from nn_layers.layers.sliding import Padding, Size, Sliding, pair, slide
from nn_layers.protocol import Array, Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec

PLACES = 16384
"""About how many places of winners are worked out at a time: they stay in the processor's cache."""


def _check_padding(kernel: Size, padding: Padding) -> None:
    """Refuse padding in which a window would see nothing else."""
    if padding != "same" and any(2 * p > k for k, p in zip(pair(kernel), pair(padding), strict=True)):
        raise ValueError(f"padding must be at most half of the kernel; {padding} is more than half of {kernel}")


@spec
class MaxPool2D:
    """The largest pixel of each window, channel by channel.

    Parameters
    ----------
    kernel
        Height and width of a window: one number for both, or `(height, width)`.
    stride
        Pixels from one window to the next, one number or `(down, right)`; `None`: the kernel's size.
    padding
        Border around the image, at most half a kernel, that is never the largest; or `"same"`: `ceil(size / stride)`
        pixels come out. Without it, where windows do not come out even, the last pixels are left out.

    Raises
    ------
    pydantic.ValidationError
        A size below 1, of another type than `int`, or padding of more than half a kernel.
    ShapeError
        When stacked: rows that are no images, or images smaller than the kernel.

    Notes
    -----
    The gradient goes to the largest pixel, where several are equal to the first of them in row-major order, as in
    PyTorch's `nn.MaxPool2d`; rsnet gives it to all of them. Keras' `MaxPooling2D` is the same layer, channels last.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([MaxPool2D(2)], input_shape=(1, 4, 4), rows=1)
    >>> stack.forward(np.arange(16, dtype="float32").reshape(1, 1, 4, 4)).ravel().tolist()
    [5.0, 7.0, 13.0, 15.0]
    """

    kernel: Size
    stride: Size | None = None
    padding: Padding = 0
    kind: Literal["MaxPool2D"] = Field(default="MaxPool2D", kw_only=True)

    @model_validator(mode="after")
    def _fits(self) -> "MaxPool2D":
        _check_padding(self.kernel, self.padding)
        return self

    def _sliding(self, in_shape: Shape) -> Sliding:
        return slide(in_shape, self.kernel, self.kernel if self.stride is None else self.stride, self.padding)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan padded images, and which pixel of each window is its largest, for backward."""
        sliding = self._sliding(in_shape)
        (kh, kw), out, width = sliding.taps[:2], (sliding.channels, *sliding.out), sliding.padded[1]
        number = np.min_scalar_type((kh - 1) * width + kw)
        scratch = {
            **sliding.scratch(kept=False),
            "lines": Scratch((sliding.channels, sliding.out[0], width)),
            "winner": Scratch(out, dtype=number, kept=True, training=True),
            "mark": Scratch(out, dtype=number, training=True),
            "part": Scratch(out, training=True),
        }
        if pooling.apart(sliding.taps):
            scratch["at"] = Scratch((max(1, PLACES // prod(out)), *out), np.intp, per_row=False, training=True)
        return Plan(out, scratch=scratch)

    def forward(self, f: Frame) -> Calls:
        """Yield y = max of each window, and where it stands if backward is to know."""
        sliding, s = self._sliding(f.x.shape[1:]), f.s
        yield from sliding.pad(f.x, -np.inf, s.get("padded"))
        images = s.get("padded", f.x)
        if f.dx is None:
            yield pooling.max_forward, images, s["lines"], f.y, sliding.taps
        else:
            yield pooling.max_and_winner, images, f.y, s["winner"], s["mark"], s["part"], sliding.taps

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy at the largest pixel of each window."""
        if f.dx is None:
            return
        sliding, s = self._sliding(f.x.shape[1:]), f.s
        dx = s.get("dpadded", f.dx)
        if "at" in s:
            at = s["at"].reshape(-1)
            corners = pooling.corners(dx, sliding.out, sliding.taps, len(s["at"]))
            yield pooling.max_scatter, s["winner"], corners, f.dy, s["mark"], s["part"], at, dx, sliding.taps
        else:
            yield pooling.max_backward, s["winner"], f.dy, s["mark"], s["part"], dx, sliding.taps
        yield from sliding.crop(s.get("dpadded"), f.dx)


@spec
class AvgPool2D:
    """The mean pixel of each window, channel by channel.

    Parameters
    ----------
    kernel
        Height and width of a window: one number for both, or `(height, width)`.
    stride
        Pixels from one window to the next, one number or `(down, right)`; `None`: the kernel's size.
    padding
        Zeros around the image, at most half a kernel; or `"same"`: `ceil(size / stride)` pixels come out.
        Without it, where windows do not come out even, the last pixels are left out.
    count_include_pad
        Whether the zeros of the border count in a mean, or only the image's own pixels.

    Raises
    ------
    pydantic.ValidationError
        A size below 1, of another type than `int`, or padding of more than half a kernel.
    ShapeError
        When stacked: rows that are no images, or images smaller than the kernel.

    Notes
    -----
    Arguments and numbers are those of PyTorch's `nn.AvgPool2d`. Keras' `AveragePooling2D` is
    `count_include_pad=False`, channels last.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([AvgPool2D(2)], input_shape=(1, 4, 4), rows=1)
    >>> stack.forward(np.arange(16, dtype="float32").reshape(1, 1, 4, 4)).ravel().tolist()
    [2.5, 4.5, 10.5, 12.5]
    """

    kernel: Size
    stride: Size | None = None
    padding: Padding = 0
    count_include_pad: bool = True
    kind: Literal["AvgPool2D"] = Field(default="AvgPool2D", kw_only=True)

    @model_validator(mode="after")
    def _fits(self) -> "AvgPool2D":
        _check_padding(self.kernel, self.padding)
        return self

    def _sliding(self, in_shape: Shape) -> Sliding:
        return slide(in_shape, self.kernel, self.kernel if self.stride is None else self.stride, self.padding)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan padded images, and the shares that backward hands out."""
        sliding = self._sliding(in_shape)
        out = (sliding.channels, *sliding.out)
        return Plan(out, scratch={**sliding.scratch(kept=False), "part": Scratch(out, training=True)})

    def _share(self, sliding: Sliding, dtype: "np.dtype[np.floating]") -> Array:
        """Give one over the number of pixels that count in each window, `(height, width)`."""
        ones = np.full(sliding.padded, float(self.count_include_pad), dtype)
        top, left = sliding.corner
        ones[top : top + sliding.size[0], left : left + sliding.size[1]] = 1.0
        share: Array = 1.0 / windows(ones, sliding.taps, *sliding.out).sum(axis=(0, 1))
        return share

    def forward(self, f: Frame) -> Calls:
        """Yield y = mean of each window."""
        sliding = self._sliding(f.x.shape[1:])
        yield from sliding.pad(f.x, 0.0, f.s.get("padded"))
        share = self._share(sliding, f.x.dtype)
        yield pooling.mean_forward, f.s.get("padded", f.x), share, f.y, sliding.taps

    def backward(self, f: Frame) -> Calls:
        """Yield dx = the share of dy of every pixel."""
        if f.dx is None:
            return
        sliding = self._sliding(f.x.shape[1:])
        share = self._share(sliding, f.x.dtype)
        yield pooling.mean_backward, f.dy, share, f.s["part"], f.s.get("dpadded", f.dx), sliding.taps
        yield from sliding.crop(f.s.get("dpadded"), f.dx)
