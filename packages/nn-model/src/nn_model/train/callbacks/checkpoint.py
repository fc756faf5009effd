"""A run that can be gone on with."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nn_model.checkpoint import check_savable, check_writable, claim
from nn_model.disk.place import place_of
from nn_model.errors import CheckpointError, PartError
from nn_model.train import trusted
from nn_model.train.arguments import check_choice, check_whole
from nn_model.train.callbacks.monitor import Best, Monitor, check_monitor, check_monitored
from nn_model.train.events import Event

SUFFIXES = (".safetensors", ".json")
FOREIGN = (".pt", ".pth", ".ckpt", ".h5", ".hdf5", ".keras", ".pkl", ".pickle", ".npz", ".npy", ".onnx", ".bin", ".txt")
"""Suffixes of files that are of another format: nobody who names one means a folder."""


class Checkpoint:
    """Save the network while it trains: the last state, to go on from, and the best one.

    Parameters
    ----------
    path
        A folder, which is made if its parent is there: it will hold `last.safetensors` and `best.safetensors`. Or a
        file, `model.safetensors` or `model.json`, for the last state; the best is then in `model_best.safetensors`.
    every_epochs
        After how many epochs the last state is saved, at least 1; `None`: only by steps and at the end.
    every_steps
        After how many steps, in the middle of epochs too; `None`: only by epochs and at the end.
    best_only
        Whether only the best state is saved.
    keep
        Leave numbered files, `checkpoint_3.safetensors` after epoch 3 (`checkpoint_3_100.safetensors` with 100 batches
        more, `model_3.safetensors` where a file was named), the last so many of them, in the place of one last state.
    monitor
        What is best: the lowest `"val_loss"` or `"train_loss"`, or the highest `"val_accuracy"`. Where there are no
        validation rows, `"val_loss"` means `"train_loss"`.

    Attributes
    ----------
    best
        The best value and its epoch.

    Raises
    ------
    PartError
        An argument out of its range; at the start of training, nothing to monitor.
    CheckpointError
        A path that names a file of another format. At the start: the files could not be written. Later: a full or
        broken disk. What was there is left whole.

    Notes
    -----
    Files are written whole or not at all, with everything that `fit(..., resume=True)` needs. When training ends, by an
    interrupt too, the last state is saved if it has not been; but never after an error. Keras' `ModelCheckpoint` saves
    no place within an epoch, and finds an unwritable folder only after the first one.

    Examples
    --------
    >>> Checkpoint("runs/mnist", every_epochs=5, keep=3).keep
    3
    """

    saves = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        every_epochs: int | None = 1,
        every_steps: int | None = None,
        best_only: bool = False,
        keep: int | None = None,
        monitor: Monitor = "val_loss",
    ) -> None:
        for name, value in (("every_epochs", every_epochs), ("every_steps", every_steps), ("keep", keep)):
            if value is not None:
                check_whole(name, value)
        check_choice("best_only", best_only, (True, False))
        check_monitor(monitor)
        if best_only and keep is not None:
            raise PartError("keep counts the files of last states, and best_only=True writes none; give one of the two")
        self.path = _checked(path)
        self.every_epochs, self.every, self.best_only, self.keep = every_epochs, every_steps, best_only, keep
        self.monitor = monitor
        self.best = Best()
        self._numbers: list[tuple[int, int]] = []
        self._saved_step = -1
        self._improved = False
        self._claims = ExitStack()

    def __call__(self, event: Event) -> None:
        """Save what is to be saved now."""
        if event.kind == "start":
            self._start(event)
        elif event.kind == "steps" and self.every is not None and event.batch < event.batches:
            self._save_last(event)
        elif event.kind == "epoch":
            self._close_epoch(event)
        elif event.kind == "end":
            if not event.failed and event.step != self._saved_step:
                self._save_last(event)
            self._claims.close()

    def _start(self, event: Event) -> None:
        if event.validation or self.monitor != "val_loss":
            check_monitored("Checkpoint", self.monitor, event)
        if event.fresh:
            self.best, self._numbers = Best(), []
        self._saved_step = event.step
        check_savable(self.path, event.nn)  # an own part that no file can hold is found now, not after an epoch
        if self.path.suffix.lower() not in SUFFIXES:
            _make(self.path)
        for target in (self._file("best"), *([] if self.best_only else [self._last(event)])):
            check_writable(target)
            self._claims.enter_context(claim(target))

    def note(self, event: Event) -> None:
        """Judge the epoch, before anybody saves: what one checkpoint writes has what all others have noted."""
        monitor = self.monitor if event.validation else "train_loss"
        self._improved = event.row is not None and self.best.improves(event.row, monitor)

    def _close_epoch(self, event: Event) -> None:
        if self._improved:
            event.nn.save(self._file("best"))
        by_epochs = self.every_epochs is not None and event.epoch % self.every_epochs == 0
        if by_epochs or (self.every is not None and event.step % self.every == 0):
            self._save_last(event)

    def _save_last(self, event: Event) -> None:
        if self.best_only:
            return
        number = (event.epoch, event.batch)
        if self.keep is not None and number not in self._numbers:
            self._numbers.append(number)
        event.nn.save(self._last(event))
        self._saved_step = event.step
        while self.keep is not None and len(self._numbers) > self.keep:
            self._file(_numbered(*self._numbers.pop(0))).unlink(missing_ok=True)

    def _last(self, event: Event) -> Path:
        return self._file("last" if self.keep is None else _numbered(event.epoch, event.batch))

    def _file(self, name: str) -> Path:
        """Give a file by what it holds: in the folder that was given, or beside the file."""
        if self.path.suffix.lower() not in SUFFIXES:
            return self.path / f"{name}.safetensors"
        if name == "last":
            return self.path
        return self.path.with_name(f"{self.path.stem}_{name.removeprefix('checkpoint_')}{self.path.suffix}")

    def state(self) -> dict[str, Any]:
        """Give the best so far, the numbers of the files that are kept, and a digest of where they are."""
        numbers = [list(number) for number in self._numbers]
        return {**self.best.state(), "numbers": numbers, "place": place_of(self.path)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take them back."""
        self.best = Best.restored(state)
        pairs = trusted.of_kind(state, "numbers", list)
        self._numbers = [
            (trusted.whole({"number": a}, "number"), trusted.whole({"number": b}, "number")) for a, b in pairs
        ]
        # Files elsewhere are not this run's to remove. Earlier files tell the place by its path.
        here = {"place": place_of(self.path)} if "place" in state else {"path": str(self.path.absolute())}
        if not here.items() <= state.items():
            self._numbers = []


def _checked(path: str | os.PathLike[str]) -> Path:
    """Check that a path names a folder, or a file of one of the two formats."""
    found = Path(path)
    if not os.fspath(path):
        raise CheckpointError("path must name a folder or a file; got ''; the folder that is here is '.'")
    if found.suffix.lower() in FOREIGN:
        raise CheckpointError(f"{found}: checkpoints are {' or '.join(SUFFIXES)} files; name one, or a folder for them")
    return found


def _numbered(epoch: int, batch: int) -> str:
    return f"checkpoint_{epoch}_{batch}" if batch else f"checkpoint_{epoch}"


def _make(folder: Path) -> None:
    """Make the folder if it is not there; its parent must be."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CheckpointError(
            f"{folder}: no folder can be made there: {error.strerror}; name a folder whose parent is there and that "
            f"you may write to, or a file that ends in {' or '.join(SUFFIXES)}"
        ) from error
