"""The gradient is the derivative of the value, for every loss."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_loss import Loss

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("shape", [(6, 4), (3, 5, 4)], ids=["rows", "tokens"])
def test_gradient(
    loss: Loss,
    batch: Callable[..., tuple[Array, Array, Array]],
    assert_gradient: Callable[..., None],
    shape: tuple[int, ...],
    weighted: bool,
) -> None:
    scores, targets, each = batch(loss, shape)
    weights = each if weighted else None
    gradient = np.empty_like(scores)
    loss.value_and_grad(scores, targets, out=gradient, weights=weights)
    assert_gradient(lambda: loss.value_and_grad(scores, targets, weights=weights), scores, gradient)


@pytest.mark.parametrize("shape", [(6, 4), (3, 5, 4)], ids=["rows", "tokens"])
def test_value_alone_is_the_same_value(
    loss: Loss, batch: Callable[..., tuple[Array, Array, Array]], shape: tuple[int, ...]
) -> None:
    scores, targets, weights = batch(loss, shape)
    both = loss.value_and_grad(scores, targets, out=np.empty_like(scores), weights=weights)
    assert loss.value_and_grad(scores, targets, weights=weights) == pytest.approx(both, rel=1e-14)
