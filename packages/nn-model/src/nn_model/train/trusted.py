"""Numbers of a run that come from a file: nothing is believed before it was looked at."""

import math
from typing import Any, TypeVar

from nn_model.train.history import History, Row

T = TypeVar("T")

OPTIONAL = ("train_accuracy", "val_loss", "val_accuracy")
"""What an epoch may lack."""


def of_kind(data: dict[str, Any], name: str, kind: type[T]) -> T:
    """Give an entry of this very type."""
    value = data[name]
    if type(value) is not kind:
        raise ValueError(f"{name} must be of the type {kind.__name__}; got {value!r}")
    return value


def whole(data: dict[str, Any], name: str) -> int:
    """Give a whole number of at least 0 that an array can hold."""
    value = of_kind(data, name, int)
    if not 0 <= value < 2**62:
        raise ValueError(f"{name} must be at least 0; got {value}")
    return value


def number(data: dict[str, Any], name: str) -> float:
    """Give a finite number of at least 0."""
    value = _float(data[name], name)
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be finite and at least 0; got {value}")
    return value


def numbers(data: dict[str, Any], name: str, count: int) -> list[float]:
    """Give so many numbers."""
    values = of_kind(data, name, list)
    if len(values) != count:
        raise ValueError(f"{name} must hold {count} numbers; got {len(values)}")
    return [_float(value, name) for value in values]


def history(data: dict[str, Any]) -> History:
    """Give the completed epochs."""
    rows = [_row(row) for row in of_kind(data, "rows", list)]
    if data["reason"] is not None:
        of_kind(data, "reason", str)
    metrics = of_kind(data, "metrics", dict) if "metrics" in data else {}
    for name in metrics:
        if len(values := of_kind(metrics, name, list)) > len(rows):
            raise ValueError(f"{name} must have a number for each of {len(rows)} epochs; got {len(values)}")
        metrics[name] = [None if value is None else _float(value, name) for value in values]
    return History(rows, data["reason"], metrics)


def _row(data: dict[str, Any]) -> Row:
    row = Row(**data)
    whole(data, "epoch")
    for name, value in data.items():
        if name != "epoch" and not (value is None and name in OPTIONAL):
            _float(value, name)
    return row


def _float(value: object, name: str) -> float:
    if type(value) not in (int, float):
        raise ValueError(f"{name} must be a number; got {value!r}")
    return float(value)  # type: ignore[arg-type]  # a number, as was just seen
