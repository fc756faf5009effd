"""Scores and weights of any size in float32, under warnings as errors, against the same sums in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.mark.parametrize("size", [1e4, 1e30, 1.0, 1e-4, 1e-30])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_float32_agrees_with_float64(
    loss: Loss, batch: Callable[..., tuple[Array, Array, Array]], size: float, weighted: bool
) -> None:
    scores, targets, each = batch(loss, (9, 4), dtype="float32")
    scores *= np.float32(size)
    if loss.link is None:
        targets *= np.float32(size)
    weights = each if weighted else None
    single, double = np.empty_like(scores), np.empty_like(scores, dtype="float64")
    value = loss.value_and_grad(scores, targets, out=single, weights=weights)
    wide = targets if loss.targets == "labels" else targets.astype("float64")
    wide_weights = None if weights is None else weights.astype("float64")
    expected = loss.value_and_grad(scores.astype("float64"), wide, out=double, weights=wide_weights)
    assert np.isfinite(value)
    assert value == pytest.approx(expected, rel=2e-6, abs=0.0)
    assert np.isfinite(single).all()
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=2e-7 * np.abs(double).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_ten_thousand(dtype: str) -> None:
    scores, out = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype=dtype), np.empty((2, 2), dtype=dtype)
    assert CrossEntropy().value_and_grad(scores, np.array([0, 0]), out=out) == 1e4
    np.testing.assert_array_equal(out, [[0.0, 0.0], [-0.5, 0.5]])
    targets = np.array([[1.0, 0.0], [1.0, 0.0]], dtype=dtype)
    assert BinaryCrossEntropy().value_and_grad(scores, targets, out=out) == 5e3
    np.testing.assert_array_equal(out, [[0.0, 0.0], [-0.25, 0.25]])


def test_sure_and_right_costs_a_little_and_never_less_than_nothing() -> None:
    scores, targets = np.array([[20.0, -20.0]], dtype="float32"), np.array([[1.0, 0.0]], dtype="float32")
    out = np.empty_like(scores)
    value = BinaryCrossEntropy().value_and_grad(scores, targets, out=out)
    assert value == pytest.approx(np.log1p(np.exp(-20.0)), rel=1e-6)
    assert out[0, 1] == pytest.approx(np.exp(-20.0) / 2, rel=1e-6)


def test_a_sum_of_squares_outside_float32() -> None:
    scores = np.full((3, 2), 1e25, dtype="float32")
    assert MSE().value_and_grad(scores, np.zeros_like(scores)) == pytest.approx(1e50, rel=1e-6)
    assert MSE().value_and_grad(scores, scores.copy()) == 0.0


@pytest.mark.parametrize("rows", [1, 2, 30_000])
def test_long_sums_keep_their_digits(loss: Loss, batch: Callable[..., tuple[Array, Array, Array]], rows: int) -> None:
    scores, targets, weights = batch(loss, (rows, 4), dtype="float32", seed=2)
    wide = targets if loss.targets == "labels" else targets.astype("float64")
    expected = loss.value_and_grad(scores.astype("float64"), wide, weights=weights.astype("float64"))
    assert loss.value_and_grad(scores, targets, weights=weights) == pytest.approx(expected, rel=3e-6)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_weights_of_any_size(loss: Loss, batch: Callable[..., tuple[Array, Array, Array]], size: float) -> None:
    scores, targets, weights = batch(loss, dtype="float32")
    expected = loss.value_and_grad(scores, targets, weights=weights)
    value = loss.value_and_grad(scores, targets, weights=weights * np.float32(size))
    assert value == pytest.approx(expected, rel=1e-5)


def test_not_finite_scores_give_a_value_that_is_not_finite(
    loss: Loss, batch: Callable[..., tuple[Array, Array, Array]]
) -> None:
    scores, targets, _ = batch(loss)
    scores[3, 1] = np.nan
    if loss.targets == "labels":
        targets[3] = 1
    assert not np.isfinite(loss.value_and_grad(scores, targets))


def test_impossible_classes_may_have_a_score_of_minus_infinity() -> None:
    scores, out = np.array([[0.0, -np.inf, 0.0]]), np.empty((1, 3))
    assert CrossEntropy().value_and_grad(scores, np.array([2]), out=out) == pytest.approx(np.log(2))
    np.testing.assert_allclose(out, [[0.5, 0.0, -0.5]])


@pytest.mark.parametrize("grad", [False, True], ids=["value", "gradient"])
@pytest.mark.parametrize(
    ("weight", "dtype"),
    [
        (1e38, "float32"),
        (3e38, "float32"),
        (1e-38, "float32"),
        (1e-44, "float32"),
        (1e308, "float64"),
        (5e-324, "float64"),
    ],
)
def test_equal_weights_of_any_size_are_no_weights(
    loss: Loss, batch: Callable[..., tuple[Array, Array, Array]], weight: float, dtype: str, grad: bool
) -> None:
    scores, targets, _ = batch(loss, (60, 4), dtype=dtype)
    plain, weighted = np.zeros_like(scores), np.zeros_like(scores)
    expected = loss.value_and_grad(scores, targets, out=plain if grad else None)
    each = np.full(60, weight, dtype)
    assert expected > 0
    assert loss.value_and_grad(scores, targets, weighted if grad else None, each) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(weighted, plain, rtol=1e-5, atol=1e-9)
    assert weighted.any() == grad


@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("size", [1e30, 1e-30])
@pytest.mark.parametrize("weight", [1e38, 1e-38])
def test_products_of_both_weights_may_leave_float32(
    batch: Callable[..., tuple[Array, Array, Array]], smoothing: float, size: float, weight: float
) -> None:
    usual = CrossEntropy(smoothing, class_weights=(0.5, 1.0, 0.25, 1.0))
    loss = CrossEntropy(smoothing, class_weights=(0.5 * size, size, 0.25 * size, size))
    scores, labels, weights = batch(loss, (60, 3, 4), dtype="float32")
    expected, found = np.empty_like(scores), np.empty_like(scores)
    value = usual.value_and_grad(scores, labels, expected, weights)
    assert loss.value_and_grad(scores, labels, found, weights * np.float32(weight)) == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)
