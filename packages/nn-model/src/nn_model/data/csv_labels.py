"""The label column: names of classes, numbers of classes, or values."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nn_model.data.csv_layout import NUMBER, cut, listed
from nn_model.data.csv_text import Record
from nn_model.data.source import PathLike
from nn_model.errors import DataError

__all__ = ["Names", "Task", "from_numbers", "is_name"]

Array = NDArray[Any]
Task = Literal["classification", "regression"]
Labels = tuple[Array, tuple[str, ...] | None]

_MISSING = {"", "nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}


def is_name(cell: str) -> bool:
    """Whether a cell can be the name of a class: neither a number, nor one of the words for a missing one."""
    return cell.strip().lower() not in _MISSING and NUMBER.fullmatch(cell) is None


class Names:
    """Names of classes in a column of text, numbered as they come; `known` names fix their number and order."""

    def __init__(self, path: PathLike, known: Sequence[str] | None, limit: int) -> None:
        self._path, self._known, self._limit = path, known, limit
        self._codes = {name: code for code, name in enumerate(known or ())}

    def code(self, row: Record, column: int) -> str:
        """Give the number of the row's class, as text; a new name gets the next number."""
        cell = row.cells[column]
        name = cell.strip()
        if name not in self._codes:
            self._refuse(cell, f"{self._path}: line {row.line}, column {column + 1}: ")
            self._codes[name] = len(self._codes)
        return str(self._codes[name])

    def sort(self, codes: Array) -> Labels:
        """Labels (n,) int64 and the names they index: in sorted order, or in that of the known ones."""
        names = tuple(self._codes)
        order = names if self._known is not None else tuple(sorted(names))
        place = {name: i for i, name in enumerate(order)}
        return np.array([place[name] for name in names], np.int64)[codes.astype(np.intp)], order

    def _refuse(self, cell: str, where: str) -> None:
        if not is_name(cell):
            raise DataError(
                f"{where}labels are text as in the first row, or numbers in all rows; found {cut(cell)}; correct the "
                "cell, or pass header=True if line 1 holds names"
            )
        if self._known is not None:
            raise DataError(f"{where}no such class: {cut(cell)}; the classes given are {listed(tuple(self._codes))}")
        if len(self._codes) == self._limit:
            raise DataError(
                f"{where}more than {self._limit:,} classes, the last {cut(cell)}; is this the label column? "
                "pass label=, or a larger max_classes"
            )


def from_numbers(path: PathLike, y: Array, task: Task | None, known: Sequence[str] | None, limit: int) -> Labels:
    """Labels (n,) int64 and class names if the numbers are classes, else the values and None."""
    wrong = (y < 0) | (y != np.floor(y))
    if task == "regression" or (task is None and known is None and wrong.any()):
        return y, None
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}: classes are whole numbers from 0; found {y[row]:g} in data row {row + 1}; number the classes "
            'from 0, write their names, or pass task="regression"'
        )
    count = len(known) if known is not None else limit
    if y.max() >= count:
        row = int(np.argmax(y))
        raise DataError(
            f"{path}: a class is a whole number below {count:,}; found {y[row]:.0f} in data row {row + 1}; "
            'pass task="regression" if labels are values, or more classes or max_classes'
        )
    classes = known if known is not None else map(str, range(int(y.max()) + 1))
    return y.astype(np.int64), tuple(classes)
