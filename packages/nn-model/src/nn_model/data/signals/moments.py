"""Higher-order cumulants, the classical features of a modulation."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals.checks import check_noise, check_rows
from nn_model.errors import DataError

__all__ = ["Cumulants", "cumulants"]

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]

_LEAST = 0.01
_BLOCK = 512


class Cumulants(NamedTuple):
    """Cumulants of each row, (n,); normalised by the signal's power, but for `c21`, which is that power."""

    c20: Complex
    c21: Real
    c40: Complex
    c41: Complex
    c42: Real
    c60: Complex
    c61: Complex
    c62: Complex
    c63: Real

    def features(self) -> NDArray[np.float32]:
        """Give what no carrier phase changes, (n, 8): |c20|, |c40|, |c41|, c42, |c60|, |c61|, |c62|, c63."""
        return np.column_stack([np.abs(c) if np.iscomplexobj(c) else c for c in (self.c20, *self[2:])]).astype(
            np.float32
        )


def cumulants(z: ArrayLike, noise_power: ArrayLike = 0.0) -> Cumulants:
    """Estimate cumulants of order 2, 4 and 6 of complex rows, normalised by the power of the signal.

    With the moments M_pq = mean(z^(p - q) conj(z)^q) of a row, zero mean and zero odd moments supposed::

        C20 = M20                                       C21 = M21
        C40 = M40 - 3 M20^2                             C41 = M41 - 3 M20 M21
        C42 = M42 - |M20|^2 - 2 M21^2
        C60 = M60 - 15 M20 M40 + 30 M20^3
        C61 = M61 - 5 M21 M40 - 10 M20 M41 + 30 M20^2 M21
        C62 = M62 - 6 M20 M42 - 8 M21 M41 - M22 M40 + 6 M20^2 M22 + 24 M21^2 M20
        C63 = M63 - 9 M21 M42 + 12 M21^3 - 3 M20 M43 - 3 M22 M41 + 18 M20 M21 M22

    and each is divided by (C21 - noise_power)^(p / 2). Gaussian noise has no cumulant above the second: it adds to
    C21 alone, and to the scatter of the rest.

    Parameters
    ----------
    z : array, shape (n, L)
        Complex rows. The textbook's values, such as C40 = -2 for BPSK, are those of symbols behind a matched filter;
        samples between the symbols have others.
    noise_power : float or array, shape (n,)
        Mean power of the noise, at least 0 (default 0: no correction), as `Signals.noise_power` has it. What is left
        of C21 is held to at least a hundredth of it, so that weak signals give large numbers but finite ones.

    Returns
    -------
    Cumulants
        A tuple of arrays (n,): c20, c21, c40 ... c63; c21 is the signal's power, C21 - noise_power. `features()` gives
        those that a carrier's phase leaves alone as rows for a network.

    Raises
    ------
    DataError
        z is not complex rows of finite numbers, a row is zero, or the noise power is negative or of another shape.

    Notes
    -----
    A. Swami, B. M. Sadler, *Hierarchical digital modulation classification using cumulants* (2000); order six after
    V. D. Orlic, M. L. Dukic, *Automatic modulation classification algorithm using higher-order cumulants under
    real-world channel conditions* (2009). The mean is not taken off: the carrier of AM is one. A frequency offset f
    turns the phase along a row, which leaves C42 and C63 alone but for their products with M20, M41 and M43, and
    fades the others once f L is near 1.

    Examples
    --------
    >>> bpsk = np.array([[1, -1, 1, -1 + 0j]])
    >>> found = cumulants(bpsk)
    >>> found.c40.real, found.c42, found.c63
    (array([-2.]), array([-2.]), array([16.]))
    """
    rows = check_rows(z)
    noise = check_noise(noise_power, len(rows), "at least 0", lambda power: (power >= 0) & (power < np.inf))
    total = np.mean(np.square(rows.real, dtype=np.float64) + np.square(rows.imag, dtype=np.float64), axis=1)
    if not total.all():
        raise DataError(f"each row must hold a signal; found zeros alone in row {total.argmin()}; drop it")
    # As a share of the row's power, so that no sixth power leaves the range of numbers.
    left = np.maximum(1 - noise / total, _LEAST)
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(rows), _BLOCK)]
    c20, *higher = np.concatenate([_estimates(rows[b] / np.sqrt(total[b, None])) for b in blocks], axis=1)
    c40, c41, c42, c60, c61, c62, c63 = (c / left**p for c, p in zip(higher, (2, 2, 2, 3, 3, 3, 3), strict=True))
    return Cumulants(c20 / left, total * left, c40, c41, c42.real, c60, c61, c62, c63.real)


def _estimates(z: Complex) -> Complex:
    """C20, C40, C41, C42, C60 ... C63 of rows with unit mean power, so that M21 = 1: (8, n)."""
    power, square = z.real**2 + z.imag**2, z * z
    fourth, squared = square * square, power * power
    m20, m40, m41, m42 = (np.mean(m, axis=1) for m in (square, fourth, square * power, squared))
    m60, m61 = np.mean(fourth * square, axis=1), np.mean(fourth * power, axis=1)
    m62, m63 = np.mean(square * squared, axis=1), np.mean(squared * power, axis=1)
    m22, m43 = m20.conj(), m41.conj()
    return np.stack(
        [
            m20,
            m40 - 3 * m20**2,
            m41 - 3 * m20,
            m42 - m20 * m22 - 2,
            m60 - 15 * m20 * m40 + 30 * m20**3,
            m61 - 5 * m40 - 10 * m20 * m41 + 30 * m20**2,
            m62 - 6 * m20 * m42 - 8 * m41 - m22 * m40 + 6 * m20**2 * m22 + 24 * m20,
            m63 - 9 * m42 + 12 - 3 * m20 * m43 - 3 * m22 * m41 + 18 * m20 * m22,
        ]
    )
