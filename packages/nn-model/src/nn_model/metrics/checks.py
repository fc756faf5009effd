"""Checks at the border of this room: what they give back can be trusted, what they refuse is a DataError."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.errors import DataError


def class_indices(name: str, values: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """Return `values` as int64 `(N,)`, all from 0 to `n_classes - 1`."""
    found = np.asarray(values)
    if found.ndim != 1:
        raise DataError(f"{name} must have the shape (N,), one class index a row; got {found.shape}")
    if found.size and found.dtype.kind not in "iu":
        raise DataError(
            f"{name} must be integer class indices; got {found.dtype}; convert them with {name}.astype(int)"
        )
    outside = (found < 0) | (found >= n_classes)
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(
            f"{name} must be class indices from 0 to {n_classes - 1}; {name}[{row}] is {found[row]}; "
            "name all classes, or number them from 0"
        )
    return found.astype(np.int64, copy=False)


def zero_one(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Return the 0/1 matrix `values` as booleans `(N, K)`, K at least 1."""
    found = np.asarray(values)
    if found.ndim != 2 or found.shape[1] == 0:
        raise DataError(f"{name} must have the shape (N, K), a row of 0s and 1s each; got {found.shape}")
    wrong = (found != 0) & (found != 1)
    if wrong.any():
        row, column = divmod(int(np.argmax(wrong)), found.shape[1])
        raise DataError(
            f"{name} must hold 0s and 1s only; {name}[{row}, {column}] is {found[row, column]}; "
            "compare probabilities with a threshold first"
        )
    return found.astype(np.bool_)


def finite(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return the numbers `values` as float64, at least one of them and all finite."""
    found = np.asarray(values)
    if found.dtype.kind not in "iuf":
        raise DataError(f"{name} must be real numbers; got {found.dtype}; convert them with {name}.astype(float)")
    if not found.size:
        raise DataError(f"{name} must hold at least one value; got the shape {found.shape}")
    wrong = ~np.isfinite(found)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"{name} must be finite; {int(wrong.sum())} of {found.size} values are not, the first at {at}; "
            "remove those rows"
        )
    return found.astype(np.float64, copy=False)


def row_count(name: str, values: NDArray[Any]) -> int:
    """Return the length of the first axis, which must be there."""
    if values.ndim == 0:
        raise DataError(f"{name} must have the shape (N,) or (N, ...); got a single number; write [{values}]")
    return len(values)


def same_shape(name: str, a: NDArray[Any], other: str, b: NDArray[Any]) -> None:
    """Refuse two arrays of different shapes: nothing is broadcast."""
    if a.shape != b.shape:
        raise DataError(f"{name} and {other} must have one shape; got {a.shape} and {b.shape}; reshape one of them")


def class_names(classes: Sequence[object]) -> tuple[str, ...]:
    """Return `classes` as a tuple of distinct strings, none of them blank."""
    if isinstance(classes, str):
        raise DataError(f"classes must be a sequence of names; got the one string {classes!r}; write ({classes!r},)")
    names = tuple(str(name) for name in classes)
    if not names:
        raise DataError("classes must name at least one class; got none")
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        wrong = next(name for name in names if not name.strip() or names.count(name) > 1)
        raise DataError(f"class names must be distinct and not blank; got {wrong!r}; rename the classes")
    return names
