"""Convolution of images."""

from dataclasses import replace
from math import gcd, prod
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from nn_layers.errors import ShapeError
from nn_layers.initializers import AnyInitializer, He, Zeros
from nn_layers.kernels import convolution
from nn_layers.layers.sliding import Padding, Size, Sliding, check_images, pair, slide
from nn_layers.protocol import Array, Calls, Frame, Param, Plan, Scratch, Shape
from nn_layers.regularization import AnyRegularizer
from nn_layers.spec import spec

COLUMNS = 65536
"""About how many numbers of columns are made at a time: they stay in the processor's cache."""


@spec
class Conv2D:
    """Convolution, `y[o, i, j] = b[o] + sum over c, k, l of w[o, c, k, l] x[c, i stride + k dilation, j stride + ...]`.

    As in all of deep learning this is a cross-correlation: the kernel is not turned around.

    Parameters
    ----------
    in_channels
        Channels of the input, images `(rows, channels, height, width)`; `None` takes it from the layer before.
    out_channels
        Channels of the output.
    kernel
        Height and width of the kernel: one number for both, or `(height, width)`.
    stride
        Pixels from one window to the next, one number or `(down, right)`.
    padding
        Zeros around the image, one number or `(above and below, left and right)`; or `"same"`: as many as give
        `ceil(size / stride)` pixels, where an odd one goes below and to the right. Where windows do not come out even,
        the last pixels are left over.
    init
        How the weights `w`, `(out_channels, in_channels / groups, height, width)`, are drawn; fan in and out count the
        kernel's pixels. The biases `b`, `(out_channels,)`, start at 0.
    regularization
        `L1`, `L2` or `ElasticNet` on the weights; never on the biases.
    dilation
        Pixels from one tap of the kernel to the next.
    groups
        The channels go in so many groups of their own; it must divide both numbers of channels.
    bias
        Whether there are biases; before `BatchNorm` they do nothing.

    Raises
    ------
    pydantic.ValidationError
        A size below 1, of another type than `int`, or groups that do not divide the channels.
    ShapeError
        When stacked: rows that are no images, other channels, or images smaller than the kernel.

    Notes
    -----
    LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998. Arguments, weights and output are
    those of PyTorch's `nn.Conv2d`, which starts weights and biases uniform on `1 / sqrt(fan_in)` and allows `"same"`
    for a stride of 1 only. Keras' `Conv2D` keeps channels last, and the kernel as `(height, width, in, out)`.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([Conv2D(1, 8, 3, padding="same")], input_shape=(1, 28, 28), rows=4)
    >>> stack.forward(np.ones((4, 1, 28, 28), dtype="float32")).shape
    (4, 8, 28, 28)
    """

    in_channels: PositiveInt | None
    out_channels: PositiveInt
    kernel: Size
    stride: Size = 1
    padding: Padding = 0
    init: AnyInitializer = He()
    regularization: AnyRegularizer | None = None
    dilation: Size = Field(default=1, kw_only=True)
    groups: PositiveInt = Field(default=1, kw_only=True)
    bias: bool = Field(default=True, kw_only=True)
    kind: Literal["Conv2D"] = Field(default="Conv2D", kw_only=True)

    @model_validator(mode="after")
    def _groups_divide(self) -> "Conv2D":
        for name, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if channels is not None and channels % self.groups:
                raise ValueError(f"groups must divide {name}: {channels} channels do not make {self.groups} groups")
        return self

    @property
    def input_shape(self) -> Shape | None:
        """`None`: the channels alone do not say how large images are."""
        return None

    def resolve(self, in_shape: Shape) -> "Conv2D":
        """Fill in `in_channels`."""
        if self.in_channels is not None or len(in_shape) != 3 or in_shape[0] % self.groups:
            return self
        return replace(self, in_channels=in_shape[0])

    def _sliding(self, in_shape: Shape) -> Sliding:
        return slide(in_shape, self.kernel, self.stride, self.padding, self.dilation)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan `w` and `b`, padded images, and the columns of a block of images."""
        check_images(in_shape)
        if in_shape[0] != (self.in_channels or in_shape[0]) or in_shape[0] % self.groups:
            fitting = replace(self, in_channels=in_shape[0], groups=gcd(in_shape[0], self.groups))
            raise ShapeError(got=f"images of {in_shape[0]} channels", remedy=f"write {fitting!r}")
        sliding = self._sliding(in_shape)
        kernel, pixels = pair(self.kernel), sliding.out[0] * sliding.out[1]
        inputs, outputs = in_shape[0] // self.groups, self.out_channels // self.groups
        taps = kernel[0] * kernel[1]
        fans = inputs * taps, outputs * taps
        params = {"w": Param((self.out_channels, inputs, *kernel), self.init, fans, self.regularization, decay=True)}
        joined = (self.groups, outputs, inputs * taps + self.bias)
        cols = (self.groups, joined[2], pixels)
        alone = pixels == 1  # then a block's products are one, and so is the gradient that they give
        block = max(1, COLUMNS // (prod(cols) if alone else max(prod(cols), prod(joined))))
        scratch = {
            **sliding.scratch(kept=True),
            "cols": Scratch((block, *cols), per_row=False),
            "part": Scratch((2 if alone else block + 2, self.groups, joined[2], outputs), per_row=False, training=True),
        }
        if self.bias:
            params["b"] = Param((self.out_channels,), Zeros())
            scratch["wb"] = Scratch(joined, per_row=False)
        turned = sliding.turned(self.out_channels)
        if turned is not None:
            back = (self.groups, outputs * taps, prod(turned.out))
            scratch["dpadded"] = Scratch((self.out_channels, *turned.padded), training=True)
            scratch["turned"] = Scratch((self.groups, inputs, outputs * taps), per_row=False, training=True)
            scratch["dcols"] = Scratch((max(1, COLUMNS // prod(back)), *back), per_row=False, training=True)
        return Plan((self.out_channels, *sliding.out), params, scratch=scratch)

    def forward(self, f: Frame) -> Calls:
        """Yield y = w * x + b."""
        sliding, w = self._sliding(f.x.shape[1:]), self._grouped(f.p["w"])
        yield from sliding.pad(f.x, 0.0, f.s.get("padded"))
        if self.bias:
            yield convolution.join, w, f.p["b"].reshape(w.shape[:2]), f.s["wb"]
        images, wb = f.s.get("padded", f.x), f.s.get("wb", w)
        yield convolution.forward, images, wb, f.s["cols"], f.y, sliding.taps

    def backward(self, f: Frame) -> Calls:
        """Yield dw, db, and dx = w' * dy."""
        sliding, w, dw = self._sliding(f.x.shape[1:]), self._grouped(f.p["w"]), self._grouped(f.g["w"])
        images, dwb = f.s.get("padded", f.x), f.s.get("wb", dw)
        yield convolution.parameter_grads, images, f.dy, f.s["cols"], f.s["part"], dwb, sliding.taps
        if self.bias:
            yield convolution.split, dwb, dw, f.g["b"].reshape(w.shape[:2])
        if f.dx is not None:  # nobody reads it: nobody computes it
            yield from self._input_grad(f, sliding, w, f.dx)

    def _input_grad(self, f: Frame, sliding: Sliding, w: Array, dx: Array) -> Calls:
        turned = sliding.turned(self.out_channels)
        if turned is None:
            yield convolution.input_grad, f.dy, w, f.s["cols"], f.s.get("dpadded", dx), sliding.taps
            yield from sliding.crop(f.s.get("dpadded"), dx)
        else:
            yield from turned.pad(f.dy, 0.0, f.s["dpadded"])
            yield convolution.turn, w, f.s["turned"], *pair(self.kernel)
            yield convolution.forward, f.s["dpadded"], f.s["turned"], f.s["dcols"], dx, sliding.taps

    def _grouped(self, w: Array) -> Array:
        """View weights as one matrix for each group."""
        return w.reshape(self.groups, self.out_channels // self.groups, -1)
