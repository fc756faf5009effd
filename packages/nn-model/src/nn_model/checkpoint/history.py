"""The history's rows as one tensor of float64, and back, exactly: what a safetensors file keeps of them."""

from math import isfinite, isnan
from typing import Any, TypeGuard

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError

__all__ = ["cells", "columns_of", "join", "split"]

EXACT = 2**53
"""Whole numbers up to this are float64 exactly."""

KINDS = ("int", "float", "none", "int or none", "float or none")


def split(run: dict[str, Any], *, finite: bool = False) -> tuple[dict[str, Any], Array | None]:
    """Take the rows of the history out as `(rows, columns)`; leave them where they are unless they come back exactly.

    With `finite`, infinite numbers and NaN stay where they are, too.
    """
    history = _history(run)
    rows = history.get("rows")
    if not _is_table(rows):
        return run, None
    columns = {name: _kind([row[name] for row in rows], finite) for name in rows[0]}
    if None in columns.values():
        return run, None
    cells = [[np.nan if row[name] is None else row[name] for name in columns] for row in rows]
    return _with_rows(run, {"columns": [[*column] for column in columns.items()]}), np.array(cells, np.float64)


def _history(run: dict[str, Any]) -> dict[str, Any]:
    """Find `run["history"]` or `run["fit"]["history"]`; empty if there is none."""
    fit = run.get("fit")
    history = run.get("history") or (fit.get("history") if isinstance(fit, dict) else None)
    return history if isinstance(history, dict) else {}


def _with_rows(run: dict[str, Any], rows: Any) -> dict[str, Any]:
    history = {**_history(run), "rows": rows}
    return {**run, "history": history} if run.get("history") else {**run, "fit": {**run["fit"], "history": history}}


def _is_table(rows: Any) -> TypeGuard[list[dict[str, Any]]]:
    if not isinstance(rows, list | tuple) or not rows or not all(isinstance(row, dict) for row in rows):
        return False
    return bool(rows[0]) and all(list(row) == list(rows[0]) for row in rows)


def _kind(values: list[Any], finite: bool) -> str | None:
    """Name what a column holds; `None` if it would not come back."""
    numbers = [value for value in values if value is not None]
    optional = len(numbers) < len(values)
    if not numbers:
        return "none"
    kind = {int: "int", float: "float"}.get(type(numbers[0]))
    if kind is None or any(type(value) is not type(numbers[0]) for value in numbers):
        return None
    if kind == "int" and any(abs(value) > EXACT for value in numbers):
        return None
    if (finite and not all(map(isfinite, numbers))) or (optional and any(map(isnan, numbers))):
        return None
    return f"{kind} or none" if optional else kind


def columns_of(run: dict[str, Any]) -> dict[str, str]:
    """Give the columns that a run describes, with what each holds.

    Raises
    ------
    CheckpointError
        There is no such description.
    """
    rows = _history(run).get("rows")
    pairs = rows.get("columns") if isinstance(rows, dict) else None
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise CheckpointError(f"run must describe the columns of its history; found {cut(rows)}")
    if not all(isinstance(name, str) and kind in KINDS for name, kind in pairs):
        raise CheckpointError(f"a column has a name and holds {', '.join(KINDS)}; found {cut(pairs)}")
    columns = dict(pairs)
    if not columns or len(columns) < len(pairs):
        raise CheckpointError(f"every column of the history must have a name of its own; found {cut(pairs)}")
    return columns


def cells(columns: dict[str, str], table: Array) -> list[list[Any]]:
    """Give the table, `(rows, columns)`, as rows of Python numbers.

    Raises
    ------
    CheckpointError
        A number that its column cannot hold.
    """
    kinds = list(columns.values())
    return [[_cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in table.tolist()]


def join(run: dict[str, Any], table: Array | None) -> dict[str, Any]:
    """Put the rows back; raise `CheckpointError` where the table and its description do not fit each other."""
    if table is None:
        return run
    columns = columns_of(run)
    rows = [dict(zip(columns, row, strict=True)) for row in cells(columns, table)]
    return _with_rows(run, rows)


def _cell(value: float, kind: str) -> int | float | None:
    return None if kind.endswith("none") and isnan(value) else _number(value, kind)


def _number(value: float, kind: str) -> int | float:
    if kind.startswith("float"):
        return value
    if kind == "none" or not value.is_integer() or abs(value) > EXACT:
        raise CheckpointError(f"a column of the history that is {kind} holds {value}: the file is damaged")
    return int(value)
