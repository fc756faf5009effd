"""Signal-to-noise ratios: their levels in dB, and the powers that they come to."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals.checks import check_numbers

__all__ = ["levels_of", "powers"]

Real = NDArray[np.float64]

_LOUDEST = 200.0


def levels_of(snr_db: float | ArrayLike, *, no_noise: bool) -> Real:
    """Give the levels as a checked array; inf only where there may be no noise."""
    rule = "in [-200, 200] dB" + (", or inf" if no_noise else '; noise rows and unit="noise" know no inf')
    levels = check_numbers("snr_db", snr_db, rule, lambda db: (np.abs(db) <= _LOUDEST) | ((db == np.inf) & no_noise))
    return levels.reshape(-1)


def powers(levels: Real, unit: str, kind: str) -> tuple[Real, Real]:
    """Mean power of signal and of noise at each level."""
    ratio = 10 ** (-levels / 10)
    one = np.ones_like(ratio)
    if unit == "total":
        return (0 * one, one) if kind == "noise" else (1 / (1 + ratio), ratio / (1 + ratio))
    return (one, ratio) if unit == "signal" else (1 / ratio, one)
