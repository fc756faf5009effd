"""Dropout that keeps mean 0 and variance 1."""

import math
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from nn_layers import SELU, AlphaDropout, Dense, LeCun, Propagate, Stack
from nn_layers.calls import BUFFER

RATES = [0.05, 0.3, 0.5, 0.9]
LOW = -1.7580993408473766


def make(rate: float, size: int, *, rows: int = 1, seed: int = 0, input_grad: bool = True) -> Stack:
    layer = AlphaDropout(rate)
    return Stack([layer], (size,), rows=rows, seed=seed, dtype="float64", input_grad=input_grad)


def affine(rate: float) -> tuple[float, float]:
    """Give the paper's a and b."""
    q = 1.0 - rate
    a = (q + LOW**2 * q * (1.0 - q)) ** -0.5
    return a, -a * (1.0 - q) * LOW


@pytest.mark.parametrize("rate", RATES)
def test_every_number_is_a_x_plus_b_or_a_low_plus_b(rate: float) -> None:
    stack, x = make(rate, 20_000), np.random.default_rng(1).standard_normal((1, 20_000))
    a, b = affine(rate)
    y = stack.forward(x, training=True)
    kept = np.isclose(y, a * x + b, rtol=1e-12, atol=1e-12)
    dropped = np.isclose(y, a * LOW + b, rtol=1e-12, atol=1e-12)
    assert np.all(kept != dropped)
    assert abs(dropped.mean() - rate) < 4.0 * math.sqrt(rate * (1.0 - rate) / y.size)
    dx = stack.backward(np.full_like(y, 3.0))
    assert dx is not None
    np.testing.assert_allclose(dx, np.where(kept, 3.0 * a, 0.0), rtol=1e-14)


@pytest.mark.parametrize("rate", RATES)
def test_mean_0_and_variance_1_are_kept(rate: float) -> None:
    n = 1_000_000
    y = make(rate, n).forward(np.random.default_rng(2).standard_normal((1, n)), training=True)
    squares = y**2
    assert abs(y.mean()) < 3.0 * y.std() / math.sqrt(n)
    assert abs(squares.mean() - 1.0) < 3.0 * squares.std() / math.sqrt(n)


def test_a_self_normalising_network_stays_so_in_training() -> None:
    layers = [part for _ in range(8) for part in (Dense(256, 256, LeCun()), SELU(), AlphaDropout(0.1))]
    stack = Stack(layers, rows=512, seed=4)
    y = stack.forward(np.random.default_rng(3).standard_normal((512, 256)), training=True)
    assert abs(float(y.mean())) < 0.1
    assert 0.8 < float(y.var()) < 1.2


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_inference_is_the_identity_without_a_copy_and_so_is_a_rate_of_0(rate: float) -> None:
    plan = AlphaDropout(rate).plan((7,))
    assert plan.view == ("inference" if rate else True)
    x = np.random.default_rng(0).standard_normal((3, 7))
    assert np.array_equal(make(rate, 7, rows=3).forward(x), x)
    assert np.array_equal(make(rate, 7, rows=3).forward(x, training=True), x) == (rate == 0.0)


def test_draws_anew_and_from_the_seed() -> None:
    x = np.ones((2, 50))
    first, again, other = (make(0.5, 50, rows=2, seed=seed) for seed in (1, 1, 2))
    drawn = [stack.forward(x, training=True).copy() for stack in (first, again, other, first)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[3])


def test_gradients(assert_gradient: Callable[..., None]) -> None:
    x = np.random.default_rng(0).standard_normal((6, 4))

    def stack() -> Stack:
        layers: list[Propagate] = [AlphaDropout(0.2), Dense(4, 5), SELU(), AlphaDropout(0.4), Dense(5, 2)]
        return Stack(layers, rows=6, seed=3, dtype="float64", input_grad=True)

    trained = stack()

    def value() -> float:
        fresh = stack()
        fresh.theta = trained.theta
        return float(np.sum(fresh.forward(x, training=True) ** 2))

    dx = trained.backward(2.0 * trained.forward(x, training=True))
    assert_gradient(value, trained.theta, trained.grad)
    assert dx is not None
    assert_gradient(value, x, dx)


def test_a_step_allocates_nothing_after_the_first() -> None:
    stack = make(0.5, 512, rows=64)
    x = np.ones((64, 512))
    stack.forward(x)
    stack.forward(x, training=True)
    stack.backward(x)
    tracemalloc.start()
    stack.forward(x)
    stack.forward(x, training=True)
    stack.backward(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < BUFFER * 8 + 4096
