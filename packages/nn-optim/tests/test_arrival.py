"""Every rule arrives at a minimum, to a thousandth of its greatest rate, in a stated number of steps."""

from typing import Any

import numpy as np
import pytest

from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Constant,
    Cosine,
    ExponentialDecay,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    RMSProp,
    rate,
)

Array = np.ndarray[Any, np.dtype[Any]]


def quadratic(x: Array) -> Array:
    """Return the gradient of (x0 - 1)^2 / 2 + 10 (x1 + 2)^2 / 2, least at (1, -2)."""
    return np.array([x[0] - 1.0, 10.0 * (x[1] + 2.0)])


def rosenbrock(x: Array) -> Array:
    """Return the gradient of (1 - x0)^2 + 100 (x1 - x0^2)^2, least at (1, 1)."""
    valley = x[1] - x[0] ** 2
    return np.array([-2.0 * (1.0 - x[0]) - 400.0 * x[0] * valley, 200.0 * valley])


def steps_to(rule: Optimizer, gradient: Any, start: Array, goal: Array, near: float, limit: int) -> int:
    """Count the updates until the parameters are near the goal and stay there to the limit."""
    theta, arrived = start.copy(), limit + 1
    state, grad = rule.init(theta), np.empty(2)
    for step in range(1, limit + 1):
        grad[:] = gradient(theta)
        rule.update(theta, grad, state)
        if np.abs(theta - goal).max() > near:
            arrived = limit + 1
        elif arrived > limit:
            arrived = step
    return arrived


QUADRATIC: list[tuple[Optimizer, int]] = [
    (SGD(0.1), 200),
    (Momentum(0.02), 250),
    (Nesterov(0.02), 250),
    (AdaGrad(1.0), 500),
    (RMSProp(Cosine(0.1, 900)), 1000),
    (Adam(0.1), 600),
    (AdamW(Cosine(0.1, 900), weight_decay=0.0), 1000),
    (AdaMax(0.1), 600),
    (Nadam(0.1), 600),
    (Nadam(0.1, momentum_decay=None), 600),
]


@pytest.mark.parametrize(("rule", "limit"), QUADRATIC, ids=repr)
def test_it_arrives_on_a_quadratic(rule: Optimizer, limit: int) -> None:
    goal = np.array([1.0, -2.0])
    assert steps_to(rule, quadratic, np.array([3.0, 1.0]), goal, rate(rule.lr, 0) / 1000, limit) <= limit


ROSENBROCK: list[tuple[Optimizer, int]] = [
    (SGD(1.5e-3), 25_000),
    (Momentum(1e-3), 4_000),
    (Nesterov(1e-3), 4_000),
    (AdaGrad(0.5), 10_000),
    (RMSProp(ExponentialDecay(0.05, 1e-4, 10_000)), 10_000),
    (Adam(Cosine(0.1, 5_000)), 3_000),
    (AdamW(Cosine(0.1, 5_000), weight_decay=0.0), 3_000),
    (AdaMax(Cosine(0.2, 5_000)), 4_000),
    (Nadam(ExponentialDecay(0.05, 1e-3, 5_000), betas=(0.9, 0.99)), 5_000),
    (Nadam(Cosine(0.05, 5_000), momentum_decay=None), 3_000),
]


@pytest.mark.parametrize(("rule", "limit"), ROSENBROCK, ids=repr)
def test_it_arrives_on_rosenbrock(rule: Optimizer, limit: int) -> None:
    goal = np.array([1.0, 1.0])
    assert steps_to(rule, rosenbrock, np.array([-1.2, 1.0]), goal, rate(rule.lr, 0) / 1000, limit) <= limit


def test_weight_decay_moves_the_place_of_arrival() -> None:
    plain, decayed = np.zeros(1), np.zeros(1)
    for rule, theta in ((Adam(Cosine(0.1, 500)), plain), (AdamW(Cosine(0.1, 500), weight_decay=0.5), decayed)):
        state = rule.init(theta)
        for _ in range(500):
            rule.update(theta, theta - 1.0, state)
    assert plain.item() == pytest.approx(1.0, abs=1e-4)
    assert 0.5 < decayed.item() < 0.99


def test_the_search_for_arrival_is_not_fooled_by_passing_through() -> None:
    rule = SGD(Constant(2.0))  # from 3 to -1 and back for ever, through no more than a distance of 2 from the goal
    assert steps_to(rule, lambda x: x - 1.0, np.full(2, 3.0), np.full(2, 1.0), 1e-3, 50) == 51
