"""Fading: the envelope's law, its mean power, and how fast it forgets."""

import numpy as np
import pytest
from scipy import special, stats

from nn_model.data.signals import Channel, Rayleigh, Rician, Waveform, make_signals

CARRIER = Waveform(depth=1e-9)


def gains(fading: Rayleigh | Rician, rows: int, length: int) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """Give the gains themselves: a carrier without message, offset or noise."""
    channel = Channel((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), fading)
    data = make_signals(["AM"], rows, length, np.inf, unit="signal", channel=channel, waveform=CARRIER, seed=11)
    return data.z.astype(np.complex128)


@pytest.mark.parametrize("doppler", [0.0, 0.001, 0.1])
def test_the_envelope_is_rayleigh_at_every_sample(doppler: float) -> None:
    h = gains(Rayleigh(doppler=doppler), 4000, 64)
    for sample in (0, 37, 63):
        assert stats.kstest(np.abs(h[:, sample]), "rayleigh", args=(0, np.sqrt(0.5))).pvalue > 1e-4
        assert stats.kstest(np.angle(h[:, sample]), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-4


@pytest.mark.parametrize("k", [0.0, 1.0, 8.0])
@pytest.mark.parametrize("doppler", [0.0, 0.05])
def test_the_envelope_is_rician(k: float, doppler: float) -> None:
    h = gains(Rician(k_factor=k, doppler=doppler), 4000, 16)
    scale = np.sqrt(0.5 / (k + 1))
    law = stats.rice(np.sqrt(2 * k), scale=scale)
    for sample in (0, 15):
        assert stats.kstest(np.abs(h[:, sample]), law.cdf).pvalue > 1e-4


def test_block_fading_is_constant_in_a_row_and_independent_between_rows() -> None:
    h = gains(Rayleigh(), 2000, 16)
    np.testing.assert_allclose(h, np.repeat(h[:, :1], 16, axis=1), rtol=1e-6)
    assert abs(np.mean(h[1:, 0] * h[:-1, 0].conj())) < 0.1
    assert np.ptp(np.abs(gains(Rician(), 5, 16)), axis=1).max() < 1e-6


@pytest.mark.parametrize("doppler", [0.002, 0.01, 0.05])
@pytest.mark.parametrize("fading", [Rayleigh, Rician])
def test_the_gain_forgets_as_a_bessel_function(doppler: float, fading: type[Rayleigh | Rician]) -> None:
    h = gains(fading(doppler=doppler), 6000, 200)
    lags = np.arange(0, 200, 5)
    found = np.mean(h[:, lags] * h[:, :1].conj(), axis=0)
    # The direct wave comes from a random direction too, so that its law is the same.
    expected = special.j0(2 * np.pi * doppler * lags)
    np.testing.assert_allclose(found.real, expected, atol=0.06)
    np.testing.assert_allclose(found.imag, 0, atol=0.06)


def test_no_wave_is_faster_than_the_doppler_shift() -> None:
    h = gains(Rayleigh(doppler=0.1), 100, 512)
    power = np.mean(np.abs(np.fft.fft(h * np.hanning(512))) ** 2, axis=0)
    f = np.fft.fftfreq(512)
    # What is beyond is the window's leakage.
    assert power[np.abs(f) > 0.106].sum() < 1e-5 * power.sum()
    # Clarke's spectrum is highest at its edges.
    assert power[np.abs(np.abs(f) - 0.099) < 0.003].mean() > 2 * power[np.abs(f) < 0.05].mean()
