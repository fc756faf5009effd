"""What the tests of all four packages share: a gradient checker that trusts nobody's derivative."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pytest

Array = np.ndarray[Any, np.dtype[Any]]


class GradientCheck(Protocol):
    """Compares a gradient with central differences along random directions."""

    def __call__(
        self, value: Callable[[], float], point: Array, gradient: Array, *, directions: int = 5, tolerance: float = 1e-6
    ) -> None:
        """Fail if `gradient` is not that of `value` at `point`."""
        ...


def directional_gap(value: Callable[[], float], point: Array, gradient: Array, direction: Array) -> float:
    """Relative gap between `gradient . direction` and the central difference of `value` at `point` (float64).

    `value` is a function of no arguments that reads `point`, which is moved in place and put back bit for bit.
    """
    start = point.copy()
    step = 1e-5 / max(float(np.sqrt(np.mean(direction**2))), 1e-300)
    # The fourth-order stencil: its error is far below the tolerance, so that the tolerance judges the gradient.
    terms = []
    for weight, times in ((1, -2), (-8, -1), (8, 1), (-1, 2)):
        point[...] = start + times * step * direction
        terms.append(weight * value())
    point[...] = start
    expected = sum(terms) / (12 * step)
    found = float(np.sum(gradient * direction))
    return abs(found - expected) / max(abs(found), abs(expected), 1e-8)


@pytest.fixture
def assert_gradient() -> GradientCheck:
    """Give the check: every random direction agrees to `tolerance`, relative."""

    def check(
        value: Callable[[], float], point: Array, gradient: Array, *, directions: int = 5, tolerance: float = 1e-6
    ) -> None:
        assert point.dtype == gradient.dtype == np.float64, "a gradient check needs float64"
        assert point.shape == gradient.shape
        rng = np.random.default_rng(0)
        for _ in range(directions):
            direction = np.asarray(rng.standard_normal(point.shape))
            gap = directional_gap(value, point, gradient, direction)
            assert gap <= tolerance, f"gradient is off by {gap:.2e} relative, allowed {tolerance:.0e}"

    return check
