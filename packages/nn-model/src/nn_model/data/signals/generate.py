"""Rows of signals in noise, all from one seed."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.signals.channel import Channel, delays, gains
from nn_model.data.signals.checks import check_choice, check_kinds, check_whole
from nn_model.data.signals.fading import normal
from nn_model.data.signals.modulate import KINDS, MODULATORS
from nn_model.data.signals.snr import levels_of, powers
from nn_model.data.signals.waveform import Waveform

__all__ = ["Signals", "make_signals"]

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

BLOCK = 1 << 16
"""Samples made at a time: the scratch memory does not grow with the number of rows."""


class Signals(NamedTuple):
    """Rows of signals, with what is known of each; the kinds take turns, so that any part of the rows is balanced."""

    z: NDArray[np.complex64]
    """The rows, shape (n, length)."""
    y: NDArray[np.int64]
    """Which of `kinds` each row is, shape (n,)."""
    snr_db: Real
    """Signal-to-noise ratio of each row in dB, shape (n,); a noise row has that of the rows it belongs to."""
    noise_power: Real
    """Mean power of each row's noise, shape (n,)."""
    kinds: tuple[str, ...]
    """The classes' names."""


def make_signals(
    kinds: Sequence[str] = KINDS,
    rows: int = 1000,
    length: int = 128,
    snr_db: float | ArrayLike = 10.0,
    *,
    waveform: Waveform | None = None,
    channel: Channel | None = None,
    unit: Literal["total", "signal", "noise"] = "total",
    seed: int = 0,
) -> Signals:
    """Make rows of modulated signals in white Gaussian noise, at complex baseband.

    Each row is `z = sqrt(S) h c s + sqrt(N) w`: the modulated signal s, the fading h and the carrier c have mean
    power 1, and w is circular Gaussian, white over the whole band that the sample rate holds. S / N is the
    signal-to-noise ratio: signal power, the mean over symbols, delays, messages and fading, over the noise power
    in the sample bandwidth. A row's own power scatters about that mean, most of all in a deep fade.

    Parameters
    ----------
    kinds : list of str
        Of "BPSK", "QPSK", "8PSK", "16QAM", "2FSK", "AM", "FM" and "noise" (default all).
    rows : int
        Rows of each kind, at least 1.
    length : int
        Samples in a row, at least one symbol.
    snr_db : float or array
        In dB, within [-200, 200], or inf for no noise; of several levels, row i of each kind gets the i-th, and after
        the last comes the first again. An array of as many levels as rows so gives each row its own.
    waveform : Waveform
        Symbol rate, pulse, modulation index, depth, deviation (default `Waveform()`).
    channel : Channel
        Offsets of carrier, phase and timing, and fading (default `Channel()`: small offsets, no fading).
    unit : str
        Which mean power is 1: "total" (default), S + N = 1; "signal", S = 1; or "noise", N = 1. A noise row has the
        power N, as the rows that it competes with in detection; with "total", it has power 1 like every other row,
        and power tells nothing.
    seed : int
        At least 0. A kind's symbols, channel and noise have streams of their own: they stay the same whatever other
        kinds are asked for, and the noise stays the same at another SNR or in another channel.

    Returns
    -------
    Signals
        z complex64, y int64, snr_db and noise_power float64, and the names of the kinds.

    Raises
    ------
    DataError
        An unknown kind, no rows, rows shorter than a symbol, an SNR that is NaN or too large, or no noise where only
        noise is asked for.

    Notes
    -----
    The random streams are PCG64's through NumPy's distributions, which a new version of NumPy may change. The idea
    of the set is that of T. J. O'Shea, N. West, *Radio machine learning dataset generation with GNU Radio* (2016);
    the definitions of SNR and of the channel are our own, as stated here.

    Examples
    --------
    >>> data = make_signals(["BPSK", "noise"], rows=2, snr_db=[-10, 10])
    >>> data.z.shape, data.z.dtype, data.y, data.snr_db
    ((4, 128), dtype('complex64'), array([0, 1, 0, 1]), array([-10., -10.,  10.,  10.]))
    """
    waveform, channel = waveform or Waveform(), channel or Channel()
    kinds = check_kinds(kinds, KINDS)
    rows, seed = check_whole("rows", rows, 1), check_whole("seed", seed, 0)
    length = check_whole("length", length, waveform.samples_per_symbol, ", the samples of a symbol")
    check_choice("unit", unit, ("total", "signal", "noise"))
    levels = np.resize(levels_of(snr_db, no_noise=unit != "noise" and "noise" not in kinds), rows)
    z, floor = np.empty((rows, len(kinds), length), np.complex64), np.empty((rows, len(kinds)))
    for column, kind in enumerate(kinds):
        signal, noise = powers(levels, unit, kind)
        floor[:, column] = noise
        for block, streams in _blocks(rows, length, kind, seed):
            made = _clean(kind, z[block, column].shape, waveform, channel, streams)
            made *= np.sqrt(signal[block, None])
            made += normal(made.shape, streams[2]) * np.sqrt(noise[block, None])
            z[block, column] = made
    y = np.tile(np.arange(len(kinds)), rows)
    return Signals(z.reshape(-1, length), y, np.repeat(levels, len(kinds)), floor.reshape(-1), kinds)


def _blocks(rows: int, length: int, kind: str, seed: int) -> Iterator[tuple[slice, list[np.random.Generator]]]:
    """Cut the rows into blocks, each with its own streams for signal, channel and noise."""
    step = max(1, BLOCK // length)
    for start in range(0, rows, step):
        sequence = np.random.SeedSequence(seed, spawn_key=(KINDS.index(kind), start // step))
        yield slice(start, start + step), [np.random.default_rng(child) for child in sequence.spawn(3)]


def _clean(
    kind: str, shape: tuple[int, ...], waveform: Waveform, channel: Channel, streams: list[np.random.Generator]
) -> Complex:
    n, length = shape
    rows = MODULATORS[kind](waveform, delays(channel, n, streams[1]), length, streams[0])
    rows *= gains(channel, n, length, streams[1])
    return rows
