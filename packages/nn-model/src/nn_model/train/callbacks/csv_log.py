"""A line for every epoch, in a file."""

import os
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO

from nn_model.disk.atomic import check_target, replacing
from nn_model.disk.faults import explained
from nn_model.disk.lock import claim
from nn_model.disk.place import place_of
from nn_model.errors import DataError
from nn_model.train import trusted
from nn_model.train.arguments import check_choice
from nn_model.train.events import Event
from nn_model.train.history import Row, log_line, log_text
from nn_model.train.own_log import foreign, read_log


class CSVLog:
    """Write `epoch,train_loss,train_time,val_loss,val_accuracy` to a file, a line after every epoch.

    Parameters
    ----------
    path
        The file; its folder must be there. A link, a pipe or a device is no file, and stays as it is.
    overwrite
        Whether a file that is there may be replaced, whatever is in it. Without it a new run needs a new file, and a
        resumed run continues its own log: lines of epochs that it will do again are dropped, and lines that are
        missing are added.

    Raises
    ------
    DataError
        At the start of training: a file that is there, is not the log of this run, or cannot be written. It is left
        as it is.

    Warns
    -----
    UserWarning
        Another process writes a log there as well. Each writes its own lines whole; the last one's stay.

    Notes
    -----
    Losses have six places, time is in seconds, accuracy in percent with two places, as in Rust-Neural-Networks' logs;
    those have no header. What an epoch does not have stays empty. `nn_model.plot.curves` draws such files.

    Examples
    --------
    >>> CSVLog("runs/log.csv").path.name
    'log.csv'
    """

    def __init__(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        check_choice("overwrite", overwrite, (True, False))
        self.path, self.overwrite = Path(path), overwrite
        self._own = ""
        self._file: BinaryIO | None = None
        self._held = ExitStack()

    def __call__(self, event: Event) -> None:
        """Write the line of an epoch; at the start, the header and the lines of the epochs before."""
        if event.kind == "start":
            self._start(event)
        elif event.row is not None:
            self._add(event.row, event.history)
        elif event.kind == "end":
            self._held.close()

    def _start(self, event: Event) -> None:
        check_target(self.path, DataError)
        if not self.overwrite:
            self._check(event)
        self._held.enter_context(claim(self.path))
        self._write(event.history)
        self._own = place_of(self.path)

    def _check(self, event: Event) -> None:
        """Check that nothing is there, or what this run wrote."""
        text = read_log(self.path)
        if event.fresh and text:
            raise DataError(
                f"{self.path}: the file is there already; name another, resume the run that it belongs to, or "
                "write CSVLog(..., overwrite=True)"
            )
        own = self._own == place_of(self.path)
        if fault := foreign(text, event.history, own=own):
            raise DataError(
                f"{self.path}: {fault}; a resumed run continues its own log: name that, or a new file, or let this "
                "one be replaced: CSVLog(..., overwrite=True), or nn train --force"
            )

    def _write(self, history: Iterable[Row]) -> None:
        """Write all lines in the place of what is there, and keep the file open to add to it."""
        check_target(self.path, DataError)
        content = log_text(history).encode()
        with explained(self.path, lambda file: file.write(content), DataError):
            with replacing(self.path, DataError) as file:
                file.write(content)
                made = os.fstat(file.fileno())
            added_to = self._held.enter_context(self.path.open("ab", buffering=0))
        # Another process may have put its own file there by now.
        self._file = added_to if os.path.samestat(made, os.fstat(added_to.fileno())) else None

    def _add(self, row: Row, history: Iterable[Row]) -> None:
        """Add a line to the file that this run began; where another is in its place, write all lines anew."""
        if self._file is None or not _is_at(self._file, self.path):
            self._write(history)
            return
        left = memoryview(log_line(row).encode())
        with explained(self.path, None, DataError):
            while left:
                left = left[self._file.write(left) :]

    def state(self) -> dict[str, Any]:
        """Give a digest of the log's place, by which a resumed run knows its own."""
        return {"place": self._own}

    def restore(self, state: dict[str, Any]) -> None:
        """Take it back."""
        self._own = trusted.of_kind(state, "place", str)


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether this open file is what stands at the path, and as long as this run left it."""
    with suppress(OSError):
        status = os.fstat(file.fileno())
        return os.path.samestat(status, path.lstat()) and status.st_size == file.tell()
    return False
