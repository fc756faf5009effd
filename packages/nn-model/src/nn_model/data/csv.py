"""Tables in CSV files: strict, fast for numbers, and exact about where a fault is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from nn_model.data.csv_labels import Names, Task, from_numbers, is_name
from nn_model.data.csv_layout import Layout, layout
from nn_model.data.csv_numbers import Numbers, careful, inspect, plain
from nn_model.data.csv_options import check_classes, check_options
from nn_model.data.csv_text import BOM, Place, Record, records
from nn_model.data.source import PathLike, opened
from nn_model.errors import DataError

__all__ = ["Table", "read_csv"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """A table of numbers with its label column apart.

    Parameters
    ----------
    x : array, shape (n, d)
        Features.
    y : array, shape (n,), or None
        int64 classes, or float64 values whatever the dtype of `x`; None without a label column.
    classes : tuple of str, or None
        Name of each class; ``y`` holds indices into it. None if labels are values.
    columns : tuple of str
        Names of the d features: from the header, else ``column 1`` and so on, as counted in the file.
    label : str or None
        Name of the label column.
    """

    x: Array
    y: Array | None
    classes: tuple[str, ...] | None
    columns: tuple[str, ...]
    label: str | None


def read_csv(
    path: PathLike,
    label: int | str | None = -1,
    header: bool | None = None,
    delimiter: str = ",",
    dtype: Literal["float32", "float64"] = "float32",
    *,
    task: Task | None = None,
    classes: Sequence[str] | None = None,
    max_columns: int = 100_000,
    max_classes: int = 10_000,
    max_bytes: int = 2**33,
) -> Table:
    r"""Read a table of decimal numbers, one row a line, with at most one column of labels.

    Every cell must be a finite decimal number; text is allowed in the label column and the header. Accepted: UTF-8
    with or without a mark, LF or CRLF, quoted cells, spaces around numbers, no newline at the end.

    Parameters
    ----------
    path : path
        A regular file, not compressed.
    label : int, str or None
        Label column: an index (negative from the right), a name in the header, or None for features only. It is read
        in float64, so that no label is rounded to the features' dtype.
    header : bool or None
        Whether line 1 names the columns. None decides: it does when no cell of it is a number, or when `label` is a
        name; it does not when all features are numbers (a label may be text); anything between is refused. So a
        header of numbers needs ``header=True``.
    delimiter : str
        One character between cells.
    dtype : {"float32", "float64"}
        Of the features.
    task : {"classification", "regression"} or None
        Meaning of labels. None decides: text, or whole numbers from 0, are classes; other numbers are values.
    classes : sequence of str or None
        Names in the order to use, so that a test file is numbered as its training file:
        ``classes=train.classes``; each only once. None sorts the names of a text column, and names numbers by their
        digits.
    max_columns, max_classes, max_bytes : int
        Limits on columns, on classes, and on the memory that the arrays may need by the size of the file
        (default 8 GiB, checked before reading).

    Returns
    -------
    Table

    Raises
    ------
    DataError
        Names the file, line, column and cell where one is at fault, and the remedy.

    Notes
    -----
    pandas takes line 1 for a header always, and reads empty cells and ``nan`` as NaN.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "cats.csv").write_text("weight,length,kind\n4.1,46,cat\n9,61.5,dog\n")
    ...     table = read_csv(Path(folder, "cats.csv"))
    >>> table.x.tolist(), table.y.tolist(), table.classes
    ([[4.099999904632568, 46.0], [9.0, 61.5]], [0, 1], ('cat', 'dog'))
    >>> table.columns, table.label
    (('weight', 'length'), 'kind')
    """
    check_options(label, header, delimiter, dtype, task, (max_columns, max_classes, max_bytes))
    known = check_classes(classes, task)
    longest = max(1 << 20, 64 * max_columns)
    with opened(path) as (file, size):
        rows = records(file, path, delimiter, longest)
        first = _next(rows, path, "is empty")
        where = layout(path, first, label, header, delimiter, max_columns)
        start = file.tell()
        second = _next(rows, path, "holds a header only") if where.header else first
        _check_memory(path, size, where, dtype, max_bytes)
        names = _names(path, second, where, task, known, max_classes)
        begin = Place(start if where.header else _mark(file), second.line)
        table = plain(file, begin, where, delimiter, dtype) if names is None else begin
        if not isinstance(table, Numbers):
            if table.offset > begin.offset:
                inspect(file, table, path, where, delimiter, dtype, longest)
            rows = records(file, path, delimiter, longest, begin)
            table = careful(rows, path, where, delimiter, dtype, names)
    if table.y is None or where.label is None:
        return Table(table.x, None, None, where.columns, None)
    labels = names.sort(table.y) if names else from_numbers(path, table.y, task, known, max_classes)
    return Table(table.x, *labels, where.columns, where.names[where.label])


def _mark(file: BinaryIO) -> int:
    """Give the length of the mark at the beginning of the file."""
    file.seek(0)
    return len(BOM) if file.read(len(BOM)) == BOM else 0


def _next(rows: Iterator[Record], path: PathLike, found: str) -> Record:
    row = next(rows, None)
    if row is None:
        raise DataError(f"{path}: a table needs at least one row; the file {found}; add rows")
    return row


def _check_memory(path: PathLike, size: int, where: Layout, dtype: str, max_bytes: int) -> None:
    # A cell takes 2 bytes of text at least, and its number lies in memory twice while the label is cut out.
    rows, row = size // (2 * len(where.names)), len(where.columns) * np.dtype(dtype).itemsize
    need = 2 * rows * (row + (0 if where.label is None else 8))
    if need > max_bytes:
        raise DataError(
            f"{path}: {size:,} bytes of text may need up to {need:,} bytes of memory, over the limit of "
            f"{max_bytes:,}; divide the file, or pass a larger max_bytes"
        )


def _names(
    path: PathLike, row: Record, where: Layout, task: Task | None, known: Sequence[str] | None, limit: int
) -> Names | None:
    """Names of the classes if the first label is text, else None."""
    if where.label is None or where.label >= len(row.cells) or task == "regression":
        return None
    return Names(path, known, limit) if is_name(row.cells[where.label]) else None
