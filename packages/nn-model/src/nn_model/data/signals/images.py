"""Rows of signals as images for convolutions."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals.checks import check_rows, check_whole
from nn_model.errors import DataError

__all__ = ["iq", "spectrogram"]

Image = NDArray[np.float32]

_FLOOR = 1e-20
_BLOCK = 512


def iq(z: ArrayLike, normalise: bool = True) -> Image:
    """Give complex rows as images of one line and two channels, I (real part) and Q (imaginary part).

    Parameters
    ----------
    z : array, shape (n, L)
        Complex rows.
    normalise : bool
        Divide each row by the root of its mean power |z|^2 (default). A row of zeros stays one.

    Returns
    -------
    array, shape (n, 2, 1, L)
        float32. Write `iq(z).reshape(len(z), -1)` for dense layers.

    Raises
    ------
    DataError
        z is not complex rows of finite numbers.

    Examples
    --------
    >>> iq([[3 + 4j, 3 + 4j]]).round(1).tolist()
    [[[[0.6000000238418579, 0.6000000238418579]], [[0.800000011920929, 0.800000011920929]]]]
    """
    rows = check_rows(z)
    image = np.empty((len(rows), 2, 1, rows.shape[1]), np.float32)
    scale = np.ones(len(rows))
    if normalise:
        power = np.mean(np.square(rows.real, dtype=np.float64) + np.square(rows.imag, dtype=np.float64), axis=1)
        np.divide(1.0, np.sqrt(power), out=scale, where=power > 0)
    np.multiply(rows.real, scale[:, None], out=image[:, 0, 0], casting="same_kind")
    np.multiply(rows.imag, scale[:, None], out=image[:, 1, 0], casting="same_kind")
    return image


def spectrogram(z: ArrayLike, window: int = 32, hop: int = 8) -> Image:
    """Give the power of complex rows over frequency and time, in dB.

    With the periodic Hann window h of F samples::

        P[f, t] = |sum_n h[n] z[t hop + n] exp(-j 2 pi f n / F)|^2 / sum_n h[n]^2

    so that white noise of power N has the mean N in every cell, and a tone of power A at a cell's frequency the
    value A (sum h)^2 / sum h^2 = 2 A F / 3.

    Parameters
    ----------
    z : array, shape (n, L)
        Complex rows.
    window : int
        F, from 4 to L samples.
    hop : int
        Samples from one window to the next, at least 1.

    Returns
    -------
    array, shape (n, 1, F, T)
        float32, `10 log10 P`, at least -200 dB, where T = 1 + (L - F) // hop: a rest that fills no window is left out.
        Row r of an image is the frequency `(r - F // 2) / F` in cycles per sample, lowest first: two-sided, zero
        in the middle.

    Raises
    ------
    DataError
        z is not complex rows of finite numbers, or the window or hop is out of its range.

    Examples
    --------
    >>> tone = np.exp(2j * np.pi * 0.25 * np.arange(64))[None]
    >>> image = spectrogram(tone, window=16, hop=16)
    >>> image.shape, int(image[0, 0, :, 0].argmax()), round(float(image.max()), 2)
    ((1, 1, 16, 4), 12, 10.28)
    """
    rows = check_rows(z)
    window, hop = check_whole("window", window, 4), check_whole("hop", hop, 1)
    if window > rows.shape[1]:
        raise DataError(
            f"window must be at most the {rows.shape[1]} samples of a row; found {window}; pass a smaller one"
        )
    frames = sliding_window_view(rows, window, axis=1)[:, ::hop]  # (n, T, F)
    image = np.empty((len(rows), 1, window, frames.shape[1]), np.float32)
    for start in range(0, len(rows), _BLOCK):
        image[start : start + _BLOCK, 0] = _power(frames[start : start + _BLOCK]).transpose(0, 2, 1)
    return image


def _power(frames: NDArray[Any]) -> NDArray[Any]:
    size = frames.shape[2]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    hann = (hann / np.sqrt(np.sum(hann**2))).astype(frames.real.dtype)
    spectra = np.fft.fftshift(np.fft.fft(frames * hann), axes=2)
    power = spectra.real**2 + spectra.imag**2
    return np.asarray(10 * np.log10(np.maximum(power, _FLOOR)))
