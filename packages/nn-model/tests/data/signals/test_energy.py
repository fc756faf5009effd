"""The energy detector's theory against SciPy's laws, quadrature, and our own signals."""

import numpy as np
import pytest
from scipy import integrate, stats

from nn_model.data.signals import (
    Channel,
    Rayleigh,
    detection_rate,
    energy_statistic,
    energy_threshold,
    false_alarm_rate,
    make_signals,
)

RATES = np.array([1e-100, 1e-12, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.999])


@pytest.mark.parametrize("length", [1, 2, 17, 128, 3000])
def test_false_alarms_are_the_tail_of_chi_square(length: int) -> None:
    threshold = np.array([0.0, 1e-3, 0.3, 1.0, 5.0, 100.0, 300.0, 3500.0])
    expected = stats.chi2.sf(2 * threshold, 2 * length)
    np.testing.assert_allclose(false_alarm_rate(threshold, length), expected, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("length", [1, 2, 17, 128, 3000])
def test_the_threshold_turns_the_rate_round(length: int) -> None:
    threshold = energy_threshold(RATES, length)
    np.testing.assert_allclose(threshold, 0.5 * stats.chi2.isf(RATES, 2 * length), rtol=1e-9)
    np.testing.assert_allclose(false_alarm_rate(threshold, length), RATES, rtol=1e-9)


@pytest.mark.parametrize("length", [1, 5, 128, 1000])
@pytest.mark.parametrize("db", [-200.0, -20.0, -6.0, 0.0, 10.0])
def test_detection_is_the_tail_of_noncentral_chi_square(length: int, db: float) -> None:
    threshold = energy_threshold(RATES, length)
    expected = stats.ncx2.sf(2 * threshold, 2 * length, 2 * length * 10 ** (db / 10))
    np.testing.assert_allclose(detection_rate(threshold, length, db), expected, rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("length", [1, 5, 128])
@pytest.mark.parametrize("db", [-10.0, 0.0, 15.0])
def test_detection_in_fading_is_the_mean_over_the_gain(length: int, db: float) -> None:
    threshold = energy_threshold(np.array([1e-4, 0.1, 0.9]), length)
    found = detection_rate(threshold, length, db, Rayleigh())

    def weighted(gain: float, x: float) -> float:
        return float(np.exp(-gain) * stats.ncx2.sf(2 * x, 2 * length, 2 * length * gain * 10 ** (db / 10)))

    for i, x in enumerate(threshold):
        pieces = [integrate.quad(weighted, *ends, args=(x,), limit=200)[0] for ends in ((0, 0.1), (0.1, 1), (1, 50))]
        np.testing.assert_allclose(found[i], sum(pieces), rtol=1e-6)


def test_far_out_the_rates_are_zero_and_one() -> None:
    for fading in (None, Rayleigh()):
        np.testing.assert_allclose(detection_rate([0.0, 150.0, 1e6], 128, 100.0, fading), 1, rtol=1e-4)
        np.testing.assert_allclose(detection_rate(0.0, 10, -5.0, fading), 1)
        assert detection_rate(1e6, 10, -5.0, fading) < 1e-100
        assert detection_rate(np.ones((2, 3)), 4, 0.0, fading).shape == (2, 3)
        rates = detection_rate(np.linspace(0, 400, 200), 128, -3.0, fading)
        assert (np.diff(rates) <= 1e-13).all()
        assert ((rates >= 0) & (rates <= 1)).all()


@pytest.mark.parametrize("fading", [None, Rayleigh()], ids=["steady", "block fading"])
@pytest.mark.parametrize("db", [-8.0, -3.0])
def test_our_own_signals_are_found_as_often_as_the_theory_says(fading: Rayleigh | None, db: float) -> None:
    rows, length = 6000, 64
    data = make_signals(["FM", "noise"], rows, length, db, unit="noise", channel=Channel(fading=fading), seed=8)
    statistic = energy_statistic(data.z, data.noise_power)
    threshold = energy_threshold([0.01, 0.1, 0.4], length)
    for kind, expected in enumerate([detection_rate(threshold, length, db, fading), np.array([0.01, 0.1, 0.4])]):
        found = np.mean(statistic[data.y == kind, None] > threshold, axis=0)
        spread = np.sqrt(expected * (1 - expected) / rows)
        assert (np.abs(found - expected) < 4 * spread).all()


def test_the_statistic_is_the_energy_over_the_noise() -> None:
    z = np.array([[1, 1j, 2], [0, 0, 3]], np.complex64)
    np.testing.assert_allclose(energy_statistic(z), [6, 9])
    np.testing.assert_allclose(energy_statistic(z, [2.0, 3.0]), [3, 3])


def test_in_noise_alone_twice_the_statistic_is_chi_square() -> None:
    data = make_signals(["noise"], 4000, 32, 5.0, unit="signal")
    statistic = energy_statistic(data.z, data.noise_power)
    assert stats.kstest(2 * statistic, "chi2", args=(64,)).pvalue > 1e-4


def test_a_long_row_is_quick_enough_and_right() -> None:
    threshold = energy_threshold(0.1, 100_000)
    np.testing.assert_allclose(2 * threshold, stats.chi2.isf(0.1, 200_000), rtol=1e-9)
