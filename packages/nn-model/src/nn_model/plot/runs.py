"""Training runs as curves are drawn from: a name, and an array for each number of an epoch."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_model.data.source import PathLike
from nn_model.errors import DataError
from nn_model.plot.logs import Epoch, read_log
from nn_model.train.history import History, Row

__all__ = ["Run", "RunData", "read_runs"]

RunData = History | PathLike


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """One run: float64 arrays `(epochs,)`, NaN where there is no number. Accuracy in percent, time in seconds."""

    name: str
    epoch: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    train_time: NDArray[np.float64]
    val_loss: NDArray[np.float64]
    val_accuracy: NDArray[np.float64]


def read_runs(runs: Any) -> list[Run]:
    """Read runs and name them: by their key, else by their file, else by their number.

    Raises
    ------
    DataError
        There is no run, a run without an epoch, or a log that cannot be read.
    """
    if isinstance(runs, Mapping):
        found, names = list(runs.values()), [str(name) for name in runs]
    else:
        one = isinstance(runs, History | str | os.PathLike) or not hasattr(runs, "__iter__")
        found = [runs] if one else list(runs)
        names = _names(found)
    if not found:
        raise DataError("runs must hold at least one run; got none; pass a History or the path of a log")
    return [_run(name, run) for name, run in zip(names, found, strict=True)]


def _names(runs: list[Any]) -> list[str]:
    """Name runs by their files, as briefly as tells them apart; a single history needs no name."""
    paths = [Path(run) if isinstance(run, str | os.PathLike) else None for run in runs]
    for brief in (lambda path: path.stem, lambda path: path.name, str):
        names = [brief(path) if path else f"run {i}" if len(runs) > 1 else "" for i, path in enumerate(paths, 1)]
        if len(set(names)) == len(names):
            break
    return names


def _run(name: str, run: Any) -> Run:
    epochs: list[Epoch]
    if isinstance(run, History):
        epochs = [_cells(row) for row in run]
    elif isinstance(run, str | os.PathLike):
        epochs = read_log(run)
    else:
        raise DataError(f"{name or 'runs'}: a run must be a History or the path of a log; got {type(run).__name__}")
    if not epochs:
        raise DataError(
            f"{name or 'runs'}: curves need at least one completed epoch; the history is empty; train first"
        )
    return Run(name, *(_column(epochs, column) for column in History.COLUMNS))


def _cells(row: Row) -> Epoch:
    accuracy = None if row.val_accuracy is None else 100 * row.val_accuracy
    return {column: getattr(row, column) for column in History.COLUMNS} | {"val_accuracy": accuracy}


def _column(epochs: Iterable[Epoch], name: str) -> NDArray[np.float64]:
    values = np.array([epoch.get(name) for epoch in epochs], dtype=np.float64)
    # A loss that overflowed has no place on an axis: a gap, as where it is no number.
    return np.where(np.isfinite(values), values, np.nan)
