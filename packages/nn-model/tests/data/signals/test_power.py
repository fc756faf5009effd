"""Power and signal-to-noise ratio: what is measured is what was asked for."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

from nn_model.data.signals import IDEAL, KINDS, Channel, Rayleigh, Rician, make_signals

Array = np.ndarray[Any, np.dtype[Any]]

SIGNALS = [kind for kind in KINDS if kind != "noise"]
CHANNELS = {
    "ideal": IDEAL,
    "offsets": Channel(),
    "block fading": Channel(fading=Rayleigh()),
    "drifting": Channel(fading=Rayleigh(doppler=0.01)),
    "rician": Channel(fading=Rician(k_factor=2.0, doppler=0.01)),
}


def power(z: Array) -> float:
    return float(np.mean(np.abs(z.astype(np.complex128)) ** 2))


@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_a_signal_has_mean_power_one_in_every_channel(kind: str, channel: Channel) -> None:
    data = make_signals([kind], 4000, 128, np.inf, unit="signal", channel=channel, seed=1)
    rows = np.mean(np.abs(data.z.astype(np.complex128)) ** 2, axis=1)
    assert abs(rows.mean() - 1) < 5 * rows.std() / np.sqrt(len(rows)) + 1e-6
    assert abs(rows.mean() - 1) < 0.1
    assert not data.noise_power.any()


@pytest.mark.parametrize(("unit", "db"), [*product(["total", "signal", "noise"], [-20.0, 0.0, 13.0])])
def test_the_ratio_of_signal_to_noise_is_the_one_asked_for(unit: str, db: float) -> None:
    kinds = ["QPSK", "FM"]
    loud = make_signals(kinds, 500, 128, db, unit=unit, seed=5)  # type: ignore[arg-type]  # a text of the parameters
    # The same seed gives the same signals and the same noise: a row is a sum of the two, and nothing else.
    clean = make_signals(kinds, 500, 128, np.inf, unit="signal", seed=5).z.astype(np.complex128)
    noise = make_signals(kinds, 500, 128, 0.0, unit="signal", seed=5).z - clean
    parts = np.stack([clean.reshape(-1), noise.reshape(-1)], axis=1)
    (a, b), *_ = np.linalg.lstsq(parts, loud.z.reshape(-1))
    np.testing.assert_allclose(a * clean + b * noise, loud.z, atol=1e-4 * abs(b))
    assert abs(10 * np.log10(power(a * clean) / power(b * noise)) - db) < 0.05
    np.testing.assert_allclose(power(b * noise), loud.noise_power, rtol=0.01)
    total = {"total": 1.0, "signal": 1 + 10 ** (-db / 10), "noise": 1 + 10 ** (db / 10)}[unit]
    np.testing.assert_allclose(power(loud.z), total, rtol=0.02)


@pytest.mark.parametrize(("unit", "expected"), [("total", 1.0), ("signal", 10.0), ("noise", 1.0)])
def test_a_noise_row_has_the_power_that_its_unit_says(unit: str, expected: float) -> None:
    data = make_signals(["noise"], 1000, 128, -10.0, unit=unit)  # type: ignore[arg-type]  # a text of the parameters
    np.testing.assert_allclose(power(data.z), expected, rtol=0.02)
    np.testing.assert_allclose(data.noise_power, expected)
    np.testing.assert_array_equal(data.snr_db, -10.0)


def test_no_noise_at_total_power_one_is_the_signal_itself() -> None:
    total = make_signals(["8PSK"], 3, snr_db=np.inf)
    np.testing.assert_array_equal(total.z, make_signals(["8PSK"], 3, snr_db=np.inf, unit="signal").z)


def test_noise_is_circular_gaussian_and_white() -> None:
    z = make_signals(["noise"], 1000, 100, 0.0, seed=9).z.astype(np.complex128)
    parts = np.concatenate([z.real.reshape(-1), z.imag.reshape(-1)])
    assert stats.kstest(parts, "norm", args=(0, np.sqrt(0.5))).pvalue > 1e-4
    assert stats.kstest(np.angle(z).reshape(-1), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-4
    bound = 5 / np.sqrt(z.size)
    assert abs(np.mean(z * z)) < bound * np.sqrt(2)
    for lag in range(1, 5):
        assert abs(np.mean(z[:, lag:] * z[:, :-lag].conj())) < 1.1 * bound


def test_levels_take_turns_in_each_kind() -> None:
    data = make_signals(["BPSK", "noise"], 5, snr_db=[-5, 0, 5])
    assert data.snr_db.tolist() == [-5, -5, 0, 0, 5, 5, -5, -5, 0, 0]
    assert data.y.tolist() == [0, 1] * 5
    assert data.kinds == ("BPSK", "noise")
    own = np.linspace(-3, 3, 7)
    np.testing.assert_array_equal(make_signals(["AM"], 7, snr_db=own).snr_db, own)


def test_a_row_power_follows_its_own_level() -> None:
    data = make_signals(["FM"], 400, 256, [0, 20], unit="noise")
    rows = np.mean(np.abs(data.z) ** 2, axis=1)
    np.testing.assert_allclose(rows[::2].mean(), 2, rtol=0.02)
    np.testing.assert_allclose(rows[1::2].mean(), 101, rtol=0.02)
