"""Complex exponentials, the raw material of carriers, fading and messages."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["phasors", "tones"]

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


def phasors(phase: Real) -> Complex:
    """Give `exp(j phase)`; two real functions are twice as fast as the complex exponential."""
    z = np.empty(phase.shape, np.complex128)
    np.cos(phase, out=z.real)
    np.sin(phase, out=z.imag)
    return z


def tones(gains: Complex, frequencies: Real, length: int) -> Complex:
    """Sum `gains[:, m] * exp(j 2 pi frequencies[:, m] t)` over m, t < length; (n, m), (n, m) -> (n, length).

    With t = width * a + b the exponential is a product, so that a row of L samples takes about 2 sqrt(L) sines.
    """
    width = 1 << (max(length - 1, 1).bit_length() + 1) // 2
    turns = 2 * np.pi * frequencies
    coarse = phasors(np.arange(0, length, width)[:, None] * turns[:, None, :])  # (n, a, m)
    coarse *= gains[:, None, :]
    fine = phasors(turns[:, :, None] * np.arange(width))  # (n, m, b)
    rows = np.multiply(coarse, fine) if gains.shape[1] == 1 else np.matmul(coarse, fine)
    return rows.reshape(len(gains), -1)[:, :length]
