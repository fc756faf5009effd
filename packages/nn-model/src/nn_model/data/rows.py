"""What every division of rows needs: their order, their classes, and a word about classes that got lost."""

import warnings
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from nn_model.errors import DataError

__all__ = ["Rows", "class_codes", "is_whole", "shuffled", "warn_missing"]

Rows = NDArray[np.intp]


def is_whole(value: object) -> TypeGuard[int]:
    """Whether the argument is a whole number; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def shuffled(n: int, seed: object) -> Rows:
    """All n rows in random order: the stable sorting order of n raw words of PCG64."""
    if not is_whole(seed) or seed < 0:
        raise DataError(f"seed must be a whole number from 0; found {seed!r}; pass for example seed=0")
    keys = np.random.PCG64(np.random.SeedSequence(int(seed))).random_raw(n)
    return np.argsort(keys, kind="stable")


def class_codes(y: NDArray[Any], *, required: bool) -> tuple[Rows, NDArray[Any]]:
    """Class code of each row, and the classes' names (none for floats and objects, unless required)."""
    if y.dtype.kind == "O" and all(isinstance(name, str) for name in y.flat):
        y = y.astype(np.str_)
    classes = y.dtype.kind in "biuSU"
    if not classes and not required:
        return np.zeros(len(y), np.intp), np.array([])
    if not classes and not (y.dtype.kind == "f" and np.array_equal(y, np.floor(y))):
        raise DataError(
            f"to stratify, y must hold classes (text or whole numbers); found other {y.dtype} values; "
            "pass stratify=False"
        )
    y = y.reshape(-1) if y.size == len(y) else y
    names, codes = np.unique(y, axis=None if y.ndim == 1 else 0, return_inverse=True)
    return codes.reshape(-1), names


def warn_missing(codes: Rows, names: NDArray[Any], train: Rows, remedy: str) -> None:
    """Warn the caller's caller if a class has no row in `train`, and name it."""
    missing = names[np.bincount(codes[train], minlength=len(names))[: len(names)] == 0]
    if len(missing):
        shown = ", ".join(repr(name) for name in missing[:5].tolist()) + ("..." if len(missing) > 5 else "")
        warnings.warn(f"no training row of class {shown} ({len(missing)} missing in all); {remedy}", stacklevel=3)
