"""The history as a table: which rows it can hold exactly, and that all others stay where they are."""

import math
from typing import Any

import numpy as np
import pytest

from nn_model.checkpoint.history import join, split


def as_run(rows: Any) -> dict[str, Any]:
    return {"step": 1, "history": {"rows": rows, "reason": "patience"}}


TABLES: list[list[dict[str, Any]]] = [
    [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": -0.0}],
    [{"a": 2**53, "b": None}, {"a": -(2**53), "b": None}],
    [{"a": None, "b": 1}, {"a": 0.5, "b": None}],
]


@pytest.mark.parametrize("rows", TABLES)
@pytest.mark.parametrize("finite", [False, True])
def test_tables(rows: list[dict[str, Any]], finite: bool) -> None:
    run, table = split(as_run(rows), finite=finite)
    assert table is not None
    assert table.dtype == np.float64
    assert table.shape == (len(rows), len(rows[0]))
    assert run["step"] == 1
    assert run["history"]["reason"] == "patience"
    assert repr(join(run, table)) == repr(as_run(rows))
    inside, again = split({"fit": as_run(rows)})
    assert repr(join(inside, again)) == repr({"fit": as_run(rows)})


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_numbers_that_are_not_finite(odd: float) -> None:
    rows = [{"loss": 0.5}, {"loss": odd}]
    run, table = split(as_run(rows))
    assert table is not None
    assert repr(join(run, table)) == repr(as_run(rows))
    assert split(as_run(rows), finite=True) == (as_run(rows), None)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        {},
        [{}],
        [1],
        [{"a": 1}, {"b": 1}],
        [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
        [{"a": 1}, {"a": 1.0}],
        [{"a": True}],
        [{"a": "1"}],
        [{"a": 2**53 + 1}],
        [{"a": None}, {"a": math.nan}],
        {"columns": [["a", "int"]]},
    ],
)
def test_what_is_no_table_stays(rows: Any) -> None:
    run, table = split(as_run(rows))
    assert table is None
    assert run == as_run(rows)
    assert join(run, None) == as_run(rows)


@pytest.mark.parametrize("run", [{}, {"history": None}, {"history": []}, {"fit": None}, {"fit": {"history": 3}}])
def test_runs_without_a_history(run: dict[str, Any]) -> None:
    assert split(run) == (run, None)
