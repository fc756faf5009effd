"""How often the energy detector finds a signal."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals import poisson
from nn_model.data.signals.checks import check_numbers
from nn_model.data.signals.energy import check_length, check_threshold, each
from nn_model.data.signals.fading import Rayleigh
from nn_model.errors import DataError

__all__ = ["detection_rate"]

Real = NDArray[np.float64]


def detection_rate(threshold: ArrayLike, length: int, snr_db: float, fading: Rayleigh | None = None) -> Real:
    """Give the probability that a signal in noise exceeds a threshold.

    A signal of energy `L snr` (over the noise's mean power) makes 2 T noncentral chi-square with 2 L degrees of
    freedom, so that `P(T > x)` is Marcum's `Q_L(sqrt(2 L snr), sqrt(2 x))`. That law is a Poisson mixture::

        P(T > x) = P(I < L + J),  I ~ Poisson(x),  J ~ Poisson(L snr)

    In Rayleigh block fading the energy is exponential with that mean, and J then geometric,
    `P(J > j) = (L snr / (1 + L snr))^(j + 1)`. Every term of either sum is positive: nothing cancels.

    Parameters
    ----------
    threshold : float or array
        x in [0, 1e7], for the statistic of `energy_statistic`.
    length : int
        L, samples in a row, 1 to 1,000,000.
    snr_db : float
        Mean signal power over noise power in the sample bandwidth, in dB within [-200, 100].
    fading : Rayleigh
        None for a signal of constant power (default), or `Rayleigh()`, block fading.

    Returns
    -------
    array
        float64, of the threshold's shape.

    Raises
    ------
    DataError
        A threshold, the length or the SNR is out of its range, or the fading is another.

    Notes
    -----
    H. Urkowitz, *Energy detection of unknown deterministic signals* (1967); F. F. Digham, M.-S. Alouini, M. K. Simon,
    *On the energy detection of unknown signals over fading channels* (2007). Exact where a row's energy is fixed,
    as with 2FSK and FM; that of the others scatters a little from row to row.

    Examples
    --------
    A receiver operating characteristic is one line, detection over false alarms:

    >>> from nn_model.data.signals import energy_threshold
    >>> false_alarm = np.array([0.01, 0.1, 0.5])
    >>> threshold = energy_threshold(false_alarm, 128)
    >>> detection_rate(threshold, 128, -6.0).round(3)
    array([0.614, 0.899, 0.994])
    >>> detection_rate(threshold, 128, -6.0, Rayleigh()).round(3)
    array([0.444, 0.643, 0.88 ])
    """
    length, x = check_length(length), check_threshold(threshold)
    levels = check_numbers("snr_db", snr_db, "in [-200, 100] dB", lambda db: (db >= -200) & (db <= 100))
    if levels.ndim:
        raise DataError(f"snr_db must be one number; found shape {levels.shape}; call once for each level")
    if fading is not None and fading != Rayleigh():
        raise DataError(f"fading must be None or Rayleigh(), which have a formula; found {fading!r}; count detections")
    mean = length * 10 ** (float(levels) / 10)
    return each(x, lambda value: _rate(value, length, mean, faded=fading is not None))


def _rate(x: float, length: int, mean: float, *, faded: bool) -> float:
    """P(I < L + J) = sum_i P(I = i) P(J > i - L), where J > i - L is certain for i < L."""
    more = poisson.count_for(x) - length
    alone = poisson.below(length, x)
    if more <= 0:
        return alone
    exceed = np.exp(np.arange(1, more + 1) * -math.log1p(1 / mean)) if faded else poisson.tails(more, mean)
    return min(alone + float(np.dot(poisson.pmf(length + more, x)[length:], exceed)), 1.0)
