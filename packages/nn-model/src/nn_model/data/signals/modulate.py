"""The modulators: each gives n complex baseband rows of unit mean power."""

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from nn_model.data.signals.constellations import CONSTELLATIONS
from nn_model.data.signals.pulse import shaped
from nn_model.data.signals.tones import phasors, tones
from nn_model.data.signals.waveform import Waveform

__all__ = ["KINDS", "MODULATORS", "TONES"]

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]
Modulator = Callable[[Waveform, Real, int, np.random.Generator], Complex]

TONES = 3
"""Cosines of equal amplitude that the message of AM and FM is the sum of."""


def _linear(points: Complex, waveform: Waveform, delay: Real, length: int, rng: np.random.Generator) -> Complex:
    """PSK and QAM: independent symbols, equally likely, on root-raised-cosine pulses."""
    periods = -(-length // waveform.samples_per_symbol)
    chosen = rng.integers(len(points), size=(len(delay), periods + waveform.span))
    return shaped(points[chosen], delay, waveform, length)


def _fsk(waveform: Waveform, delay: Real, length: int, rng: np.random.Generator) -> Complex:
    """2FSK: the phase is continuous and climbs or falls by pi * modulation_index in a symbol."""
    periods = -(-length // waveform.samples_per_symbol)
    slopes = np.pi * waveform.modulation_index * (2.0 * rng.integers(2, size=(len(delay), periods + 2)) - 1.0)
    starts = np.cumsum(slopes, axis=1) - slopes
    # One symbol ahead, so that no delay reaches before the first symbol.
    t = np.arange(length) / waveform.samples_per_symbol - delay[:, None] + 1.0
    k = t.astype(np.intp)
    phase = np.take_along_axis(slopes, k, 1) * (t - k) + np.take_along_axis(starts, k, 1)
    return phasors(phase)


def _message(n: int, waveform: Waveform, rng: np.random.Generator) -> tuple[Complex, Real]:
    """Draw x(t) = 1 / TONES sum_m cos(2 pi f_m t + p_m): exp(j p_m) / TONES and f_m, both (n, TONES)."""
    frequencies = waveform.message_bandwidth * rng.uniform(0.1, 1.0, (n, TONES))
    return phasors(2 * np.pi * rng.random((n, TONES))) / TONES, frequencies


def _am(waveform: Waveform, delay: Real, length: int, rng: np.random.Generator) -> Complex:
    """AM: carrier and both sidebands, z(t) = (1 + depth x(t)) / sqrt(1 + depth^2 / (2 TONES)) with |x| <= 1."""
    message = tones(*_message(len(delay), waveform, rng), length).real
    power = 1 + waveform.depth**2 / (2 * TONES)
    return np.asarray((1 + waveform.depth * message) / np.sqrt(power), np.complex128)


def _fm(waveform: Waveform, delay: Real, length: int, rng: np.random.Generator) -> Complex:
    """FM: z(t) = exp(j 2 pi deviation int x dt); the integral of each cosine is known, so nothing is summed up."""
    message, frequencies = _message(len(delay), waveform, rng)
    return phasors(tones(waveform.deviation * message / frequencies, frequencies, length).imag)


def _noise(_waveform: Waveform, delay: Real, length: int, _rng: np.random.Generator) -> Complex:
    """No signal at all."""
    return np.zeros((len(delay), length), np.complex128)


# New ones go to the end: a kind's place is part of its random streams.
MODULATORS: MappingProxyType[str, Modulator] = MappingProxyType(
    {
        **{kind: partial(_linear, points) for kind, points in CONSTELLATIONS.items()},
        "2FSK": _fsk,
        "AM": _am,
        "FM": _fm,
        "noise": _noise,
    }
)

KINDS = tuple(MODULATORS)
"""Names of all kinds of signals."""
