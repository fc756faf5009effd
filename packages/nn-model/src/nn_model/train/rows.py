"""The epochs of a training run: a row for each, or the numbers of many at once."""

import math
from dataclasses import dataclass

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

    def rows(self) -> list[Row]:
        """Make the rows."""
        times = [self.seconds + self.more] + [self.seconds] * (len(self.log) - 1)
        numbers = zip(self.log.tolist(), times, strict=True)
        return [row_of(epoch, sums, time) for epoch, (sums, time) in enumerate(numbers, self.epoch)]


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
