"""The history as a table: which rows it can hold exactly, and that all others stay where they are."""

import math
from typing import Any

import numpy as np
import pytest

from nn_model.checkpoint.history import columns_of, join, split
from nn_model.errors import CheckpointError


def as_run(rows: Any) -> dict[str, Any]:
    return {"step": 1, "history": {"rows": rows, "reason": "patience"}}


TABLES: list[list[dict[str, Any]]] = [
    [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": -0.0}],
    [{"a": 2**53, "b": None}, {"a": -(2**53), "b": None}],
    [{"a": None, "b": 1}, {"a": 0.5, "b": None}],
    [{"a": math.inf, "b": None, "c": math.nan}, {"a": math.nan, "b": math.nan, "c": -math.inf}],
]


@pytest.mark.parametrize("rows", TABLES)
def test_tables(rows: list[dict[str, Any]]) -> None:
    run, table = split(as_run(rows))
    assert table is not None
    assert table.dtype == np.float64
    assert table.shape == (len(rows), len(rows[0]))
    assert run["step"] == 1
    assert run["history"]["reason"] == "patience"
    assert repr(join(run, table)) == repr(as_run(rows))
    inside, again = split({"fit": as_run(rows)})
    assert repr(join(inside, again)) == repr({"fit": as_run(rows)})


def with_metrics(metrics: Any) -> dict[str, Any]:
    return {"history": {"rows": [{"loss": 0.5}, {"loss": 0.25}], "metrics": metrics}}


@pytest.mark.parametrize(
    "metrics",
    [
        {"MSE": [0.5, -0.0]},
        {"loss": [None, math.nan], "columns": [None, None], "wrong": [3, None]},
        {"R2": [-math.inf, math.nan]},
    ],
)
def test_metrics_are_columns_behind_the_rows(metrics: dict[str, list[Any]]) -> None:
    run, table = split(with_metrics(metrics))
    assert table is not None
    assert table.shape == (2, 1 + len(metrics))
    assert [name for name, _ in columns_of(run)] == ["loss", *metrics]
    assert "0.5, " not in repr(run)
    assert repr(join(run, table)) == repr(with_metrics(metrics))


@pytest.mark.parametrize("metrics", [{}, {"a": [0.5]}, {"a": [0.5, "1"]}, {"a": 0.5}, {"a": [1, 0.5]}, {1: [0.5, 0.5]}])
def test_metrics_that_are_no_columns_stay(metrics: Any) -> None:
    run, table = split(with_metrics(metrics))
    assert table is not None
    assert table.shape == (2, 1)
    assert run["history"]["metrics"] == metrics
    assert join(run, table) == with_metrics(metrics)


def test_metrics_that_look_like_columns_keep_the_rows_where_they_are() -> None:
    run = with_metrics([["a", "float"]])
    assert split(run) == (run, None)


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ([["a"]], "run must describe the columns of its history"),
        ([["a", "text"]], "a column has a name and holds int"),
        ([[1, "float"]], "a column has a name and holds int"),
        ([["a", "float"], ["a", "float"]], "a name of its own"),
    ],
)
def test_columns_of_metrics_that_are_not_described(metrics: Any, message: str) -> None:
    run, table = split(with_metrics({"a": [0.5, 0.5]}))
    run["history"]["metrics"] = metrics
    with pytest.raises(CheckpointError, match=message):
        join(run, table)


def test_a_table_of_a_file_that_knew_no_measured_nan() -> None:
    run = {"history": {"rows": {"columns": [["a", "float or none"], ["b", "float"]]}}}
    found = join(run, np.array([[np.nan, np.nan]]))
    assert repr(found) == "{'history': {'rows': [{'a': None, 'b': nan}]}}"


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
        [{1: 0.5}],
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
