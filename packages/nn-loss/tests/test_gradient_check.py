"""The checker itself: it accepts a right gradient and rejects one that is wrong by 0.1 %."""

from collections.abc import Callable

import numpy as np
import pytest

from nn_loss import CrossEntropy

SCORES = np.random.default_rng(1).standard_normal((6, 4))
LABELS = np.array([0, 1, 2, 3, 0, 1])


@pytest.mark.parametrize("fault", ["everywhere", "one element", "constant"])
def test_rejects_a_slightly_wrong_gradient(assert_gradient: Callable[..., None], fault: str) -> None:
    scores, gradient = SCORES.copy(), np.empty_like(SCORES)
    CrossEntropy().value_and_grad(scores, LABELS, out=gradient)
    assert_gradient(lambda: CrossEntropy().value_and_grad(scores, LABELS), scores, gradient)
    if fault == "everywhere":
        gradient *= 1.001
    elif fault == "one element":
        gradient[np.unravel_index(np.abs(gradient).argmax(), gradient.shape)] *= 1.001
    else:
        gradient += 0.001 * np.abs(gradient).max()
    with pytest.raises(AssertionError, match="gradient is off by"):
        assert_gradient(lambda: CrossEntropy().value_and_grad(scores, LABELS), scores, gradient)


def test_leaves_the_point_as_it_was(assert_gradient: Callable[..., None]) -> None:
    scores, gradient = SCORES.copy(), np.empty_like(SCORES)
    CrossEntropy().value_and_grad(scores, LABELS, out=gradient)
    assert_gradient(lambda: CrossEntropy().value_and_grad(scores, LABELS), scores, gradient)
    np.testing.assert_array_equal(scores, SCORES)


def test_refuses_single_precision(assert_gradient: Callable[..., None]) -> None:
    point = SCORES.astype("float32")
    with pytest.raises(AssertionError, match="needs float64"):
        assert_gradient(lambda: 0.0, point, np.zeros_like(point))
