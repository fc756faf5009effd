"""An augmentation bound to one call of `fit`: its memory, and its random numbers, which need no saving."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_layers.binding import Arena
from nn_layers.calls import checked
from nn_layers.protocol import Calls, Scratch, Shape
from nn_layers.vectors import generator
from nn_model.arrays import Array
from nn_model.data.augmentation import Augmentation, AugmentationFrame
from nn_model.errors import PartError
from nn_model.train import kernels


@dataclass(slots=True)
class Augmenting:
    """An augmentation, and what its calls are bound to.

    Attributes
    ----------
    augment
        The augmentation.
    scratch
        The arrays that it wants.
    arena
        The memory for them, shared by programs of all numbers of rows.
    seed
        The random numbers of a batch depend on the seed, the epoch's number, and the rows done before it.
    rng
        The generator that programs hold.
    home
        Where the random numbers of the epoch under way begin.
    """

    augment: Augmentation
    scratch: Mapping[str, Scratch]
    arena: Arena
    seed: int
    rng: np.random.Generator = field(init=False)
    home: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Make the generator once; epochs set its state."""
        self.rng = generator(self.seed, "augment")
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Go to the random numbers of this epoch, counted from 0."""
        self.home.update(generator(self.seed, "augment", (epoch,)).bit_generator.state)

    def calls(self, x: Array, cursor: Array) -> Calls:
        """Yield the calls that overwrite a batch, `x`, of which the cursor says where it stands in the epoch."""
        s = {
            name: self.arena.take(name, len(x), wanted.shape, wanted.dtype or x.dtype, per_row=wanted.per_row)
            for name, wanted in self.scratch.items()
        }
        calls: object = self.augment.calls(AugmentationFrame(x, self.rng, s))
        if not isinstance(calls, Iterable):
            raise PartError(f"augment: calls of {self.augment!r} must yield calls; it returned {calls!r}")
        yield kernels.seek, self.rng, self.home, cursor
        yield from checked(calls, f"augment: {self.augment!r}")


def make_augmenting(augment: object, shape: Shape, rows: int, seed: int) -> Augmenting:
    """Bind an augmentation for batches of at most so many rows of this shape.

    Raises
    ------
    PartError
        No augmentation.
    ShapeError
        Rows that it cannot change.
    """
    if isinstance(augment, type):
        raise PartError(f"augment is the class {augment.__name__}; write {augment.__name__}(...)")
    if not isinstance(augment, Augmentation):
        raise PartError(f"augment must be Augment(...), or an object with scratch and calls; got {augment!r}")
    scratch: object = augment.scratch(shape)
    if not (isinstance(scratch, Mapping) and all(isinstance(wanted, Scratch) for wanted in scratch.values())):
        raise PartError(f"augment: scratch of {augment!r} must give Scratch values by name; got {scratch!r}")
    return Augmenting(augment, scratch, Arena(rows), seed)


def named(augment: object) -> str:
    """Write what an augmentation is known by: its `repr`, or its class where that tells only where it lies."""
    return type(augment).__qualname__ if type(augment).__repr__ is object.__repr__ else repr(augment)
