"""Reports of regressions against scikit-learn, as values, and what they refuse."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from nn_model.errors import DataError
from nn_model.metrics import RegressionReport


@st.composite
def values(draw: st.DrawFn) -> tuple[Any, Any]:
    """Targets and predictions of two rows or more; some outputs have constant targets, some are met exactly."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(2, 20)), draw(st.integers(1, 4))
    scale = draw(st.sampled_from([1e-6, 1.0, 1e6]))
    # Whole multiples of a power of two have exact sums, so that a constant target is one in scikit-learn too.
    targets = rng.integers(-8, 8, (n, d)) * 0.25
    predictions = targets + scale * rng.standard_normal((n, d)) * (rng.random(d) < 0.8)
    targets[:, rng.random(d) < 0.2] = draw(st.sampled_from([0.0, 0.5]))
    return targets, predictions


@given(values())
def test_errors_are_those_of_scikit_learn(case: tuple[Any, Any]) -> None:
    targets, predictions = case
    report = RegressionReport.from_values(targets, predictions)
    assert report.n == len(targets)
    assert report.mae == pytest.approx(sklearn.metrics.mean_absolute_error(targets, predictions), rel=1e-12)
    rmse = sklearn.metrics.root_mean_squared_error(targets.ravel(), predictions.ravel())
    assert report.rmse == pytest.approx(rmse, rel=1e-12)
    assert report.r2 == pytest.approx(sklearn.metrics.r2_score(targets, predictions), rel=1e-9, abs=1e-9)


@given(values())
def test_one_output_may_be_a_vector_and_more_axes_are_more_outputs(case: tuple[Any, Any]) -> None:
    targets, predictions = case
    flat = RegressionReport.from_values(targets[:, 0], predictions[:, 0])
    assert flat == RegressionReport.from_values(targets[:, :1], predictions[:, :1])
    deep = RegressionReport.from_values(targets[:, :, None], predictions[:, :, None])
    assert deep == RegressionReport.from_values(targets, predictions)


@pytest.mark.parametrize(("guess", "expected"), [(0.1, 1.0), (0.2, 0.0)])
def test_constant_targets_count_one_or_zero_whatever_their_mean_rounds_to(guess: float, expected: float) -> None:
    # For some lengths the mean is a neighbour of 0.1: a spread taken from it would be tiny and not zero.
    lengths = range(2, 40)
    assert any(np.full((n, 1), 0.1).mean(axis=0) != 0.1 for n in lengths)
    found = {RegressionReport.from_values(np.full(n, 0.1), np.full(n, guess)).r2 for n in lengths}
    assert found == {expected}


def test_spread_below_the_smallest_number_does_not_divide_by_zero() -> None:
    assert RegressionReport.from_values([0.0, 5e-324], [0.0, 1.0]).r2 == 0.0


def test_float32_is_added_up_in_float64() -> None:
    targets = np.full(1000, 1e4, np.float32)
    targets[::2] += np.float32(1e-2)
    report = RegressionReport.from_values(targets, np.full(1000, 1e4, np.float32))
    assert report.mae == pytest.approx(float(targets[0] - np.float32(1e4)) / 2, rel=1e-12)


def test_one_row_has_no_r2() -> None:
    report = RegressionReport.from_values([[1.0, 2.0]], [[2.0, 2.0]], loss=0.5)
    assert math.isnan(report.r2)
    assert report.to_dict() == {"mae": 0.5, "rmse": math.sqrt(0.5), "r2": None, "loss": 0.5, "n": 1}


def test_record_is_json() -> None:
    record = RegressionReport.from_values(np.array([1, 2], np.float32), np.array([1, 4], np.float32)).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["n"] == 2
    assert record["loss"] is None


def test_report_is_a_value() -> None:
    report = RegressionReport.from_values([1, 2], [1, 4])
    assert report == RegressionReport(mae=1.0, rmse=math.sqrt(2), r2=-7.0, loss=None, n=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.mae = 0.0  # type: ignore[misc]  # the assignment is what must fail


def test_printed_numbers_are_aligned() -> None:
    report = RegressionReport.from_values([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], loss=1 / 3)
    assert str(report).split("\n") == [
        "MAE   0.333333",
        "RMSE   0.57735",
        "R2         0.5",
        "loss  0.333333",
        "rows         3",
    ]
    assert "loss" not in str(RegressionReport.from_values([1.0, 2.0], [1.0, 2.0]))


@pytest.mark.parametrize(
    ("targets", "predictions", "message"),
    [
        ([1.0, 2.0], [[1.0], [2.0]], r"targets and predictions must have one shape; got \(2,\) and \(2, 1\)"),
        ([], [], r"targets must hold at least one value; got the shape \(0,\)"),
        (np.zeros((3, 0)), np.zeros((3, 0)), r"targets must hold at least one value; got the shape \(3, 0\)"),
        (1.0, 1.0, r"targets must have the shape \(N,\) or \(N, \.\.\.\); got a single number; write \[1\.0\]"),
        (["a"], [1.0], "targets must be real numbers; got <U1"),
        ([1.0], [1j], "predictions must be real numbers; got complex128"),
        (
            [[1.0, 2.0], [3.0, 4.0]],
            [[1.0, 2.0], [math.inf, math.nan]],
            r"predictions must be finite; 2 of 4 values are not, the first at \(1, 0\)",
        ),
    ],
)
def test_refuses_what_cannot_be_compared(targets: Any, predictions: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        RegressionReport.from_values(targets, predictions)
