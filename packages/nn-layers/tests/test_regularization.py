"""Penalties on weights: value, gradient, and their way through a stack."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import ELU, L1, L2, Dense, ElasticNet, Regularizer, Stack
from nn_layers.calls import bind, run
from nn_layers.passes import PENALTY_BLOCK
from nn_layers.protocol import Array

TABLE: list[tuple[Any, float, float]] = [
    (L1(0.3), 0.3, 0.0),
    (L2(0.2), 0.0, 0.2),
    (ElasticNet(0.3, 0.2), 0.3, 0.2),
    (L1(0.0), 0.0, 0.0),
    (ElasticNet(l1=0.0, l2=0.2), 0.0, 0.2),
]
every_penalty = pytest.mark.parametrize(("penalty", "l1", "l2"), TABLE, ids=repr)
SIZES = [1, 7, PENALTY_BLOCK - 1, PENALTY_BLOCK, PENALTY_BLOCK + 1, 2 * PENALTY_BLOCK + 5]


def by_formula(w: Array, l1: float, l2: float) -> tuple[float, Array]:
    """Give value and gradient, number by number."""
    values = w.astype("float64").ravel().tolist()
    value = math.fsum(l1 * abs(v) + l2 * v * v for v in values)
    slope = [l1 * ((v > 0) - (v < 0)) + 2.0 * l2 * v for v in values]
    return value, np.reshape(slope, w.shape)


@every_penalty
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_equal_the_formula(penalty: Any, l1: float, l2: float, size: int, dtype: str) -> None:
    w = np.random.default_rng(0).standard_normal(size).astype(dtype)
    w[::3] = 0.0
    g, value, s = np.ones_like(w), np.zeros(1), np.empty(PENALTY_BLOCK, dtype)
    run(bind(penalty.calls(w, g, s, value)))
    expected, slope = by_formula(w, l1, l2)
    rounding = 1e-5 if dtype == "float32" else 1e-12
    assert value[0] == pytest.approx(expected, rel=rounding)
    np.testing.assert_allclose(g, 1.0 + slope, rtol=rounding, atol=rounding)
    assert g[0] == 1.0  # sign(0) = 0


@every_penalty
def test_without_a_gradient_only_the_value_is_added(penalty: Any, l1: float, l2: float) -> None:
    w, value = np.array([1.0, -2.0, 0.0]), np.full(1, 10.0)
    run(bind(penalty.calls(w, None, np.empty(2), value)))
    assert value[0] == pytest.approx(10.0 + by_formula(w, l1, l2)[0])
    assert isinstance(penalty, Regularizer)


@every_penalty
def test_a_stack_penalises_its_weights_and_not_its_biases(penalty: Any, l1: float, l2: float) -> None:
    stack = Stack([Dense(3, 4, regularization=penalty), ELU(), Dense(4, 2)], dtype="float64", rows=2)
    stack.theta = np.random.default_rng(0).standard_normal(stack.theta.size)
    expected, slope = by_formula(stack.weights()["layers.0.w"], l1, l2)
    assert stack.penalty() == pytest.approx(expected, rel=1e-12)
    stack.forward(np.ones((2, 3)), training=True)
    stack.backward(np.zeros((2, 2)))
    assert stack.grad[:12].tolist() == pytest.approx(slope.ravel().tolist(), rel=1e-12)
    assert not stack.grad[12:].any()


def test_penalty_reads_the_weights_of_the_moment_and_changes_nothing() -> None:
    stack = Stack([Dense(2, 2, regularization=L2(1.0))], dtype="float64")
    for size in (1.0, 3.0):
        stack.theta[...] = size
        stack.grad[...] = 7.0
        assert stack.penalty() == stack.penalty() == pytest.approx(4.0 * size**2)
        assert stack.grad.tolist() == [7.0] * 6
    assert Stack([Dense(2, 2)]).penalty() == 0.0


def test_gradient_of_loss_and_penalties_together(assert_gradient: Callable[..., None]) -> None:
    first, last = Dense(200, 100, regularization=ElasticNet(0.02, 0.03)), Dense(100, 3, regularization=L1(0.1))
    stack = Stack([first, ELU(), last], dtype="float64", rows=4)
    assert PENALTY_BLOCK < 200 * 100
    x = np.random.default_rng(0).standard_normal((4, 200))

    def value() -> float:
        return float(np.sum(stack.forward(x, training=True) ** 2)) + stack.penalty()

    # Weights that a step could carry over 0, where |w| has no derivative, stand well away from it.
    near = np.abs(stack.theta) < 1e-3
    stack.theta[near] = np.copysign(1e-2, stack.theta[near])
    stack.backward(2.0 * stack.forward(x, training=True))
    assert_gradient(value, stack.theta, stack.grad)
