"""What convolution and pooling share: windows that slide over images."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from nn_layers.errors import ShapeError
from nn_layers.kernels import windows
from nn_layers.protocol import Array, Calls, Scratch, Shape, rows_of


def _pair_of(least: int, *words: str) -> Callable[[Any], Any]:
    """Check one number or two, with one sentence for whatever else comes: pydantic has one for each alternative."""

    def check(given: Any) -> Any:
        pair = isinstance(given, list | tuple)
        numbers = tuple(int(n) if isinstance(n, np.integer) else n for n in (given if pair else (given,)))
        right = len(numbers) == 1 + pair and all(type(n) is int and n >= least for n in numbers)
        if right or (isinstance(given, str) and given in words):
            return numbers if pair else numbers[0]
        also = "".join(f", or {word!r}" for word in words)
        raise ValueError(f"give a whole number of at least {least}, or two of them (down, right){also}")

    return check


if TYPE_CHECKING:
    Size = int | tuple[int, int]
    Padding = int | tuple[int, int] | Literal["same"]
else:
    Size = Annotated[int | tuple[int, int], BeforeValidator(_pair_of(1))]
    Padding = Annotated[int | tuple[int, int] | Literal["same"], BeforeValidator(_pair_of(0, "same"))]
"""One number for both directions, or down and right; padding may also be as much as keeps the size."""

TURNED = 1.25
"""Pixels of an image for each that comes out, up to which gathering its gradient is faster than scattering."""


@dataclass(frozen=True, slots=True)
class Sliding:
    """Where the windows of one layer lie on images of one size.

    Attributes
    ----------
    taps
        Kernel, stride and dilation, as kernels take them.
    channels
        Of the images.
    size
        Height and width of the images.
    out
        Height and width of what comes out.
    corner
        Rows of padding above, columns to the left.
    padded
        Height and width with the padding.
    """

    taps: windows.Taps
    channels: int
    size: tuple[int, int]
    out: tuple[int, int]
    corner: tuple[int, int]
    padded: tuple[int, int]

    @property
    def border(self) -> bool:
        """Whether there is any padding."""
        return self.padded != self.size

    def turned(self, channels: int) -> "Sliding | None":
        """Lay windows over the gradient of what comes out, of so many channels, so that each pixel's are in one window.

        The gradient by the images is then a convolution too, of as many windows as the images have pixels. `None` where
        strides, or padding wider than the kernel, make it none, or where that is work for much more than comes out.
        """
        kh, kw, sh, sw, dh, dw = self.taps
        reach = dh * (kh - 1), dw * (kw - 1)
        corner = reach[0] - self.corner[0], reach[1] - self.corner[1]
        padded = self.size[0] + reach[0], self.size[1] + reach[1]
        behind = padded[0] - corner[0] - self.out[0], padded[1] - corner[1] - self.out[1]
        if (sh, sw) != (1, 1) or min(*corner, *behind) < 0 or prod(self.size) > TURNED * prod(self.out):
            return None
        return Sliding(self.taps, channels, self.out, self.size, corner, padded)

    def scratch(self, *, kept: bool) -> dict[str, Scratch]:
        """Plan the padded images, to be kept if backward reads them, and their gradient; none without padding."""
        if not self.border:
            return {}
        shape = (self.channels, *self.padded)
        return {"padded": Scratch(shape, kept=kept), "dpadded": Scratch(shape, training=True)}

    def pad(self, x: Array, fill: float, padded: Array | None) -> Calls:
        """Yield the padding, if there is any."""
        if padded is not None:
            yield windows.pad, x, fill, padded, *self.corner

    def crop(self, dpadded: Array | None, dx: Array) -> Calls:
        """Yield the cutting off of the padding's gradient, if there is any."""
        if dpadded is not None:
            yield windows.crop, dpadded, dx, *self.corner


def pair(size: Size) -> tuple[int, int]:
    """Give the sizes down and right."""
    return size if isinstance(size, tuple) else (size, size)


def slide(in_shape: Shape, kernel: Size, stride: Size, padding: Padding, dilation: Size = 1) -> Sliding:
    """Lay windows over images of shape `(channels, height, width)`.

    Raises
    ------
    ShapeError
        Rows that are no images, or images smaller than the kernel.
    """
    check_images(in_shape)
    steps, spread = pair(stride), pair(dilation)
    size = in_shape[1], in_shape[2]
    reach = tuple(d * (k - 1) + 1 for k, d in zip(pair(kernel), spread, strict=True))
    if padding == "same":
        total = [max((-(-n // s) - 1) * s + r - n, 0) for n, s, r in zip(size, steps, reach, strict=True)]
    else:
        total = [2 * p for p in pair(padding)]
    padded = size[0] + total[0], size[1] + total[1]
    if padded[0] < reach[0] or padded[1] < reach[1]:
        raise ShapeError(got=rows_of(in_shape), remedy=_too_small(size, padded, reach))
    out = (padded[0] - reach[0]) // steps[0] + 1, (padded[1] - reach[1]) // steps[1] + 1
    return Sliding((*pair(kernel), *steps, *spread), in_shape[0], size, out, (total[0] // 2, total[1] // 2), padded)


def check_images(in_shape: Shape) -> None:
    """Check that rows are images."""
    if len(in_shape) != 3 or min(in_shape) < 1:
        example = f"input_shape=(1, {in_shape[0]}, {in_shape[1]})" if len(in_shape) == 2 else "input_shape=(1, 28, 28)"
        remedy = f"rows must be images (channels, height, width): give {example}"
        raise ShapeError(got=rows_of(in_shape), remedy=remedy)


def _too_small(size: tuple[int, int], padded: tuple[int, int], reach: tuple[int, ...]) -> str:
    image = f"{size[0]} x {size[1]} pixels"
    if padded != size:
        image += f", {padded[0]} x {padded[1]} with padding,"
    return f"{image} do not hold a window of {reach[0]} x {reach[1]}; take a smaller kernel, or padding='same'"
