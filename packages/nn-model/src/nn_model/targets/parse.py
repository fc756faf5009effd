"""Labels as people write them, numbers, text or one-hot rows, as class indices."""

from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.errors import DataError


def class_indices(y: Any, names: Array, tail: tuple[int, ...] = ()) -> Array:
    """Give labels as indices `(rows, *tail)` of dtype intp.

    Parameters
    ----------
    y
        Whole numbers or names, `(rows, *tail)` or `(rows, 1)`, or one-hot rows `(rows, K)`.
    names
        The classes. Text given for classes that are text is looked up; so are whole numbers for classes that are
        whole numbers. Whole numbers for classes that are text are indices.
    tail
        What follows the rows: `()`, or the number of tokens.

    Raises
    ------
    DataError
        A label that is no class, is no whole number, is missing, or rows that are not one-hot.
    """
    labels = np.asarray(y)
    if labels.dtype.kind == "O":
        labels = _from_objects(labels)
    if not tail and labels.ndim == 2:
        if labels.shape[1] != 1:
            return _from_one_hot(labels, len(names))
        labels = labels[:, 0]
    if labels.ndim != 1 + len(tail) or labels.shape[1:] != tail:
        shape = (
            f"(rows, {', '.join(map(str, tail))})" if tail else f"(rows,), (rows, 1) or one-hot (rows, {len(names)})"
        )
        raise DataError(f"class labels must have the shape {shape}; got {np.shape(y)}")
    return _indices(labels, names)


def are_indices(y: Any, count: int, tail: tuple[int, ...]) -> bool:
    """Whether `y` is what `class_indices` would give for classes called 0 to `count` - 1, and can be used as it is."""
    if type(y) is not np.ndarray or y.dtype != np.intp or y.ndim != 1 + len(tail) or y.shape[1:] != tail:
        return False
    return y.flags.c_contiguous and y.size > 0 and bool(y.view(np.uintp).max() < count)  # a negative one is large then


def _from_objects(labels: Array) -> Array:
    items = labels.ravel().tolist()
    row = 0
    for kind in (str, int | np.integer):
        fits = [isinstance(item, kind) for item in items]
        if all(fits):
            return np.array(items).reshape(labels.shape)
        row = max(row, fits.index(False))
    raise DataError(
        f"labels must all be text or all whole numbers; row {row // (labels.size // len(labels))} is {items[row]!r}"
    )


def _from_one_hot(rows: Array, count: int) -> Array:
    if rows.shape[1] != count:
        raise DataError(f"one-hot rows must have a column for each of the {count} classes; got {rows.shape[1]} columns")
    if rows.dtype.kind not in "fiub":
        raise DataError(f"one-hot rows must be numbers; got dtype {rows.dtype}")
    wrong = ~(((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"a one-hot row must have a single 1 and else zeros; row {row} is {rows[row].tolist()}")
    return np.asarray(np.argmax(rows, axis=1))


def _indices(labels: Array, names: Array) -> Array:
    kind, by_name = labels.dtype.kind, names.dtype.kind
    if kind == "U":
        if by_name != "U":
            remedy = "name the classes: NN(classes=[...])" if numbered(names) else f"give them as {names.dtype}"
            raise DataError(f"labels are text, the first is {str(labels.flat[0])!r}; {remedy}")
        return _look_up(labels, names)
    if kind == "f":
        labels = _whole(labels)
    elif kind not in "iub":
        raise DataError(f"class labels must be whole numbers or text; got dtype {labels.dtype}")
    if (by_name in "iu" and not numbered(names)) or (by_name == "b" and kind == "b"):
        return _look_up(labels, names)
    if by_name == "U" and all(name.isdigit() for name in names.tolist()):
        raise DataError(
            f"labels are numbers and the classes are text, {names.tolist()}; give labels as text, or classes as numbers"
        )
    _check_range(labels, len(names))
    return np.ascontiguousarray(labels, np.intp)


def numbered(names: Array) -> bool:
    """Whether the classes are called by their numbers, 0 to K - 1."""
    return names.dtype.kind in "iu" and np.array_equal(names, np.arange(len(names)))


def _whole(labels: Array) -> Array:
    values = labels.astype(np.float64)
    wrong = ~np.isfinite(values) | (values != np.floor(values)) | (np.abs(values) > 2**53)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(f"class labels must be whole numbers; row {row} is {values[row]}")
    return values.astype(np.int64)


def _check_range(labels: Array, count: int) -> None:
    if labels.size and (labels.min() < 0 or labels.max() >= count):
        row = int(np.argwhere((labels < 0) | (labels >= count))[0][0])
        raise DataError(f"labels must be in 0..{count - 1}, for {count} classes; row {row} is {labels[row]}")


def _look_up(labels: Array, names: Array) -> Array:
    order = np.argsort(names)
    place = np.searchsorted(names[order], labels).clip(max=len(names) - 1)
    found = order[place]
    wrong = names[found] != labels
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(f"labels must be among the classes {names.tolist()}; row {row} is {labels[row].item()!r}")
    return np.ascontiguousarray(found, np.intp)
