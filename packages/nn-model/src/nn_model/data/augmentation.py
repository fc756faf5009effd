"""What an augmentation is: a value that yields the kernel calls which change a batch before a training step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from nn_layers.protocol import Array, Calls, Scratch, Shape

__all__ = ["Augmentation", "AugmentationFrame"]


@dataclass(frozen=True, slots=True)
class AugmentationFrame:
    """Every array that one augmentation touches, for one number of rows.

    Attributes
    ----------
    x
        The batch, `(rows, ...)`, contiguous, in the network's dtype: a copy of the data's rows, which the calls
        overwrite.
    rng
        The random numbers. Before every batch they are set to a place that depends on the seed, the epoch and the
        batch alone, so that a resumed run draws the same; the calls may draw as many as they like.
    s
        The scratch arrays by name.
    """

    x: Array
    rng: np.random.Generator
    s: Mapping[str, Array] = field(default_factory=dict)


@runtime_checkable
class Augmentation(Protocol):
    """Changes the rows of every training batch, never those that judge the network.

    Its `repr` belongs to what a run is known by: a resumed run must be given an augmentation of the same one. Write
    a frozen dataclass, whose `repr` holds all its settings.
    """

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the arrays that the calls need for rows of this shape; raise `ShapeError` where it does not fit."""
        ...

    def calls(self, f: AugmentationFrame) -> Calls:
        """Yield the kernel calls that overwrite `f.x`.

        A call is a kernel and its arguments: arrays of the frame or views of them, the generator, numbers, small
        constant arrays.
        """
        ...
