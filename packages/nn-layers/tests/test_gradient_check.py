"""The gradient check itself: it must accept the right gradient and reject one that is slightly wrong."""

from collections.abc import Callable

import numpy as np
import pytest

from nn_layers import Dense, Softmax, Stack, Tanh


@pytest.fixture
def stack() -> Stack:
    return Stack([Dense(5, 6), Tanh(), Dense(6, 3), Softmax()], rows=4, dtype="float64", input_grad=True)


X = np.random.default_rng(0).standard_normal((4, 5))


def value_of(stack: Stack) -> Callable[[], float]:
    return lambda: float(np.sum(stack.forward(X, training=True)[:, 0] ** 2))


def gradient(stack: Stack) -> None:
    dscores = np.zeros((4, 3))
    dscores[:, 0] = 2.0 * stack.forward(X, training=True)[:, 0]
    stack.backward(dscores)


def test_the_right_gradient_is_accepted_and_the_point_put_back(
    stack: Stack, assert_gradient: Callable[..., None]
) -> None:
    gradient(stack)
    before = stack.theta.tobytes()
    assert_gradient(value_of(stack), stack.theta, stack.grad)
    assert stack.theta.tobytes() == before


@pytest.mark.parametrize("factor", [1.001, 0.999, 1.00001, -1.0, 0.0])
def test_a_gradient_that_is_too_large_or_small_is_rejected(
    stack: Stack, assert_gradient: Callable[..., None], factor: float
) -> None:
    gradient(stack)
    with pytest.raises(AssertionError, match="gradient is off by"):
        assert_gradient(value_of(stack), stack.theta, factor * stack.grad)


def test_one_wrong_entry_is_rejected(stack: Stack, assert_gradient: Callable[..., None]) -> None:
    gradient(stack)
    wrong = stack.grad.copy()
    wrong[np.abs(wrong).argmax()] *= 1.001
    with pytest.raises(AssertionError, match="gradient is off by"):
        assert_gradient(value_of(stack), stack.theta, wrong)


def test_float32_and_other_shapes_are_refused(assert_gradient: Callable[..., None]) -> None:
    with pytest.raises(AssertionError, match="float64"):
        assert_gradient(lambda: 0.0, np.zeros(3, "float32"), np.zeros(3))
    with pytest.raises(AssertionError):
        assert_gradient(lambda: 0.0, np.zeros(3), np.zeros((3, 1)))
