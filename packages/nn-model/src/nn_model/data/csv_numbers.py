"""From records to arrays of numbers: a fast reader that never complains, and a careful one that knows where."""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn_model.data.csv_labels import Names
from nn_model.data.csv_layout import NUMBER, Layout, cut, other_delimiter
from nn_model.data.csv_text import Place, Record, records
from nn_model.data.source import PathLike
from nn_model.errors import DataError

__all__ = ["Numbers", "careful", "inspect", "plain"]

Array = NDArray[Any]

_PLAIN = b"0123456789+-.eE \t\r\n"
_PLAIN_TEXT = re.compile(r"[0-9+\-.eE \t]*")
_BLOCK = 1 << 20
# In a shorter line, no cell passes the csv module's limit on cells.
_LONGEST = 1 << 17
# The first magnitude that rounds to infinity.
_OVERFLOW = {"float32": 2.0**128 - 2.0**103, "float64": math.inf}


class Numbers(NamedTuple):
    """Features (n, d) in the dtype asked for, and the label column (n,) in float64, which rounds no label."""

    x: Array
    y: Array | None


class _NotPlainError(Exception):
    """The file has something that only the careful reader understands."""


class _PlainLines:
    """The lines of a file from a place on, as long as they hold plain numbers, and where its blocks begin."""

    def __init__(self, file: BinaryIO, start: Place, delimiter: str) -> None:
        self._file, self._accepted = file, _PLAIN + delimiter.encode()
        self.blocks, self.end = [start], start.line

    def __iter__(self) -> Iterator[bytes]:
        offset, rest = self.blocks[0].offset, b""
        self._file.seek(offset)
        while piece := self._file.read(_BLOCK):
            text = rest + piece
            block = text.split(b"\n")
            rest = block.pop()
            # NumPy would also take nan, inf and NUL; none of their letters is accepted. It skips blank lines.
            longest = max(map(len, (*block, rest)))
            if piece.translate(None, self._accepted) or longest > _LONGEST or not all(block):
                raise _NotPlainError
            self.end += len(block)
            yield from block
            offset += len(text) - len(rest)
            self.blocks.append(Place(offset, self.end))
        if rest:
            self.end += 1
            yield rest

    def block_of(self, line: int) -> Place:
        """Give the place where the block of this line begins."""
        return self.blocks[bisect_right(self.blocks, line, key=lambda place: place.line) - 1]


def plain(file: BinaryIO, start: Place, layout: Layout, delimiter: str, dtype: str) -> Numbers | Place:
    """Read rows of plain numbers by NumPy's reader in C; if anything is unusual, say in which block it comes first."""
    lines, count, at = _PlainLines(file, start, delimiter), len(layout.names), layout.label
    # The columns before the label, the label, and those after it.
    parts: list[tuple[str, str, tuple[int, ...]]] = [("before", dtype, (count if at is None else at,))]
    if at is not None:
        parts += [("label", "float64", ()), ("after", dtype, (count - at - 1,))]
    try:
        table = np.loadtxt(iter(lines), np.dtype(parts), comments=None, delimiter=delimiter, ndmin=1)
    except (_NotPlainError, ValueError):
        return lines.blocks[-1]
    if len(table) != lines.end - start.line:
        return start  # NumPy has skipped lines
    columns = [table[name] for name, _, shape in parts if 0 not in shape]
    if bad := [row for column in columns if (row := _first_not_finite(column)) is not None]:
        return lines.block_of(start.line + min(bad))
    if at is None:
        return Numbers(table["before"], None)
    return Numbers(np.concatenate((table["before"], table["after"]), axis=1), table["label"].copy())


def _first_not_finite(column: Array) -> int | None:
    """Give the first row whose numbers are not all finite; where all are, as of most files, at no cost of memory."""
    if math.isfinite(column.min()) and math.isfinite(column.max()):
        return None
    return int(np.argmin(np.isfinite(column).reshape(len(column), -1).all(axis=1)))


def inspect(
    file: BinaryIO, place: Place, path: PathLike, layout: Layout, delimiter: str, dtype: str, longest: int
) -> None:
    """Read carefully around a block where the fast reader gave up, to find a fault far down a file soon."""
    rows, end = records(file, path, delimiter, longest, place), place.offset + 2 * _BLOCK
    near = takewhile(lambda _: file.tell() < end, rows)
    careful(near, path, layout, delimiter, dtype, None)


def careful(
    rows: Iterator[Record], path: PathLike, layout: Layout, delimiter: str, dtype: str, labels: Names | None
) -> Numbers:
    """Read rows one by one, checking every cell; with `labels`, the label column is text and becomes its codes."""
    count, at, overflow = len(layout.names), layout.label, _OVERFLOW[dtype]
    y: list[float] = []

    def numbers() -> Iterator[tuple[float, ...]]:
        for row in rows:
            cells = row.cells
            if len(cells) != count:
                hint = other_delimiter(row, delimiter) or "; complete or quote its cells"
                raise DataError(
                    f"{path}: line {row.line}: every row has as many cells as line 1; found {len(cells)}, "
                    f"expected {count}{hint}"
                )
            if labels is not None and at is not None:
                cells[at] = labels.code(row, at)
            values = _converted(cells)
            # Greater than both ends: NaN, which no plain cell gives, cannot slip through.
            if not (-overflow < min(values) and max(values) < overflow):
                _refuse_bad_cell(path, row, layout, delimiter, overflow)
            if at is not None:
                y.append(values[at])
                values = values[:at] + values[at + 1 :]
            yield values

    x = np.fromiter(numbers(), np.dtype((dtype, (count - (at is not None),))))
    return Numbers(x, None if at is None else np.array(y))


def _converted(cells: list[str]) -> tuple[float, ...]:
    """All cells as floats; a lone NaN if any is not a plain number."""
    # float() alone would also take nan, 1_000 and the digits of other scripts.
    if not _PLAIN_TEXT.fullmatch("".join(cells)):
        return (math.nan,)
    try:
        return tuple(map(float, cells))
    except ValueError:
        return (math.nan,)


def _refuse_bad_cell(path: PathLike, row: Record, layout: Layout, delimiter: str, overflow: float) -> None:
    """Name the first cell of the row that is no number, or too large a one; labels only need to fit float64."""
    for i, cell in enumerate(row.cells):
        where, found = f"{path}: line {row.line}, column {i + 1} ({cut(layout.names[i])})", f"found {cut(cell)}"
        if NUMBER.fullmatch(cell) is None:
            hint = other_delimiter(row, delimiter) or "; correct the cell, or drop the row"
            raise DataError(f"{where}: a cell must hold a finite decimal number; {found}{hint}")
        if not abs(float(cell)) < (math.inf if i == layout.label else overflow):
            raise DataError(f"{where}: the number must be finite in the dtype asked for; {found}; rescale the column")
