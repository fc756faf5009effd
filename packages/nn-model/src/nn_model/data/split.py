"""Division into training and test rows: shuffled, stratified by class, the same for the same seed."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.rows import Rows, class_codes, is_whole, shuffled, warn_missing
from nn_model.errors import DataError

__all__ = ["Split", "train_test_split"]


class Split(NamedTuple):
    """Training and test data, in the order that ``fit`` and ``evaluate`` take them."""

    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]


def train_test_split(x: ArrayLike, y: ArrayLike, test_size: float = 0.2, stratify: bool = True, seed: int = 0) -> Split:
    """Divide rows at random into a training and a test part; every row is used exactly once.

    Stratified, class c gives n_c * n_test / n rows to the test part, rounded by the largest remainder; but the
    last row of a class stays in the training part if another class can give one. Either way each class is
    within one row of its exact share.

    Parameters
    ----------
    x : array, shape (n, ...)
        Inputs.
    y : array, shape (n,), (n, 1) or one-hot (n, k)
        Targets. To stratify, they must be classes: text, bools or whole numbers.
    test_size : float or int
        A share in (0, 1), rounded up to whole rows, or a number of rows in [1, n).
    stratify : bool
        Keep each class's share (default). Pass False for targets that are values.
    seed : int
        At least 0. The rows depend on nothing else: the raw 64-bit words of PCG64, whose stream NumPy
        guarantees for all versions, are the sort keys of the shuffle.

    Raises
    ------
    DataError
        Lengths differ, no rows, a part would be empty, or values to stratify by.

    Warns
    -----
    UserWarning
        A class has no row in the training part; the message names it.

    Notes
    -----
    scikit-learn's function of this name stratifies only on request, divides any number of arrays, and
    refuses a class of one row.

    Examples
    --------
    >>> x, y = np.arange(20).reshape(10, 2), np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    >>> split = train_test_split(x, y, test_size=0.4)
    >>> sorted(split.y_test.tolist())
    [0, 0, 1, 1]
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise DataError(f"x and y must have one row per sample; found shapes {x.shape} and {y.shape}; give both alike")
    n_test = _test_rows(test_size, len(x))
    codes, names = class_codes(y, required=stratify)
    train, test = split_rows(codes if stratify else np.zeros_like(codes), n_test, seed)
    remedy = "collect more rows of it, or" if stratify else "pass stratify=True, or"
    warn_missing(codes, names, train, f"{remedy} a smaller test_size")
    return Split(x[train], y[train], x[test], y[test])


def split_rows(codes: Rows, n_test: int, seed: int) -> tuple[Rows, Rows]:
    """Divide row numbers at random into training and test rows, every class in its share; codes: (n,), from 0 on."""
    order = shuffled(len(codes), seed)
    chosen = _first_of_each(codes[order], _shares(codes[order], n_test))
    return order[~chosen], order[chosen]


def _test_rows(test_size: object, n: int) -> int:
    if is_whole(test_size):
        rows = int(test_size)
    elif isinstance(test_size, float | np.floating) and 0 < test_size < 1:
        # A share such as 0.07 of 100 rows is a hair above 7 in floating point, and means 7.
        rows = math.ceil(float(test_size) * n * (1 - 1e-12))
    else:
        raise DataError(f"test_size must be a share in (0, 1) or a number of rows; found {test_size!r}; try 0.2")
    if not 0 < rows < n:
        raise DataError(
            f"both parts need at least one row; found test_size={test_size!r}, which is {rows} of {n} rows; "
            "change test_size or collect more rows"
        )
    return rows


def _shares(codes: Rows, n_test: int) -> Rows:
    """Rows that each class gives to the test part: exact shares, rounded by the largest remainder."""
    n = len(codes)
    _, first_row, counts = np.unique(codes, return_index=True, return_counts=True)
    takes, remainders = counts * n_test // n, counts * n_test % n
    # A class that would lose its last training row comes last; ties go by the shuffle, as they favour no class.
    turn = np.lexsort((first_row, -remainders, takes + 1 >= counts))
    takes[turn[: n_test - int(takes.sum())]] += 1
    return takes


def _first_of_each(codes: Rows, takes: Rows) -> NDArray[np.bool_]:
    """Mark the first `takes[c]` rows of each class c."""
    counts = np.bincount(codes)
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = np.zeros(len(codes), np.bool_)
    chosen[np.argsort(codes, kind="stable")] = rank < np.repeat(takes, counts)
    return chosen
