"""The root-raised-cosine pulse: its formula, its samples at any delay, and the filter matched to it."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals.checks import check_rows
from nn_model.data.signals.waveform import Waveform
from nn_model.errors import DataError

__all__ = ["matched_filter", "root_raised_cosine", "shaped"]

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


def root_raised_cosine(t: ArrayLike, roll_off: float = 0.35) -> Real:
    """Give the root-raised-cosine pulse of unit energy at the times `t`, in symbols.

    With roll-off b::

        g(t) = (sin(pi t (1 - b)) + 4 b t cos(pi t (1 + b))) / (pi t (1 - (4 b t)^2))
        g(0) = 1 - b + 4 b / pi
        g(+-1 / (4 b)) = b / sqrt(2) * ((1 + 2 / pi) sin(pi / (4 b)) + (1 - 2 / pi) cos(pi / (4 b)))

    Parameters
    ----------
    t : array
        Times in symbols, of any shape; the pulse's middle is at 0.
    roll_off : float
        0 (the sinc) to 1.

    Returns
    -------
    array
        float64, of the shape of t. The integral of g^2 over all t is 1, and g convolved with itself is 0 at
        every whole t but 0: no interference between symbols behind a matched filter.

    Raises
    ------
    DataError
        The roll-off is not in [0, 1].

    Notes
    -----
    J. G. Proakis, M. Salehi, *Digital Communications*, 5th edition (2008), section 9.2-1.

    Examples
    --------
    >>> root_raised_cosine([0.0, 0.5, 1.0]).round(3)
    array([ 1.096,  0.608, -0.085])
    """
    if not 0 <= roll_off <= 1:
        raise DataError(f"roll_off must be in [0, 1]; found {roll_off!r}; pass for example roll_off=0.35")
    b, t = roll_off, np.asarray(t, np.float64)
    angle, four = np.pi * t, 4 * b * t
    below = angle * (1 - four * four)
    # So near to a zero of the denominator the limit is better than the quotient.
    middle, edge = np.abs(t) < 1e-9, np.abs(np.abs(four) - 1) < 1e-8
    below[middle | edge] = 1.0
    g = (np.sin(angle * (1 - b)) + four * np.cos(angle * (1 + b))) / below
    g[middle] = 1 - b + 4 * b / np.pi
    if edge.any():
        side = np.pi / (4 * b)
        g[edge] = b / math.sqrt(2) * ((1 + 2 / np.pi) * np.sin(side) + (1 - 2 / np.pi) * np.cos(side))
    return np.asarray(g)


def pulses(delay: Real, waveform: Waveform) -> Real:
    """Sample the cut pulse, one row per delay in symbols: (n,) -> (n, span + 1, samples_per_symbol).

    Entry [i, j, p] is g(span / 2 - j + p / samples_per_symbol - delay[i]); a row's squares sum to samples_per_symbol.
    """
    half, step = waveform.span // 2, waveform.samples_per_symbol
    t = np.arange(half, -half - 1, -1)[:, None] + np.arange(step) / step - delay[:, None, None]
    g = root_raised_cosine(t, waveform.roll_off)
    g[np.abs(t) > half] = 0.0
    g *= np.sqrt(step / np.sum(g * g, axis=(1, 2), keepdims=True))
    return g


def shaped(symbols: Complex, delay: Real, waveform: Waveform, length: int) -> Complex:
    """Sum the symbols' pulses: z[n] = sum_k a_k g(n / samples_per_symbol - delay - k); (n, periods + span) symbols."""
    taps = pulses(delay, waveform)
    windows = sliding_window_view(symbols, waveform.span + 1, axis=1)  # (n, periods, span + 1)
    z = np.empty((*windows.shape[:2], waveform.samples_per_symbol), np.complex128)
    np.matmul(windows.real, taps, out=z.real)
    np.matmul(windows.imag, taps, out=z.imag)
    return z.reshape(len(symbols), -1)[:, :length]


def matched_filter(z: ArrayLike, waveform: Waveform | None = None) -> Complex:
    """Filter rows with the pulse that shaped them; sample `k * samples_per_symbol` is then symbol k.

    Parameters
    ----------
    z : array, shape (n, L)
        Complex rows, without delay.
    waveform : Waveform
        What they were made with (default `Waveform()`).

    Returns
    -------
    array, shape (n, L)
        complex128. The first and last `span / 2` symbols of a row lack a part of their pulse.

    Raises
    ------
    DataError
        z is not complex rows of finite numbers.

    Examples
    --------
    >>> from nn_model.data.signals import IDEAL, make_signals
    >>> data = make_signals(["QPSK"], 1, 200, snr_db=np.inf, unit="signal", channel=IDEAL)
    >>> np.unique(np.abs(matched_filter(data.z)[0, 40:160:8]).round(1))
    array([1.])
    """
    rows, waveform = check_rows(z), waveform or Waveform()
    taps = pulses(np.zeros(1), waveform)[0] / waveform.samples_per_symbol
    # Row j runs forward from span / 2 - j symbols; in order of time the pulse is the rows read from the last.
    taps = taps[::-1].reshape(-1)
    middle = waveform.span // 2 * waveform.samples_per_symbol
    size = 1 << (rows.shape[1] + len(taps) - 1).bit_length()
    spectrum = np.fft.fft(rows, size) * np.fft.fft(taps, size)
    filtered = np.fft.ifft(spectrum)[:, middle : middle + rows.shape[1]]
    return np.asarray(filtered, np.complex128)
