"""The classical classifier of signals: cumulants, lines in spectra, and Gaussians fitted at each level."""

from typing import Any

import numpy as np
from gaussians import fit
from numpy.typing import NDArray

from nn_model.data.signals import Signals, Waveform, cumulants, matched_filter

Real = NDArray[np.float64]


def logarithms(x: NDArray[np.floating[Any]]) -> Real:
    """Bring features nearer to Gaussians, since powers of noise have long tails."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)), np.float64)


def moduli(data: Signals) -> Real:
    """Take the cumulants' moduli, of the samples and behind the matched filter: (n, 16)."""
    passed = 1 / Waveform().samples_per_symbol  # of white noise, by the matched filter
    both = [cumulants(data.z, data.noise_power), cumulants(matched_filter(data.z), passed * data.noise_power)]
    return logarithms(np.concatenate([found.features() for found in both], axis=1))


def lines(data: Signals) -> Real:
    """Take the highest line in the spectra of z, z^2 and z^4, which no carrier offset smears: (n, 6)."""
    found = []
    for z in (data.z, matched_filter(data.z)):
        unit = z / np.sqrt(np.mean(np.abs(z) ** 2, axis=1, keepdims=True))
        length = unit.shape[1]
        found += [np.abs(np.fft.fft(unit**p, 4 * length, axis=1)).max(axis=1) / length for p in (1, 2, 4)]
    return logarithms(np.stack(found, axis=1))


def by_gaussians(x: Real, xt: Real, training: Signals, test: Signals) -> NDArray[np.int64]:
    """Classify the test rows, those of each level by Gaussians fitted to the training rows of that level."""
    answers = np.empty_like(test.y)
    for level in np.unique(test.snr_db):
        here, there = training.snr_db == level, test.snr_db == level
        answers[there] = fit(x[here], training.y[here], len(training.kinds)).classify(xt[there])
    return answers
