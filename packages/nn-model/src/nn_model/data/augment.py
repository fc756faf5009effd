"""Images turned, scaled and shifted at random."""

import math
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from nn_layers.errors import ShapeError
from nn_layers.protocol import Calls, Scratch, Shape, rows_of
from nn_layers.spec import spec
from nn_model.data import warp
from nn_model.data.augmentation import AugmentationFrame

__all__ = ["Augment"]

BLOCK = 65536
"""Pixels that are worked on at a time: what belongs to them stays in the cache, and memory does not grow with rows."""

LARGEST = 2**24
"""Pixels that float32 can number, those of the border included."""


@spec
class Augment:
    """Turns, scales and shifts every image of a training batch, each by amounts of its own.

    Each image is turned about its centre by an angle uniform in [-rotate, rotate], made larger by a factor uniform in
    [1 - scale, 1 + scale], and shifted by two amounts uniform in [-shift, shift], down and to the right. The pixel at
    o of the new image is that of the old one at::

        c + R(-angle) (o - c - shift) / factor,      c: the centre, R: the rotation

    interpolated between its four neighbours. Outside the old image there are zeros.

    Parameters
    ----------
    shift
        In pixels, at least 0 and less than the images' height and width.
    rotate
        In degrees, 0 to 180.
    scale
        Share of 1, at least 0 and less than 1.

    Raises
    ------
    ValidationError
        An amount out of its range.
    ShapeError
        When training begins: rows that are no images `(C, H, W)`, or images that do not go with the shift.

    Notes
    -----
    `torchvision.transforms.RandomAffine` draws the same way, but takes its shift as a share of the image and its scale
    as a range, rounds shifts to whole pixels, and takes the nearest pixel unless told otherwise. Keras's
    `RandomRotation`, `RandomZoom` and `RandomTranslation` interpolate three times, and mirror the border.

    Examples
    --------
    >>> from nn_layers import Dense, Flatten
    >>> from nn_loss import CrossEntropy
    >>> from nn_model import NN
    >>> from nn_model.data import load_digits
    >>> from nn_optim import Adam
    >>> x, y, *_ = load_digits()
    >>> images = x.reshape(-1, 1, 8, 8)
    >>> nn = NN([Flatten(), Dense(64, 10)], CrossEntropy(), Adam(), input_shape=(1, 8, 8))
    >>> history = nn.fit(images, y, epochs=2, verbose=False, augment=Augment(shift=0.5, rotate=10))
    >>> len(history)
    2
    """

    shift: Annotated[float, Field(ge=0)] = 0.0
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    scale: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Plan what the kernels work in: a few numbers for every image, and a block of images with a border."""
        _check(self, shape)
        channels, height, width = shape
        images = max(1, BLOCK // (height * width))
        return {
            "amounts": Scratch((4,), "float64"),
            "inverse": Scratch((2, 3), "float64"),
            "m": Scratch((2, 3)),
            "along": Scratch((2, height)),
            "across": Scratch((2, width)),
            "padded": Scratch((images, channels, height + 3, width + 3), per_row=False),
            "at": Scratch((2, images, height, width), per_row=False),
            "index": Scratch((images, height, width), np.intp, per_row=False),
            "taps": Scratch((4, images, height, width), per_row=False),
        }

    def calls(self, f: AugmentationFrame) -> Calls:
        """Yield the drawing of the amounts, the map from new to old, where each pixel comes from, and the pixels."""
        s, dtype = f.s, f.x.dtype
        reach = np.array([math.radians(self.rotate), self.scale, self.shift, self.shift])
        # From here on places are counted in the image with its border, whose first line is 1 pixel wide.
        middle = [(n - 1) / 2 for n in f.x.shape[2:]]
        down, right = (np.arange(n, dtype=dtype) - half for n, half in zip(f.x.shape[2:], middle, strict=True))
        centre = np.array([[half + 1] for half in middle], dtype)
        images = s["padded"]
        first = np.arange(len(images)).reshape(-1, 1, 1) * images[0].size
        yield warp.draw, f.rng, reach, s["amounts"]
        yield warp.invert, s["amounts"], s["inverse"], s["m"]
        yield warp.places, s["m"], centre, down, right, s["along"], s["across"]
        yield warp.warp, f.x, s["along"], s["across"], first, images, s["at"], s["index"], s["taps"]


def _check(augment: Augment, shape: Shape) -> None:
    """Refuse rows that are no images, and images that a shift could move out of sight."""
    if len(shape) != 3:
        rows = {1: "(1, 28, 28), and layers that begin with Flatten()", 2: "(1, H, W) for one channel"}
        raise ShapeError(
            f"{augment!r} takes images, rows of shape (C, H, W); got {rows_of(shape)}; "
            f"give x of that shape, and the network input_shape={rows.get(len(shape), '(C, H, W)')}"
        )
    least = min(shape[1:])
    if augment.shift >= least:
        raise ShapeError(
            f"{augment!r} could shift images of {shape[1]} x {shape[2]} pixels out of sight; "
            f"give a shift of less than {least}"
        )
    if (shape[1] + 3) * (shape[2] + 3) > LARGEST:
        raise ShapeError(
            f"{augment!r} takes images of less than {LARGEST:,} pixels; got {shape[1]} x {shape[2]}; make them smaller"
        )
