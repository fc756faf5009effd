"""A line for every epoch, in a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nn_model.data.idx_writer import replacing
from nn_model.errors import DataError
from nn_model.train.arguments import check_choice
from nn_model.train.events import Event
from nn_model.train.history import History, Row, log_cells

HEADER = ",".join(History.COLUMNS)


class CSVLog:
    """Write `epoch,train_loss,train_time,val_loss,val_accuracy` to a file, a line after every epoch.

    Parameters
    ----------
    path
        The file; its folder must be there.
    overwrite
        Whether a file that is there may be replaced when a new run begins. A resumed run always continues its own:
        lines of epochs that it will do again are dropped, and lines that are missing are added.

    Raises
    ------
    DataError
        At the start of training: a file that is there, is no log, or cannot be written. It is left as it is.

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

    def __call__(self, event: Event) -> None:
        """Write the line of an epoch; at the start, the header."""
        if event.kind == "start":
            with self._explained():
                self._start(event)
        elif event.row is not None:
            with self._explained(), self.path.open("a", encoding="utf-8", newline="") as file:
                file.write(_line(event.row))

    def _start(self, event: Event) -> None:
        lines = self._lines()
        if event.fresh and lines and not self.overwrite:
            raise DataError(
                f"{self.path}: the file is there already; name another, resume the run that it belongs to, or "
                "write CSVLog(..., overwrite=True)"
            )
        if not event.fresh:
            self._check(lines)
        # The history knows every epoch of the run, and the file may hold another run's: it is written anew, whole.
        with replacing(self.path) as file:
            file.write("".join([f"{HEADER}\n", *map(_line, event.history)]).encode())

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except UnicodeDecodeError:
            raise DataError(f"{self.path}: this is no log but something else; name another file") from None

    def _check(self, lines: list[str]) -> None:
        """Check that this is a log; a last line that was cut off by a crash is none of it."""
        if lines and lines[0].rstrip("\r\n") != HEADER:
            raise DataError(f"{self.path}: a log begins with {HEADER}; found {lines[0][:60]!r}; name another file")
        for number, line in enumerate(lines[1:], 2):
            epoch = line.partition(",")[0]
            if not line.endswith("\n"):
                break
            if not (epoch.isascii() and epoch.isdigit()):
                raise DataError(f"{self.path}: line {number}: a line begins with an epoch; found {line[:60]!r}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"{self.path}: the log cannot be written: {error.strerror}; check the folder and the disk"
            ) from error


def _line(row: Row) -> str:
    return ",".join(log_cells(row)) + "\n"
