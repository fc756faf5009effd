"""Detectors of signals in noise, and the rows that they are trained and judged on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_layers import Conv2D, Dense, GlobalAvgPool2D, Propagate, ReLU
from nn_loss import BinaryCrossEntropy
from nn_model import NN
from nn_model.data.signals import (
    KINDS,
    Channel,
    Rayleigh,
    Signals,
    detection_rate,
    energy_threshold,
    iq,
    make_signals,
)
from nn_optim import Adam, OneCycle

LENGTH = 128
LEVELS = tuple(range(-20, 11, 2))
"""Mean signal-to-noise ratios in dB of the test."""
TRAINED = (-15.0, 5.0)
"""The ratios in training, uniform: above them all detectors are right but in the deepest fades."""
BANDWIDTH = 0.1
"""Cycles per sample, on either side: what the linear modulations and the carrier offset fill."""
BATCH = 128

Real = NDArray[np.float64]
Score = Callable[[NDArray[np.complex64]], Real]


class Trial(NamedTuple):
    """A detector's scores of rows that it has not seen: the higher, the more of a signal."""

    signals: Real
    snr_db: Real
    noise: Real

    def found(self, threshold: float) -> Real:
        """Give the share of signals above a threshold at each level."""
        return np.array([np.mean(self.signals[self.snr_db == level] > threshold) for level in LEVELS])

    def characteristic(self, false_alarms: ArrayLike, level: int) -> Real:
        """Give the share of signals above the thresholds that these shares of the noise exceed."""
        thresholds = np.quantile(self.noise, 1 - np.asarray(false_alarms))
        return np.asarray(np.mean(self.signals[self.snr_db == level, None] > thresholds, axis=0), np.float64)

    def area(self) -> Real:
        """Give the area under the characteristic at each level: how often a signal scores above noise."""
        rank = np.searchsorted(np.sort(self.noise), self.signals) / len(self.noise)
        return np.array([rank[self.snr_db == level].mean() for level in LEVELS])


def signals(rows: int, snr_db: ArrayLike, seed: int) -> Signals:
    """Make faded signals in noise of power 1, so many of each of the seven kinds."""
    return make_signals(KINDS[:-1], rows, LENGTH, snr_db, channel=Channel(fading=Rayleigh()), unit="noise", seed=seed)


def noise(rows: int, seed: int) -> NDArray[np.complex64]:
    """Make noise of power 1."""
    return make_signals(["noise"], rows, LENGTH, unit="noise", seed=seed).z


def network(steps: int, seed: int) -> NN:
    """Stack the layers: filters as long as four symbols, two convolutions more, the mean over time, a score."""
    layers: list[Propagate] = [
        Conv2D(2, 16, (1, 33), (1, 2), "same"),
        ReLU(),
        Conv2D(16, 32, (1, 9), (1, 2), "same"),
        ReLU(),
        Conv2D(32, 32, (1, 9), (1, 2), "same"),
        ReLU(),
        GlobalAvgPool2D(),
        Dense(32, 32),
        ReLU(),
        Dense(32, 1),
    ]
    return NN(layers, BinaryCrossEntropy(), Adam(lr=OneCycle(0.003, steps)), input_shape=(2, 1, LENGTH), seed=seed)


def train(rows: int, epochs: int, seed: int) -> NN:
    """Train one network on as many rows of noise as of signals, so many of each kind."""
    levels = np.random.default_rng(seed).uniform(*TRAINED, rows)
    z = [signals(rows, levels, 4 * seed).z, noise(7 * rows, 4 * seed)]
    x, y = iq(np.concatenate(z), normalise=False), np.repeat([1, 0], 7 * rows)
    nn = network(epochs * -(-len(x) // BATCH), seed)
    print(f"{nn.theta.size:,} parameters, {len(x):,} rows of {LENGTH} samples, {epochs} epochs", flush=True)
    nn.fit(x, y, epochs=epochs, batch_size=BATCH)
    return nn


def score(nn: NN) -> Score:
    """Give the network's score: the logarithm of the odds of a signal, as float64 for few ties."""

    def odds(z: NDArray[np.complex64]) -> Real:
        p = np.maximum(nn.predict_proba(iq(z, normalise=False)).astype(np.float64), 1e-30)
        return np.asarray(np.log(p[:, 1] / p[:, 0]))

    return odds


def energy_in_band(z: NDArray[np.complex64]) -> Real:
    """Give the energy in the signals' band alone: what an energy detector gains by knowing the band."""
    inside = np.abs(np.fft.fftfreq(LENGTH)) <= BANDWIDTH
    return np.asarray(np.sum(np.abs(np.fft.fft(z, axis=1)[:, inside]) ** 2, axis=1, dtype=np.float64) / LENGTH)


def theory(false_alarm: ArrayLike, level: int) -> Real:
    """Give the energy detector's detections at false alarms, from its formula."""
    return detection_rate(energy_threshold(false_alarm, LENGTH), LENGTH, level, Rayleigh())
