"""Whether a log that is there is that of the run which is to continue it."""

from collections.abc import Iterable
from pathlib import Path

from nn_model.disk.faults import explained
from nn_model.disk.opening import open_regular
from nn_model.errors import DataError
from nn_model.train.history import History, Row, log_line

__all__ = ["foreign", "read_log"]

HEADER = ",".join(History.COLUMNS)
MAX_BYTES = 2**26
"""The largest log that is read: about a million epochs."""

_CELL = set("+-.0123456789einfa")
"""What a number is written with."""


def read_log(path: Path) -> str:
    """Read the log that is there; the text is empty where there is none."""
    with explained(path, None, DataError):
        try:
            file, size = open_regular(path, f"{path}: a log", DataError, links=False)
        except FileNotFoundError:
            return ""
        with file:
            if size > MAX_BYTES:
                raise DataError(f"{path}: a log has at most {MAX_BYTES:,} bytes; found {size:,}; name another file")
            content = file.read(MAX_BYTES)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise DataError(f"{path}: this is no log but something else; name another file") from None


def foreign(text: str, history: Iterable[Row], *, own: bool) -> str | None:
    """Say why a text is not the log of this run; `None` if it is. It may end in half a line.

    Parameters
    ----------
    text
        What the file holds; fewer lines than the run has epochs, or more.
    history
        The epochs that the run knows.
    own
        Whether lines that it no longer knows are its own even where none that it knows is among them.
    """
    known = [log_line(row) for row in history]
    header, *lines = text.replace("\r\n", "\n").splitlines(keepends=True) or [HEADER]
    if header.rstrip("\n") != HEADER:
        return f"a log begins with {HEADER}; found {header[:60]!r}"
    for epoch, line in enumerate(lines, 1):
        cut = epoch == len(lines) and not line.endswith("\n")  # the process was killed while it wrote
        if not (_is_line(line, known[epoch - 1], cut) if epoch <= len(known) else _is_row(line, epoch, cut)):
            return f"line {epoch + 1} is not that of epoch {epoch} of this run; found {line[:60]!r}"
    if lines and not known and not own:
        return "its lines are not known to be of this run, which has completed no epoch"
    return None


def _is_line(line: str, expected: str, cut: bool) -> bool:
    return line == expected or (cut and expected.startswith(line))


def _is_row(line: str, epoch: int, cut: bool) -> bool:
    """Whether a line could be that of an epoch, of which nothing is known."""
    first, *cells = line.removesuffix("\n").split(",")
    if not (all(map(_CELL.issuperset, cells)) and (cut or line.endswith("\n"))):
        return False
    most = len(History.COLUMNS) - 1
    return (first == str(epoch) and len(cells) == most) or (cut and str(epoch).startswith(first) and len(cells) <= most)
