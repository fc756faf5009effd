"""Flat fading: a complex gain with unit mean power, constant over a row or drifting with Doppler."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nn_layers.spec import spec
from nn_model.data.signals.tones import phasors, tones

__all__ = ["PATHS", "Rayleigh", "Rician", "normal"]

Complex = NDArray[np.complex128]
Doppler = Annotated[float, Field(ge=0, lt=0.5)]

PATHS = 16
"""Scattered waves that a drifting gain is the sum of."""


def normal(shape: tuple[int, ...], rng: np.random.Generator) -> Complex:
    """Draw circular complex Gaussian numbers of unit mean power."""
    pairs = rng.standard_normal((*shape, 2))
    pairs *= np.sqrt(0.5)
    return pairs.view(np.complex128)[..., 0]


def _scattered(n: int, length: int, doppler: float, rng: np.random.Generator) -> Complex:
    """Sum PATHS waves of Gaussian amplitude, one from each equal sector of directions; (n, length) or (n, 1)."""
    if doppler == 0:
        return normal((n, 1), rng)
    angles = 2 * np.pi * (np.arange(PATHS) + rng.random((n, PATHS))) / PATHS
    return tones(normal((n, PATHS), rng) / np.sqrt(PATHS), doppler * np.cos(angles), length)


@spec
class Rayleigh:
    """Rayleigh fading: many scattered waves and no direct one.

    The gain is `h(t) = 1 / sqrt(M) sum_m g_m exp(j 2 pi doppler cos(a_m) t)` with M = 16, complex Gaussian g_m and
    a_m uniform in the m-th of M equal sectors. So |h(t)|^2 is exponential with mean 1, and over many rows
    E[h(s + t) h*(s)] = J0(2 pi doppler t), both exactly.

    Parameters
    ----------
    doppler
        Highest Doppler shift in cycles per sample, in [0, 0.5): speed / wavelength / sample rate. 0 (default) is
        block fading: one gain per row.

    Raises
    ------
    ValidationError
        doppler is out of its range.

    Notes
    -----
    R. H. Clarke, *A statistical theory of mobile-radio reception* (1968). The random sectors follow Y. R. Zheng,
    C. Xiao, *Simulation models with correct statistical properties for Rayleigh fading channels* (2003), whose waves
    have equal amplitudes, and whose envelope is Rayleigh only in the limit of many.

    Examples
    --------
    >>> Rayleigh(doppler=0.01)
    Rayleigh(doppler=0.01)
    """

    doppler: Doppler = 0.0

    def gains(self, n: int, length: int, rng: np.random.Generator) -> Complex:
        """Draw n rows of gains: (n, length), or (n, 1) where they do not drift."""
        return _scattered(n, length, self.doppler, rng)


@spec
class Rician:
    """Rician fading: a direct wave over the scattered ones of `Rayleigh`.

    The gain is `sqrt(k / (k + 1)) exp(j (2 pi doppler cos(a) t + p)) + sqrt(1 / (k + 1)) h(t)`, with a and p uniform.

    Parameters
    ----------
    k_factor
        Power of the direct wave over that of the scattered ones, a ratio (no dB), at least 0.
    doppler
        As for `Rayleigh`.

    Raises
    ------
    ValidationError
        An argument is out of its range.

    Notes
    -----
    C. Xiao, Y. R. Zheng, N. C. Beaulieu, *Novel sum-of-sinusoids simulation models for Rayleigh and Rician fading
    channels* (2006).

    Examples
    --------
    >>> Rician(k_factor=10.0)
    Rician(k_factor=10.0)
    """

    k_factor: Annotated[float, Field(ge=0)] = 4.0
    doppler: Doppler = 0.0

    def gains(self, n: int, length: int, rng: np.random.Generator) -> Complex:
        """Draw n rows of gains: (n, length), or (n, 1) where they do not drift."""
        angle, phase = 2 * np.pi * rng.random((2, n, 1))
        direct = tones(phasors(phase), self.doppler * np.cos(angle), length if self.doppler else 1)
        scattered = _scattered(n, length, self.doppler, rng)
        return np.asarray((np.sqrt(self.k_factor) * direct + scattered) / np.sqrt(self.k_factor + 1))
