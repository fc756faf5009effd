"""The energy detector: is there a signal in the noise, judged by energy alone."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals import poisson
from nn_model.data.signals.checks import check_noise, check_numbers, check_rows, check_whole

__all__ = ["energy_statistic", "energy_threshold", "false_alarm_rate"]

Real = NDArray[np.float64]

_MOST, _LONGEST = 1e7, 10**6


def energy_statistic(z: ArrayLike, noise_power: ArrayLike = 1.0) -> Real:
    """Give each row's energy over the noise's mean power, `T = sum |z|^2 / N`.

    Parameters
    ----------
    z : array, shape (n, L)
        Complex rows.
    noise_power : float or array, shape (n,)
        N, more than 0, as `Signals.noise_power` has it.

    Returns
    -------
    array, shape (n,)
        float64. In noise alone 2 T is chi-square with 2 L degrees of freedom, so that T has the mean L.

    Raises
    ------
    DataError
        z is not complex rows of finite numbers, or the noise power is not positive or of another shape.

    Examples
    --------
    >>> energy_statistic([[1 + 1j, 2 + 0j]], noise_power=2.0)
    array([3.])
    """
    rows = check_rows(z)
    noise = check_noise(noise_power, len(rows), "more than 0", lambda power: (power > 0) & (power < np.inf))
    energy = np.sum(np.square(rows.real, dtype=np.float64) + np.square(rows.imag, dtype=np.float64), axis=1)
    return np.asarray(energy / noise)


def false_alarm_rate(threshold: ArrayLike, length: int) -> Real:
    """Give the probability that noise alone exceeds a threshold.

    `P(T > x) = Q(L, x) = exp(-x) sum_{i < L} x^i / i!`, the regularised upper incomplete gamma function.

    Parameters
    ----------
    threshold : float or array
        x in [0, 1e7], for the statistic of `energy_statistic`.
    length : int
        L, samples in a row, 1 to 1,000,000.

    Returns
    -------
    array
        float64, of the threshold's shape.

    Raises
    ------
    DataError
        A threshold or the length is out of its range.

    Examples
    --------
    >>> false_alarm_rate([1.0, 2.0], length=1).round(4)
    array([0.3679, 0.1353])
    """
    length = check_length(length)
    return each(check_threshold(threshold), lambda x: poisson.below(length, x))


def energy_threshold(false_alarm: ArrayLike, length: int) -> Real:
    """Give the threshold that noise alone exceeds with a given probability: `false_alarm_rate` turned round.

    Parameters
    ----------
    false_alarm : float or array
        Probabilities, each from 1e-300 to less than 1.
    length : int
        L, samples in a row, 1 to 1,000,000.

    Returns
    -------
    array
        float64, of the shape of false_alarm.

    Raises
    ------
    DataError
        A probability or the length is out of its range.

    Notes
    -----
    By bisection, to the last digit that the sum can tell.

    Examples
    --------
    >>> energy_threshold([0.1, 0.01], length=128).round(2)
    array([142.7 , 155.78])
    """
    length = check_length(length)
    rates = check_numbers("false_alarm", false_alarm, "in [1e-300, 1)", lambda rate: (rate >= 1e-300) & (rate < 1))
    return each(rates, lambda rate: _threshold(rate, length))


def _threshold(rate: float, length: int) -> float:
    low, high = 0.0, float(length)
    while poisson.below(length, high) > rate:
        low, high = high, 2 * high
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if poisson.below(length, middle) > rate else (low, middle)
    return high


def check_threshold(threshold: ArrayLike) -> Real:
    """Give thresholds as float64."""
    return check_numbers("threshold", threshold, "in [0, 1e7]", lambda x: (x >= 0) & (x <= _MOST))


def check_length(length: object) -> int:
    """Give the length of a row, for which a sum has about as many terms."""
    return int(check_numbers("length", check_whole("length", length, 1), "at most 1,000,000", lambda n: n <= _LONGEST))


def each(values: Real, function: Callable[[float], float]) -> Real:
    """Apply a function of numbers to an array."""
    return np.fromiter((function(value) for value in values.flat), np.float64, values.size).reshape(values.shape)
