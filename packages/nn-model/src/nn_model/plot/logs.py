"""Training logs: files of a line per epoch, with and without a header line."""

from collections.abc import Sequence
from itertools import chain

from nn_model.data.csv_text import Record, records
from nn_model.data.source import PathLike, opened
from nn_model.errors import DataError
from nn_model.train.history import History

__all__ = ["Epoch", "read_log"]

_NAMELESS = {
    3: ("epoch", "train_loss", "train_time"),
    4: ("epoch", "train_loss", "val_accuracy", "train_time"),
    5: History.COLUMNS,
    6: (*History.COLUMNS, "train_time"),
}
"""What the columns of Rust-Neural-Networks' logs are: its programs write no header, and not all the same."""

_NEEDED = {"epoch", "train_loss"}
_LONGEST = 10_000

Epoch = dict[str, float | None]


def read_log(path: PathLike) -> list[Epoch]:
    """Read a log as one dict an epoch: a number under each column's name, `None` where the cell is empty.

    A file with a header line says itself what its columns are, and needs `epoch` and `train_loss` among them.

    Raises
    ------
    DataError
        The file is no such log; the message names the line.
    """
    with opened(path) as (file, _):
        rows = records(file, path, ",", _LONGEST)
        first = next(rows, None)
        if first is None:
            raise DataError(f"{path}: a log needs a line for each epoch; the file is empty; train at least one epoch")
        named = not _is_number(first.cells[0])
        columns = _header(path, first) if named else _nameless(path, first)
        epochs: list[Epoch] = []
        for row in rows if named else chain([first], rows):
            epochs.append(_epoch(path, row, columns, epochs))
    if not epochs:
        raise DataError(f"{path}: a log needs a line for each epoch; found a header only; train at least one epoch")
    return epochs


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _header(path: PathLike, row: Record) -> Sequence[str]:
    columns = [cell.strip() for cell in row.cells]
    missing = _NEEDED.difference(columns)
    if missing:
        raise DataError(
            f"{path}: line {row.line}: a header must name epoch and train_loss; found {','.join(columns)}; "
            f"write {','.join(History.COLUMNS)}"
        )
    return columns


def _nameless(path: PathLike, row: Record) -> Sequence[str]:
    if len(row.cells) not in _NAMELESS:
        raise DataError(
            f"{path}: line {row.line}: a log without a header has 3, 4, 5 or 6 columns; found {len(row.cells)}; "
            f"write {','.join(History.COLUMNS)} above them"
        )
    return _NAMELESS[len(row.cells)]


def _epoch(path: PathLike, row: Record, columns: Sequence[str], before: list[Epoch]) -> Epoch:
    if len(row.cells) != len(columns):
        raise DataError(
            f"{path}: line {row.line}: {len(columns)} cells are needed, as in line 1; found {len(row.cells)}; "
            "complete the line or delete it"
        )
    cells = {name: cell.strip() for name, cell in zip(columns, row.cells, strict=True) if name in History.COLUMNS}
    for name, cell in cells.items():
        if not (_is_number(cell) or (cell == "" and name not in _NEEDED)):
            raise DataError(f"{path}: line {row.line}: {name} must be a number; found {cell!r}; mend the line")
    number, last = float(cells["epoch"]), (before[-1]["epoch"] or 0.0) if before else -1.0
    if not (number.is_integer() and number > last):
        remedy = f" after {last:g}; is it the log of two runs? give each a file" if last >= 0 else "; mend the line"
        raise DataError(
            f"{path}: line {row.line}: epochs must be whole numbers that rise; found {cells['epoch']}{remedy}"
        )
    return {name: float(cell) if cell else None for name, cell in cells.items()}
