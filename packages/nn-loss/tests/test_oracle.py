"""Values against scikit-learn's metrics, with and without sample weights."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error

from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy

Array = np.ndarray[Any, np.dtype[Any]]

RNG = np.random.default_rng(3)
WEIGHTS = [None, RNG.uniform(0.0, 2.0, 50)]


@pytest.mark.parametrize("weights", WEIGHTS, ids=["plain", "weighted"])
def test_regression(weights: Array | None) -> None:
    scores, targets = RNG.standard_normal((50, 3)), RNG.standard_normal((50, 3))
    squared = mean_squared_error(targets, scores, sample_weight=weights)
    absolute = mean_absolute_error(targets, scores, sample_weight=weights)
    assert MSE().value_and_grad(scores, targets, weights=weights) == pytest.approx(squared, rel=1e-12)
    assert MAE().value_and_grad(scores, targets, weights=weights) == pytest.approx(absolute, rel=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS, ids=["plain", "weighted"])
@pytest.mark.parametrize("class_weights", [None, (1.0, 0.2, 3.0)], ids=["", "classes"])
def test_cross_entropy(weights: Array | None, class_weights: tuple[float, ...] | None) -> None:
    scores, labels = RNG.standard_normal((50, 3)), RNG.integers(0, 3, 50)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    each = np.ones(50) if weights is None else weights
    if class_weights is not None:
        each = each * np.array(class_weights)[labels]
    expected = log_loss(labels, p, sample_weight=each, labels=[0, 1, 2])
    loss = CrossEntropy(class_weights=class_weights)
    assert loss.value_and_grad(scores, labels, weights=weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS, ids=["plain", "weighted"])
def test_binary_cross_entropy(weights: Array | None) -> None:
    scores, targets = RNG.standard_normal((50, 1)), RNG.integers(0, 2, (50, 1)).astype(float)
    expected = log_loss(targets[:, 0], 1 / (1 + np.exp(-scores[:, 0])), sample_weight=weights)
    assert BinaryCrossEntropy().value_and_grad(scores, targets, weights=weights) == pytest.approx(expected, rel=1e-12)
