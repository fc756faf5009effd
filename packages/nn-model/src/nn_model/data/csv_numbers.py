"""From records to one array of numbers: a fast reader that never complains, and a careful one that knows where."""

import math
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn_model.data.csv_labels import Names
from nn_model.data.csv_layout import NUMBER, Layout, cut, other_delimiter
from nn_model.data.csv_text import Record
from nn_model.data.source import PathLike
from nn_model.errors import DataError

__all__ = ["careful", "plain"]

Array = NDArray[Any]

_PLAIN = b"0123456789+-.eE \t\r\n"
_PLAIN_TEXT = re.compile(r"[0-9+\-.eE \t]*")
_BLOCK = 1 << 20
# In a shorter line, no cell passes the csv module's limit on cells.
_LONGEST = 1 << 17
# The first magnitude that rounds to infinity.
_OVERFLOW = {"float32": 2.0**128 - 2.0**103, "float64": math.inf}


class _NotPlainError(Exception):
    """The file has something that only the careful reader understands."""


def plain(file: BinaryIO, start: int, layout: Layout, delimiter: str, dtype: str) -> Array | None:
    """Read rows of plain numbers from byte `start` by NumPy's reader in C; None if anything at all is unusual."""
    file.seek(start)
    accepted = _PLAIN + delimiter.encode()
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        rest = b""
        while piece := file.read(_BLOCK):
            block = (rest + piece).split(b"\n")
            # NumPy would also take nan, inf and NUL; none of their letters is accepted.
            if piece.translate(None, accepted) or max(map(len, block)) > _LONGEST:
                raise _NotPlainError
            rest = block.pop()
            count += len(block)
            yield from block
        if rest:
            count += 1
            yield rest

    try:
        table = np.loadtxt(lines(), dtype, comments=None, delimiter=delimiter, ndmin=2)
    except (_NotPlainError, ValueError):
        return None
    # NumPy skips blank lines; rows that differ from lines show it.
    whole = table.shape == (count, len(layout.names))
    return table if whole and math.isfinite(table.min()) and math.isfinite(table.max()) else None


def careful(
    rows: Iterator[Record], path: PathLike, layout: Layout, delimiter: str, dtype: str, labels: Names | None
) -> Array:
    """Read rows one by one, checking every cell; with `labels`, the label column is text and becomes its codes."""
    count, overflow = len(layout.names), _OVERFLOW[dtype]

    def numbers() -> Iterator[tuple[float, ...]]:
        for row in rows:
            if len(row.cells) != count:
                hint = other_delimiter(row, delimiter) or "; complete or quote its cells"
                raise DataError(
                    f"{path}: line {row.line}: every row has as many cells as line 1; found {len(row.cells)}, "
                    f"expected {count}{hint}"
                )
            cells = row.cells
            if labels is not None and layout.label is not None:
                cells[layout.label] = labels.code(row, layout.label)
            values = _converted(cells)
            # Greater than both ends: NaN, which no plain cell gives, cannot slip through.
            if not (-overflow < min(values) and max(values) < overflow):
                raise DataError(_bad_cell(path, row, layout, delimiter, overflow))
            yield values

    return np.fromiter(numbers(), np.dtype((dtype, (count,))))


def _converted(cells: list[str]) -> tuple[float, ...]:
    """All cells as floats; a lone NaN if any is not a plain number."""
    # float() alone would also take nan, 1_000 and the digits of other scripts.
    if not _PLAIN_TEXT.fullmatch("".join(cells)):
        return (math.nan,)
    try:
        return tuple(map(float, cells))
    except ValueError:
        return (math.nan,)


def _bad_cell(path: PathLike, row: Record, layout: Layout, delimiter: str, overflow: float) -> str:
    """Name the first cell of the row that is no number, or too large a one."""
    spelt = [NUMBER.fullmatch(cell) is not None for cell in row.cells]
    i = next(i for i, cell in enumerate(row.cells) if not spelt[i] or not abs(float(cell)) < overflow)
    where, found = f"{path}: line {row.line}, column {i + 1} ({cut(layout.names[i])})", f"found {cut(row.cells[i])}"
    if spelt[i]:
        return f"{where}: the number must be finite in the dtype asked for; {found}; rescale the column"
    hint = other_delimiter(row, delimiter) or "; correct the cell, or drop the row"
    return f"{where}: a cell must hold a finite decimal number; {found}{hint}"
