"""Sums of Poisson probabilities: what the chi-square laws of even degrees come down to."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["below", "count_for", "pmf", "tails"]

Real = NDArray[np.float64]


@lru_cache(maxsize=4)
def _log_factorials(size: int) -> Real:
    return np.fromiter(map(math.lgamma, range(1, size + 1)), np.float64, size)


def pmf(count: int, mean: float) -> Real:
    """Probabilities of 0 ... count - 1 events where `mean` are expected."""
    if mean == 0:
        return np.asarray(np.arange(count) == 0, np.float64)
    # Rounded up to a power of two, so that a search asks for few tables.
    table = _log_factorials(1 << max(count - 1, 1).bit_length())
    logs = np.arange(count) * math.log(mean) - mean - table[:count]
    return np.asarray(np.exp(logs))


def count_for(mean: float) -> int:
    """How many terms hold all but less than 1e-30 of the probability."""
    return int(mean + 12 * math.sqrt(mean) + 60)


def below(count: int, mean: float) -> float:
    """Probability of fewer than `count` events: the regularised upper incomplete gamma function Q(count, mean)."""
    return min(float(np.sum(pmf(min(count, count_for(mean)), mean))), 1.0)


def tails(count: int, mean: float) -> Real:
    """Probabilities of more than 0 ... count - 1 events, small ones exact too."""
    if mean > count:  # all of them are near 1/2 or above, and nothing cancels
        return np.asarray(1 - np.cumsum(pmf(count, mean)))
    table = pmf(max(count, count_for(mean)) + 1, mean)
    return np.minimum(np.cumsum(table[::-1])[::-1][1 : count + 1], 1.0)
