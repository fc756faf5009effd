"""Which rows train and which judge."""

import math
import warnings

import numpy as np

from nn_model.arrays import Array
from nn_model.core import Core
from nn_model.data.split import split_rows
from nn_model.errors import DataError, PartError
from nn_model.train.arguments import check_choice, check_share

Rows = tuple[Array, Array]


def divided(core: Core, data: Rows, share: float | None, order: str) -> tuple[Array, Rows | None]:
    """Give the numbers of the rows to train on, ascending, and the rows held out to judge every epoch.

    Raises
    ------
    PartError
        A share or an order that there is not, or a share that leaves no row to train on or to judge with.

    Warns
    -----
    UserWarning
        A class is only among the rows held out.
    """
    check_choice("validation_order", order, ("stratified", "last"))
    rows, given = data
    if share is None:
        return np.arange(len(rows)), None
    check_share("validation_split", share)
    count = rows_held_out(len(rows), float(share), order)
    if order == "last":
        kept = len(rows) - count
        train, held = np.arange(kept), np.arange(kept, len(rows))
    else:
        codes = np.unique(given, return_inverse=True)[1] if _has_labels(given) else np.zeros(len(given), np.intp)
        train, chosen = split_rows(codes, count, core.generators.seed)
        train, held = np.sort(train), np.sort(chosen)
    _warn_missing(core, given, train, order)
    return train, (rows[held], given[held])


def rows_held_out(rows: int, share: float, order: str) -> int:
    """Count the rows held out: rounded up at random, down at the end of the file; a hair off a whole number is it."""
    exact = share * rows
    count = int(exact * (1 + 1e-12)) if order == "last" else math.ceil(exact * (1 - 1e-12))
    if not 0 < count < rows:
        raise PartError(
            f"validation_split must leave rows to train on and to judge with; {share} of {rows} rows is {count}; "
            "change it, or give more rows"
        )
    return count


def _has_labels(given: Array) -> bool:
    return given.ndim == 1 and given.dtype.kind == "i"


def _warn_missing(core: Core, given: Array, train: Array, order: str) -> None:
    if core.coding.classes is None or not _has_labels(given):
        return
    missing = np.setdiff1d(given, given[train])
    if len(missing):
        names = ", ".join(repr(name) for name in core.coding.classes[missing[:5]].tolist())
        remedy = "validation_order='stratified'" if order == "last" else "a smaller validation_split"
        warnings.warn(
            f"no training row is of class {names}{'...' if len(missing) > 5 else ''}: all are held out for "
            f"validation; take {remedy}",
            UserWarning,
            stacklevel=5,
        )


def check_classes(core: Core, given: Array) -> None:
    """Refuse training rows, more than one, of a single class: nothing could be learnt from them."""
    classes = core.coding.classes
    if classes is not None and len(given) > 1 and given.dtype.kind == "i" and (given == given.flat[0]).all():
        raise DataError(
            f"all {len(given)} training rows are of class {classes[given.flat[0]].item()!r}; "
            "give rows of another class too, or fit(..., allow_one_class=True)"
        )
