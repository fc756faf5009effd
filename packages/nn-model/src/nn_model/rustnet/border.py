"""What enters from a person, and networks that come from files."""

import os
from typing import Any

import numpy as np

from nn_layers import ShapeError
from nn_layers.layout import check_rows
from nn_model.arrays import Array, as_numbers, check_finite
from nn_model.errors import CheckpointError, DataError
from nn_model.network import NN

__all__ = ["FLOAT64", "binary_targets", "check_same", "foreign", "rows", "targets"]

FLOAT64 = np.dtype(np.float64)
"""RustNet's only type of number."""


def rows(nn: NN, numbers: Array, name: str) -> Array:
    """Check that inputs fit the network and are finite."""
    check_rows(numbers, nn.core.layout)
    check_finite(numbers, name)
    return numbers


def targets(nn: NN, values: Any, count: int) -> Array:
    """Give the targets of `count` rows as `(count, outputs)`: of that very shape, never broadcast, and finite."""
    numbers = as_numbers(values, "targets", FLOAT64)
    wanted = (count, *nn.core.body.out_shape)
    if numbers.shape != wanted:
        hint = "; write [[t] for t in targets]" if numbers.shape == (count,) and wanted[1] == 1 else ""
        raise ShapeError(f"targets must be a list of rows, of shape {wanted}; got {numbers.shape}{hint}")
    check_finite(numbers, "targets")
    return numbers


def binary_targets(nn: NN, values: Any, count: int) -> Array:
    """Give the targets of `count` rows, each 0 or 1."""
    y = targets(nn, values, count)
    wrong = (y != 0) & (y != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"targets must be 0 or 1; row {row}, column {column} is {y[row, column]:g}; "
            "for other values take NN with MSE()"
        )
    return y


def check_same(path: str | os.PathLike[str], found: NN, wanted: NN, facade: str) -> None:
    """Check that a network from a file has the parts that the facade gives it."""
    for part in ("layers", "loss", "clip", "optimizer", "task"):
        if getattr(found, part) != getattr(wanted, part):
            raise foreign(path, facade, f"{part} {getattr(found, part)!r} in the place of {getattr(wanted, part)!r}")
    if found.theta.dtype != FLOAT64:
        raise foreign(path, facade, f"numbers of {found.theta.dtype} in the place of float64")


def foreign(path: str | os.PathLike[str], facade: str, why: str) -> CheckpointError:
    """Say that a file holds another network."""
    return CheckpointError(f"{path}: this is no network of {facade}: {why}; load it with nn_model.load")
