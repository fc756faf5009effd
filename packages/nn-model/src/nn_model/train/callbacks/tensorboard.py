"""Curves in TensorBoard."""

import os
from pathlib import Path
from typing import Any

from nn_model.errors import DataError
from nn_model.extras import need
from nn_model.train.events import Event


class TensorBoard:
    """Write losses, accuracies, rate, time and metrics of every epoch for TensorBoard. Needs `nn-model[tensorboard]`.

    Parameters
    ----------
    folder
        Where the event files go; it is made if it is not there. Give each run its own.

    Raises
    ------
    MissingExtraError
        tensorboardX is not installed.
    DataError
        At the start of training: the folder cannot be written.

    Notes
    -----
    The names are `loss/train`, `loss/validation`, `accuracy/train`, `accuracy/validation`, `lr`, `seconds`, and
    `metric/NAME`; steps are epochs. A resumed run hides what an earlier one wrote of the epochs that it does again.

    Examples
    --------
    >>> TensorBoard("runs/first").folder.name
    'first'
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._writer_of = need("tensorboardX", "tensorboard").SummaryWriter
        self._writer: Any = None

    def __call__(self, event: Event) -> None:
        """Write the numbers of an epoch."""
        if event.kind == "start":
            self._open(event)
        elif event.row is not None:
            row = event.row
            numbers = {
                "loss/train": row.train_loss,
                "loss/validation": row.val_loss,
                "accuracy/train": row.train_accuracy,
                "accuracy/validation": row.val_accuracy,
                "lr": row.lr,
                "seconds": row.train_time,
                **{f"metric/{name}": value for name, value in event.history.measured(row).items()},
            }
            for name, value in numbers.items():
                if value is not None:
                    self._writer.add_scalar(name, value, row.epoch)
            self._writer.flush()
        elif event.kind == "end" and self._writer is not None:
            self._writer.close()
            self._writer = None

    def _open(self, event: Event) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # The suffix keeps two files apart that are begun in one second.
            purge = None if event.fresh else event.epoch + 1
            self._writer = self._writer_of(str(self.folder), purge_step=purge, filename_suffix=f".{event.epoch}")
        except OSError as error:
            raise DataError(f"{self.folder}: no event file can be written there: {error.strerror}") from error
