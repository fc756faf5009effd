"""What the first rows of a table say: header or not, names of the columns, where the label is."""

import re
from collections import Counter
from typing import NamedTuple

from nn_model.data.csv_text import Record
from nn_model.data.source import PathLike
from nn_model.errors import DataError

__all__ = ["NUMBER", "Layout", "cut", "layout", "listed", "other_delimiter"]

NUMBER = re.compile(r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t]*", re.ASCII)


class Layout(NamedTuple):
    """Names of all columns, the index of the label column, and whether line 1 is a header."""

    names: tuple[str, ...]
    label: int | None
    header: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the feature columns."""
        return tuple(name for i, name in enumerate(self.names) if i != self.label)


def layout(
    path: PathLike, first: Record, label: int | str | None, header: bool | None, delimiter: str, max_columns: int
) -> Layout:
    """Read off the first record how the table is laid out, or say why it cannot be one."""
    count = len(first.cells)
    if count > max_columns:
        raise DataError(
            f"{path}: found {count:,} columns, over the limit of {max_columns:,}; pass a larger max_columns"
        )
    if count - (label is not None) < 1:
        hint = other_delimiter(first, delimiter) or "; pass label=None to read features only"
        raise DataError(f"{path}: a table needs a feature column beside the label; found {count} column{hint}")
    if not isinstance(label, str):
        label = _index(path, label, count)
    if header is None:
        header = isinstance(label, str) or _looks_like_names(path, first, label)
    names = tuple(cell.strip() for cell in first.cells) if header else tuple(f"column {i + 1}" for i in range(count))
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise DataError(
            f"{path}: line 1: column names must differ; found {listed(twice)} more than once among {listed(names)}; "
            "rename a column, or pass header=False if line 1 is data"
        )
    if isinstance(label, str):
        if not header or label not in names:
            hint = other_delimiter(first, delimiter) or "; pass one of these, or an index"
            raise DataError(f"{path}: no column is named {label!r}; columns present: {listed(names)}{hint}")
        label = names.index(label)
    return Layout(names, label, header)


def _index(path: PathLike, label: int | None, count: int) -> int | None:
    if label is not None and not -count <= label < count:
        raise DataError(f"{path}: label={label} is outside the {count} columns; pass {-count} to {count - 1}")
    return label if label is None else label % count


def _looks_like_names(path: PathLike, first: Record, label: int | None) -> bool:
    """Whether line 1 is a header: no cell a number; a label of text beside numbers does not make it one."""
    words = [NUMBER.fullmatch(cell) is None for cell in first.cells]
    if not any(word for i, word in enumerate(words) if i != label):
        return False
    if not all(words):
        word = words.index(True)
        raise DataError(
            f"{path}: line 1 holds both numbers and other cells (column {word + 1}: {cut(first.cells[word])}), so it "
            f"may be names or data{other_delimiter(first) or '; pass header=True or header=False'}"
        )
    return True


def other_delimiter(record: Record, delimiter: str = ",") -> str:
    """Propose the delimiter that the record seems to be written with, as the end of a message; or nothing."""
    for other in ";\t|":
        if other != delimiter and any(other in cell for cell in record.cells):
            return f"; the cells hold {other!r}: pass delimiter={other!r} (--delimiter)"
    if delimiter != "," and any("," in cell for cell in record.cells):
        wide = len(record.cells) > 1
        return "; write decimals with a point" if wide else "; the cells hold ',': pass delimiter=',' (--delimiter)"
    return ""


def cut(cell: str) -> str:
    """Quote a cell for a message, at most 40 characters of it."""
    return repr(cell) if len(cell) <= 40 else f"{cell[:40]!r}..."


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Quote the first ten names for a message."""
    return ", ".join(cut(name) for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
