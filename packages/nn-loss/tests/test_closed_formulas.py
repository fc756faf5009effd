"""Every loss against its formula in plain Python floats, row by row."""

from collections.abc import Callable, Sequence
from math import exp, fsum, log
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss

Array = np.ndarray[Any, np.dtype[Any]]
Row = Sequence[float]


def softmax_row(loss: CrossEntropy, scores: Row, label: int) -> tuple[float, float]:
    """Return what the row adds to the numerator, and what it counts."""
    classes = range(len(scores))
    v = loss.class_weights or (1.0,) * len(scores)
    total = log(fsum(exp(z - max(scores)) for z in scores)) + max(scores)
    terms = [v[c] * (total - scores[c]) for c in classes]
    s = loss.label_smoothing
    return (1 - s) * terms[label] + s / len(scores) * fsum(terms), v[label]


def element(loss: Loss, z: float, y: float, output: int) -> float:
    d = z - y
    if isinstance(loss, MSE):
        return d * d
    if isinstance(loss, MAE):
        return abs(d)
    if isinstance(loss, Huber):
        return d * d / 2 if abs(d) <= loss.delta else loss.delta * (abs(d) - loss.delta / 2)
    assert isinstance(loss, BinaryCrossEntropy)
    p = loss.positive_weight
    sigmoid = 1 / (1 + exp(-z))
    return -(p[output] if isinstance(p, tuple) else p) * y * log(sigmoid) - (1 - y) * log(1 / (1 + exp(z)))


def closed(loss: Loss, scores: Array, targets: Array, weights: Array) -> float:
    top, bottom = [], []
    for row, target, w in zip(scores.tolist(), targets.tolist(), weights.tolist(), strict=True):
        if isinstance(loss, CrossEntropy):
            cost, count = softmax_row(loss, row, target)
        else:
            cost = fsum(element(loss, z, y, k) for k, (z, y) in enumerate(zip(row, target, strict=True)))
            count = float(len(row))
        top.append(w * cost)
        bottom.append(w * count)
    return fsum(top) / fsum(bottom)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 9), scale=st.floats(0.01, 20.0))
def test_value_equals_the_formula(
    loss: Loss, batch: Callable[..., tuple[Array, Array, Array]], seed: int, rows: int, scale: float
) -> None:
    scores, targets, weights = batch(loss, (rows, 4), seed=seed)
    scores *= scale
    if isinstance(loss, CrossEntropy) and loss.class_weights and not any(loss.class_weights[y] for y in targets):
        assert loss.value_and_grad(scores, targets) == 0.0
        return
    plain = loss.value_and_grad(scores, targets)
    assert plain == pytest.approx(closed(loss, scores, targets, np.ones(rows)), rel=1e-12)
    weighted = loss.value_and_grad(scores, targets, weights=weights)
    assert weighted == pytest.approx(closed(loss, scores, targets, weights), rel=1e-12)


def test_tokens_count_like_rows(loss: Loss, batch: Callable[..., tuple[Array, Array, Array]]) -> None:
    scores, targets, weights = batch(loss, (5, 3, 4))
    flat_targets = targets.reshape(15, *targets.shape[2:])
    wide, flat = np.empty_like(scores), np.empty((15, 4))
    value = loss.value_and_grad(scores, targets, out=wide, weights=weights)
    expected = loss.value_and_grad(scores.reshape(15, 4), flat_targets, out=flat, weights=np.repeat(weights, 3))
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(wide.reshape(15, 4), flat, rtol=1e-12, atol=1e-16)


def test_weights_are_repetitions(loss: Loss, batch: Callable[..., tuple[Array, Array, Array]]) -> None:
    scores, targets, _ = batch(loss)
    counts = np.array([1, 2, 1, 3, 1, 1, 2])
    repeated = loss.value_and_grad(np.repeat(scores, counts, axis=0), np.repeat(targets, counts, axis=0))
    assert loss.value_and_grad(scores, targets, weights=counts.astype(float)) == pytest.approx(repeated, rel=1e-13)


def test_rows_of_one_number() -> None:
    scores, targets = np.array([1.0, -2.0]), np.array([0.0, 2.0])
    out = np.empty(2)
    assert MSE().value_and_grad(scores, targets, out=out, weights=np.array([1.0, 3.0])) == pytest.approx(49 / 4)
    np.testing.assert_allclose(out, [0.5, -6.0])


def test_gradients_in_plain_numbers() -> None:
    scores, out = np.array([[2.0, -3.0, 0.5]]), np.empty((1, 3))
    MAE().value_and_grad(scores, np.array([[1.0, 1.0, 0.5]]), out=out)
    np.testing.assert_allclose(out, [[1 / 3, -1 / 3, 0.0]], rtol=1e-15)
    Huber(delta=2.0).value_and_grad(scores, np.array([[1.0, 1.0, 0.5]]), out=out)
    np.testing.assert_allclose(out, [[1 / 3, -2 / 3, 0.0]], rtol=1e-15)
    CrossEntropy().value_and_grad(np.zeros((1, 3)), np.array([2]), out=out)
    np.testing.assert_allclose(out, [[1 / 3, 1 / 3, -2 / 3]], rtol=1e-15)
    BinaryCrossEntropy(positive_weight=4.0).value_and_grad(np.zeros((1, 3)), np.array([[0.0, 1.0, 0.5]]), out=out)
    np.testing.assert_allclose(out, [[1 / 6, -2 / 3, -1 / 4]], rtol=1e-15)


def test_smoothing_and_class_weights_together() -> None:
    """Scores of 0 make every term log 3; the labels' weights 1 and 4 are the denominator."""
    loss = CrossEntropy(label_smoothing=0.3, class_weights=(1.0, 2.0, 4.0))
    rows = (0.7 * 1 + 0.1 * 7) + (0.7 * 4 + 0.1 * 7)
    assert loss.value_and_grad(np.zeros((2, 3)), np.array([0, 2])) == pytest.approx(rows * log(3) / 5, rel=1e-13)
