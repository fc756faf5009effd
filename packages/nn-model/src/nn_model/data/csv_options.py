"""What may be asked of the reader of tables; every refusal names the argument, what came, and a remedy."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from nn_model.data.csv_layout import listed
from nn_model.data.rows import is_whole
from nn_model.errors import DataError

__all__ = ["check_classes", "check_options"]


def check_options(
    label: object, header: object, delimiter: object, dtype: object, task: object, limits: tuple[object, ...]
) -> None:
    """Refuse arguments of `read_csv` that are of another type or out of range."""
    if not (label is None or isinstance(label, str) or is_whole(label)):
        raise DataError(
            f"label must be the index of a column, a name, or None; found {label!r}; try label=-1 for the last column"
        )
    if not (header is None or isinstance(header, bool)):
        raise DataError(f"header must be True, False or None; found {header!r}; pass one of them")
    one = isinstance(delimiter, str) and len(delimiter) == 1 and delimiter.isascii() and not delimiter.isalnum()
    if not one or str(delimiter) in '+-."\r\n\0':
        raise DataError(f"delimiter must be one character that no number has; found {delimiter!r}; try ',' or ';'")
    if dtype not in ("float32", "float64"):
        raise DataError(f"dtype must be 'float32' or 'float64'; found {dtype!r}; pass one of them")
    if task not in (None, "classification", "regression"):
        raise DataError(
            f"task must be None, 'classification' or 'regression'; found {task!r}; leave it out, or pass one of them"
        )
    for name, limit in zip(("max_columns", "max_classes", "max_bytes"), limits, strict=True):
        if not (is_whole(limit) and limit > 0):
            raise DataError(f"{name} must be a whole number above 0; found {limit!r}; leave it out for the default")


def check_classes(classes: Any, task: object) -> tuple[str, ...] | None:
    """Give the names of the classes as a tuple, if they are different names."""
    if classes is None:
        return None
    if task == "regression":
        raise DataError(f"a regression has no classes; found task='regression' and classes={classes!r}; leave one out")
    names = () if isinstance(classes, str | bytes) or not isinstance(classes, Iterable) else tuple(classes)
    if not names or not all(isinstance(name, str) for name in names):
        raise DataError(
            f"classes must be a sequence of names (text); found {classes!r}; pass for example classes=('no', 'yes')"
        )
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise DataError(f"classes must be different names; found {listed(twice)} more than once; name each class once")
    return names
