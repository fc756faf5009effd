"""Every channel's mean."""

from math import prod
from typing import Literal

from pydantic import Field

from nn_layers.errors import ShapeError
from nn_layers.kernels import global_pool
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape, rows_of
from nn_layers.spec import spec


@spec
class GlobalAvgPool2D:
    """The mean of every channel over its pixels: `(rows, channels, height, width)` becomes `(rows, channels)`.

    It stands between the last convolution and the last `Dense`, in the place of `Flatten`, and makes the number of
    parameters independent of the image's size.

    Raises
    ------
    ShapeError
        When stacked: rows that are no images `(channels, height, width)`.

    Notes
    -----
    Lin, Chen, Yan, "Network In Network", 2014. PyTorch's `nn.AdaptiveAvgPool2d(1)` gives the same numbers as
    `(rows, channels, 1, 1)`; Keras' `GlobalAveragePooling2D` has our output, and channels last in its input.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([GlobalAvgPool2D()], input_shape=(2, 2, 2), rows=1)
    >>> stack.forward(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[1.5, 5.5]]
    """

    kind: Literal["GlobalAvgPool2D"] = Field(default="GlobalAvgPool2D", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan scratch."""
        if len(in_shape) != 3:
            raise ShapeError(got=rows_of(in_shape), remedy="give images: rows of shape (channels, height, width)")
        channels, pixels = in_shape[0], prod(in_shape[1:])
        v = Scratch((pixels,), per_row=False)
        return Plan((channels,), scratch={"v": v, "s": Scratch((channels,), training=True)})

    def forward(self, f: Frame) -> Calls:
        """Yield y = the mean over height and width."""
        yield global_pool.forward, f.x, f.s["v"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy / (height width), the same for all pixels."""
        if f.dx is not None:
            yield global_pool.backward, f.dy, f.s["s"], f.dx
