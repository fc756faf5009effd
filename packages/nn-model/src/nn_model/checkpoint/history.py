"""The history's rows and metrics as one tensor of float64, and back, exactly: one row an epoch."""

import struct
from typing import Any, TypeGuard

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError

__all__ = ["NAN", "columns_of", "join", "split", "values"]

EXACT = 2**53
"""Whole numbers up to this are float64 exactly."""

NAN_BITS = 0x7FF8_0000_0000_0001
NAN: float = struct.unpack("<d", struct.pack("<Q", NAN_BITS))[0]
"""A NaN that was measured, told by its bits from one that stands for nothing in a column that may lack numbers."""

KINDS = ("int", "float", "none", "int or none", "float or none")

Column = tuple[Any, Any]


def split(run: dict[str, Any]) -> tuple[dict[str, Any], Array | None]:
    """Take rows and metrics of the history out as `(rows, columns)`; what would not come back exactly stays."""
    history = _history(run)
    rows, metrics = history.get("rows"), history.get("metrics", {})
    if not _is_table(rows) or not isinstance(metrics, dict):
        return run, None
    of_rows: list[Column] = [(name, [row[name] for row in rows]) for name in rows[0]]
    kinds = _described(of_rows, len(rows))
    if not kinds:
        return run, None
    of_metrics = list(metrics.items())
    measured = _described(of_metrics, len(rows))
    changes: dict[str, Any] = {"rows": {"columns": kinds}} | ({"metrics": measured} if measured else {})
    columns = [_encoded(values) for _, values in (of_rows + of_metrics if measured else of_rows)]
    return _with(run, changes), np.stack(columns, axis=1)


def _history(run: dict[str, Any]) -> dict[str, Any]:
    """Find `run["history"]` or `run["fit"]["history"]`; empty if there is none."""
    fit = run.get("fit")
    history = run.get("history") or (fit.get("history") if isinstance(fit, dict) else None)
    return history if isinstance(history, dict) else {}


def _with(run: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    history = {**_history(run), **changes}
    return {**run, "history": history} if run.get("history") else {**run, "fit": {**run["fit"], "history": history}}


def _is_table(rows: Any) -> TypeGuard[list[dict[str, Any]]]:
    if not isinstance(rows, list | tuple) or not rows or not all(isinstance(row, dict) for row in rows):
        return False
    names = list(rows[0])
    return bool(names) and all(isinstance(name, str) for name in names) and all(list(row) == names for row in rows)


def _described(columns: list[Column], count: int) -> list[list[str]]:
    """Give every column's name and what it holds; nothing if one of them would not come back."""
    pairs = [
        [name, _kind(values) if isinstance(values, list) and len(values) == count else ""] for name, values in columns
    ]
    return pairs if all(isinstance(name, str) and kind for name, kind in pairs) else []


def _kind(values: list[Any]) -> str:
    """Name what a column holds; empty if it would not come back."""
    numbers = [value for value in values if value is not None]
    if not numbers:
        return "none"
    kind = {int: "int", float: "float"}.get(type(numbers[0]), "")
    if any(type(value) is not type(numbers[0]) for value in numbers):
        return ""
    if kind == "int" and any(abs(value) > EXACT for value in numbers):
        return ""
    return f"{kind} or none" if kind and len(numbers) < len(values) else kind


def _encoded(values: list[Any]) -> Array:
    column = np.array([np.nan if value is None else value for value in values], np.float64)
    column.view(np.int64)[[i for i in np.flatnonzero(np.isnan(column)) if values[i] is not None]] = NAN_BITS
    return column


def columns_of(run: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the columns that a run describes, with what each holds: those of the rows, then the metrics.

    Raises
    ------
    CheckpointError
        There is no such description.
    """
    history = _history(run)
    rows, metrics = history.get("rows"), history.get("metrics")
    columns = _pairs(rows.get("columns") if isinstance(rows, dict) else None)
    if not columns:
        raise CheckpointError(f"run must describe the columns of its history; found {cut(rows)}")
    return [*columns, *(_pairs(metrics) if isinstance(metrics, list) else [])]


def _pairs(pairs: Any) -> list[tuple[str, str]]:
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise CheckpointError(f"run must describe the columns of its history; found {cut(pairs)}")
    if not all(isinstance(name, str) and kind in KINDS for name, kind in pairs):
        raise CheckpointError(f"a column has a name and holds {', '.join(KINDS)}; found {cut(pairs)}")
    if len({name for name, _ in pairs}) < len(pairs):
        raise CheckpointError(f"every column of the history must have a name of its own; found {cut(pairs)}")
    return [(name, kind) for name, kind in pairs]


def values(columns: list[tuple[str, str]], table: Array) -> list[list[Any]]:
    """Give the columns of a table, `(rows, columns)`, as Python numbers.

    Raises
    ------
    CheckpointError
        A number that its column cannot hold.
    """
    return [_decoded(np.ascontiguousarray(table[:, i]), kind) for i, (_, kind) in enumerate(columns)]


def join(run: dict[str, Any], table: Array | None) -> dict[str, Any]:
    """Put rows and metrics back; raise `CheckpointError` where the table and its description do not fit each other."""
    if table is None:
        return run
    columns = columns_of(run)
    found = values(columns, table)
    count = len(_history(run)["rows"]["columns"])
    names = [name for name, _ in columns]
    changes: dict[str, Any] = {
        "rows": [dict(zip(names[:count], row, strict=True)) for row in zip(*found[:count], strict=True)]
    }
    if names[count:]:
        changes["metrics"] = dict(zip(names[count:], found[count:], strict=True))
    return _with(run, changes)


def _decoded(column: Array, kind: str) -> list[Any]:
    void = np.isnan(column) & (column.view(np.int64) != NAN_BITS) & kind.endswith("none")
    if not kind.startswith("float"):
        _check_whole(column, void, kind)
    found = np.where(void, 0.0, column).astype(np.int64 if kind.startswith("int") else np.float64).tolist()
    for i in np.flatnonzero(void):
        found[i] = None
    return list(found)


def _check_whole(column: Array, void: Array, kind: str) -> None:
    bad = ~void & ((kind == "none") | (np.floor(column) != column) | ~(np.abs(column) <= EXACT))
    if bad.any():
        value = float(column[np.argmax(bad)])
        raise CheckpointError(f"a column of the history that is {kind} holds {value}: the file is damaged")
