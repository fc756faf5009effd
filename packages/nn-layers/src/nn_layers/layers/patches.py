"""Images as tokens."""

from typing import Literal

from pydantic import Field

from nn_layers.errors import ShapeError
from nn_layers.kernels import patches
from nn_layers.layers.sliding import Size, check_images, pair
from nn_layers.layers.tokens import divisors
from nn_layers.protocol import Calls, Frame, Plan, Shape
from nn_layers.spec import spec


@spec
class Patches:
    """Images cut into patches, each one token: `(rows, C, H, W)` becomes `(rows, tokens, C p q)`.

    There are `H / p` times `W / q` tokens, a row of the grid after the other. Inside a token the numbers run over
    channels, then down the patch, then across it.

    Parameters
    ----------
    size
        Height and width of a patch in pixels, at least 1: one number for both, or `(p, q)`. They must divide those of
        the image.

    Raises
    ------
    pydantic.ValidationError
        A size below 1, or of another type than `int`.
    ShapeError
        When stacked: rows that are no images, or images that do not come out even.

    Notes
    -----
    Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, with a `Dense` layer behind. PyTorch's
    `nn.Unfold(p, stride=p)` has the same numbers as `(rows, C p q, tokens)`, features and tokens exchanged. A `Dense`
    layer on our tokens is `nn.Conv2d(C, features, p, stride=p)`, whose kernels `(features, C, p, q)` are its weights
    transposed. Keras' `ops.image.extract_patches` has channels last in a patch, and keeps the grid.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([Patches(2)], input_shape=(1, 2, 4), rows=1)
    >>> stack.forward(np.arange(8.0).reshape(1, 1, 2, 4)).tolist()
    [[[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]]
    """

    size: Size
    kind: Literal["Patches"] = Field(default="Patches", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan no array."""
        check_images(in_shape)
        channels, height, width = in_shape
        p, q = pair(self.size)
        if height % p or width % q:
            raise ShapeError(got=f"images of {height} x {width} pixels", remedy=self._fitting(height, width))
        return Plan(((height // p) * (width // q), channels * p * q))

    def _fitting(self, height: int, width: int) -> str:
        if isinstance(self.size, int):
            return f"take a size that divides both: {divisors(height, width)}"
        down = f"take a height that divides {height}: {divisors(height)}"
        return f"{down}; and a width that divides {width}: {divisors(width)}"

    def forward(self, f: Frame) -> Calls:
        """Yield the patches."""
        yield patches.forward, f.x, pair(self.size), f.y

    def backward(self, f: Frame) -> Calls:
        """Yield the images that the patches make."""
        if f.dx is not None:
            yield patches.backward, f.dy, pair(self.size), f.dx
