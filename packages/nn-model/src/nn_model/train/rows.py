"""The epochs of a training run: a row for each, or the numbers of many at once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from nn_model.arrays import Array


@dataclass(frozen=True, slots=True)
class Row:
    """One epoch.

    Attributes
    ----------
    epoch
        Its number, from 1.
    train_loss, train_accuracy
        Means over its batches, each measured before its update; the loss with its penalty. Accuracy is in [0, 1],
        `None` for regression.
    train_time
        Seconds spent in its training steps; those of one burst over many epochs share its time evenly.
    val_loss, val_accuracy
        On the validation rows after its last update, without penalty; `None` where there are none.
    lr
        The rate of its last update.
    """

    epoch: int
    train_loss: float
    train_accuracy: float | None
    train_time: float
    val_loss: float | None
    val_accuracy: float | None
    lr: float


@dataclass(frozen=True, slots=True)
class Block:
    """Epochs that one burst of steps went through, as numbers.

    Attributes
    ----------
    epoch
        The number of the first, from 1.
    log
        `(epochs, 5)`: the sums of `kernels.tally`, and the rate of the last update.
    seconds, more
        Time spent in the steps of each, and that which the first was given before this burst.
    """

    epoch: int
    log: Array
    seconds: float
    more: float

    def __len__(self) -> int:
        """Count the epochs."""
        return len(self.log)

    def row(self, place: int) -> Row:
        """Make one row, by its place in this block."""
        return row_of(self.epoch + place, self.log[place].tolist(), self.seconds + (0.0 if place else self.more))

    def times(self) -> list[float]:
        """Give the seconds of every epoch."""
        return [self.seconds + self.more] + [self.seconds] * (len(self.log) - 1)


def rows_of(blocks: Sequence[Block]) -> list[Row]:
    """Make the rows of blocks that follow each other."""
    return list(map(Row, *(column(blocks, cell.name) for cell in fields(Row))))


def column(blocks: Sequence[Block], name: str) -> list[Any]:
    """Give one number of every epoch, as its `Row` has it, without making the rows."""
    return _COLUMNS[name](blocks)


def _epochs(blocks: Sequence[Block]) -> list[Any]:
    return [epoch for block in blocks for epoch in range(block.epoch, block.epoch + len(block))]


def _losses(blocks: Sequence[Block]) -> list[Any]:
    losses, weights = _joined(blocks, 0), _joined(blocks, 1)
    with np.errstate(all="ignore"):
        means = np.divide(losses, weights, out=np.full(len(losses), np.nan), where=weights != 0)
    return list(means.tolist())


def _accuracies(blocks: Sequence[Block]) -> list[Any]:
    shares = (_joined(blocks, 2) / _joined(blocks, 3)).tolist()
    return [None if math.isnan(share) else share for share in shares]


def _times(blocks: Sequence[Block]) -> list[Any]:
    return [seconds for block in blocks for seconds in block.times()]


def _nothing(blocks: Sequence[Block]) -> list[Any]:
    return [None] * sum(map(len, blocks))


def _rates(blocks: Sequence[Block]) -> list[Any]:
    return list(_joined(blocks, 4).tolist())


def _joined(blocks: Sequence[Block], place: int) -> Array:
    return np.concatenate([block.log[:, place] for block in blocks]) if blocks else np.zeros(0)


_COLUMNS: dict[str, Callable[[Sequence[Block]], list[Any]]] = {
    "epoch": _epochs,
    "train_loss": _losses,
    "train_accuracy": _accuracies,
    "train_time": _times,
    "val_loss": _nothing,
    "val_accuracy": _nothing,
    "lr": _rates,
}


def row_of(
    epoch: int, log: list[float], seconds: float, val_loss: float | None = None, val_accuracy: float | None = None
) -> Row:
    """Make the row of one epoch from its line of a log: the sums of `kernels.tally`, and the last rate."""
    loss, weight, right, rows, lr = log
    accuracy = right / rows
    return Row(
        epoch=epoch,
        train_loss=loss / weight if weight else math.nan,
        train_accuracy=None if math.isnan(accuracy) else accuracy,
        train_time=seconds,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        lr=lr,
    )
