"""The rows that an epoch goes through: where they are, in which order, and how far it has come."""

from dataclasses import dataclass, field

import numpy as np

from nn_layers.vectors import entropy
from nn_model.arrays import Array
from nn_model.train import kernels
from nn_model.train.augmenting import Augmenting


@dataclass(slots=True)
class Source:
    """Training rows, read in place.

    Attributes
    ----------
    x, given, weights
        All rows as a program takes them; `weights` is `None` where all count the same.
    rows
        The numbers of the rows to train on, `(n,)`, in ascending order.
    batch_size
        Rows of a batch; the last one of an epoch may be shorter.
    seed, shuffle
        The order of an epoch depends on the seed and the epoch's number alone.
    in_place
        Whether one batch holds all rows, in their order: programs then read it where it is.
    augmenting
        What changes the rows of a batch once they are gathered; `None`: nothing.
    order, cursor
        The order of the epoch under way, `(n,)`, and how many of its rows are done, `(1,)`: programs read both.
    words, first, pool
        What orders are drawn from: the seed's numbers, and the epoch that a program began with, `(1,)`; scratch `(4,)`.
    """

    x: Array
    given: Array
    weights: Array | None
    rows: Array
    batch_size: int
    seed: int
    shuffle: bool
    in_place: bool = False
    augmenting: Augmenting | None = None
    order: Array = field(init=False)
    cursor: Array = field(init=False)
    words: Array = field(init=False)
    first: Array = field(init=False)
    pool: Array = field(init=False)

    def __post_init__(self) -> None:
        """Allocate the order once; epochs write into it."""
        self.order = self.rows.copy()
        self.cursor = np.zeros(1, np.intp)
        self.words, self.first = entropy(self.seed, "shuffle"), np.zeros(1, np.int64)
        self.pool = np.zeros(4, np.uint64)

    @property
    def batches(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.rows) // self.batch_size)

    @property
    def steady(self) -> bool:
        """Whether all batches are as long, and nothing changes their rows: a program then goes from epoch to epoch."""
        return self.augmenting is None and len(self.rows) % self.batch_size == 0

    def size(self, batch: int) -> int:
        """How many rows this batch of an epoch has."""
        return min(self.batch_size, len(self.rows) - batch * self.batch_size)

    def begin(self, epoch: int, batch: int) -> None:
        """Put the rows in the order of this epoch, counted from 0, and go to one of its batches."""
        self.first[0], self.cursor[0] = epoch, 0
        if self.shuffle:
            kernels.reorder(*self.drawing(np.zeros(1, np.int64)))
        if self.augmenting is not None:
            self.augmenting.begin(epoch)
        self.cursor[0] = batch * self.batch_size

    def drawing(self, done: Array) -> tuple[Array, ...]:
        """Give what `kernels.reorder` takes; `done` counts the epochs, `(1,)`, since `first`."""
        return self.cursor, self.words, self.first, done, self.pool, self.rows, self.order


def make_source(
    data: tuple[Array, Array, Array | None],
    train: Array,
    batch_size: int,
    seed: int,
    shuffle: bool,
    augmenting: Augmenting | None = None,
) -> Source:
    """Make the source of batches; a batch of all rows that nothing changes is bound in place, in their order."""
    x, given, weights = data
    if batch_size < len(train) or augmenting is not None:
        size = min(batch_size, len(train))
        return Source(x, given, weights, train, size, seed, shuffle, augmenting=augmenting)
    if len(train) < len(x):
        x, given, weights = x[train], given[train], None if weights is None else weights[train]
    return Source(x, given, weights, np.arange(len(train)), len(train), seed, shuffle=False, in_place=True)
