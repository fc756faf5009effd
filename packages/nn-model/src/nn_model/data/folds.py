"""Division into k folds, for cross-validation."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.rows import Rows, class_codes, is_whole, shuffled, warn_missing
from nn_model.errors import DataError

__all__ = ["k_fold"]

Fold = tuple[Rows, Rows]


def k_fold(y_or_n: ArrayLike | int, k: int = 5, stratify: bool = True, seed: int = 0) -> Iterator[Fold]:
    """Yield k pairs (training rows, test rows); every row is in exactly one test part.

    The shuffled rows, sorted by class, are dealt to the folds like cards: both the folds' sizes and each
    class's rows per fold differ by at most one.

    Parameters
    ----------
    y_or_n : array or int
        Targets as for `train_test_split`, or just the number of rows (then nothing is stratified).
    k : int
        Number of folds, in [2, n].
    stratify, seed
        As for `train_test_split`.

    Raises
    ------
    DataError
        k is out of range, or values to stratify by.

    Warns
    -----
    UserWarning
        A class has no row in a training part; the message names it.

    Notes
    -----
    scikit-learn's StratifiedKFold keeps the classes' shares too, but its folds may differ by more than a row.

    Examples
    --------
    >>> for train, test in k_fold(np.array(["a", "a", "a", "b", "b", "b"]), k=3):
    ...     len(train), len(test)
    (4, 2)
    (4, 2)
    (4, 2)
    """
    y = np.zeros(max(y_or_n, 0), np.bool_) if is_whole(y_or_n) else np.asarray(y_or_n)
    if not is_whole(k) or y.ndim == 0 or not 2 <= k <= len(y):
        raise DataError(f"k must be a whole number from 2 to the number of rows; found {k!r} for {y.shape}; change k")
    order = shuffled(len(y), seed)
    codes, names = class_codes(y, required=stratify)
    if stratify:
        order = order[np.argsort(codes[order], kind="stable")]
    return _folds(order, int(k), codes, names, "" if stratify else "pass stratify=True, or ")


def _folds(order: Rows, k: int, codes: Rows, names: NDArray[Any], remedy: str) -> Iterator[Fold]:
    fold = np.arange(len(order)) % k
    for i in range(k):
        train, test = order[fold != i], order[fold == i]
        warn_missing(codes, names, train, f"{remedy}collect more rows of it")
        yield train, test
