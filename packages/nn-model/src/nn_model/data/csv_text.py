"""From bytes to records: strict UTF-8, bounded lines, and quotes; every refusal says where."""

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from nn_model.data.source import PathLike, resembles
from nn_model.errors import DataError

__all__ = ["BOM", "TOP", "Place", "Record", "records"]

BOM = b"\xef\xbb\xbf"
# The longest first: UTF-32 begins as UTF-16 does.
_UTF_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class Record(NamedTuple):
    """One row as text, and the line on which it begins, counted from 1."""

    line: int
    cells: list[str]


class Place(NamedTuple):
    """Where a line begins: its byte in the file, and its number, counted from 1."""

    offset: int
    line: int


TOP = Place(0, 1)


def records(file: BinaryIO, path: PathLike, delimiter: str, longest: int, start: Place = TOP) -> Iterator[Record]:
    """Yield the records of a file from a line's beginning; blank lines are refused, but at the end of the file.

    Parameters
    ----------
    file : binary file
        Read line by line: after a record, its position is the end of that record.
    path : path
        For messages.
    delimiter : str
        One character.
    longest : int
        Most bytes of one line.
    start : Place
        The line to begin with, which no quoted cell may have reached into.
    """
    file.seek(start.offset)
    reader = csv.reader(_lines(file, path, longest, start.offset), delimiter=delimiter, strict=True)
    blank, line = 0, start.line
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{path}: line {line}: {_reason(error)}") from None
        if not cells:
            blank = blank or line
        elif blank:
            raise DataError(f"{path}: line {blank}: a row must hold cells; found an empty line; delete it")
        else:
            yield Record(line, cells)
        line = start.line + reader.line_num


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "end of data" in text or "field limit" in text:
        limit = f"{csv.field_size_limit():,}"
        return f"a quote is never closed, or a cell is longer than {limit} characters; close the quote"
    if "new-line" in text:
        return "a carriage return stands inside a row; end lines by a newline"
    return f"quotes must enclose a whole cell ({text}); remove or double the inner quote"


def _lines(file: BinaryIO, path: PathLike, longest: int, offset: int) -> Iterator[str]:
    for raw in iter(lambda: file.readline(longest + 1), b""):
        if len(raw) > longest:
            raise DataError(f"{path}: a line may have {longest:,} bytes; the one at byte {offset} has more; end lines")
        if offset == 0:
            _refuse_other_formats(raw, path)
        skip = len(BOM) if offset == 0 and raw.startswith(BOM) else 0
        yield _decoded(raw[skip:], path, offset + skip)
        offset += len(raw)


def _refuse_other_formats(head: bytes, path: PathLike) -> None:
    for mark, encoding in _UTF_MARKS.items():
        if head.startswith(mark):
            raise DataError(f"{path}: a CSV file is UTF-8; found {encoding} (mark at byte offset 0); save it as UTF-8")
    if (kind := resembles(head)) not in {"", "text"}:
        raise DataError(f"{path}: a CSV file is UTF-8 text; found {kind} at byte offset 0; unpack or convert it")


def _decoded(raw: bytes, path: PathLike, offset: int) -> str:
    if (zero := raw.find(b"\0")) >= 0:
        raise DataError(
            f"{path}: a CSV file is UTF-8 text; found a NUL at byte offset {offset + zero}, as in UTF-16 or binary "
            "files; save it as UTF-8"
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: a CSV file is UTF-8 text; found 0x{raw[error.start]:02X} at byte offset {offset + error.start}, "
            "as in Latin-1 or binary files; save it as UTF-8"
        ) from None
