"""Pulses and symbols: behind the matched filter are the points of the constellation."""

from typing import Any

import numpy as np
import pytest

from nn_model.data.signals import (
    CONSTELLATIONS,
    IDEAL,
    Channel,
    Waveform,
    make_signals,
    matched_filter,
    root_raised_cosine,
)

Array = np.ndarray[Any, np.dtype[Any]]


def formula(t: float, b: float) -> float:
    top = np.sin(np.pi * t * (1 - b)) + 4 * b * t * np.cos(np.pi * t * (1 + b))
    return float(top / (np.pi * t * (1 - (4 * b * t) ** 2)))


@pytest.mark.parametrize("b", [0.1, 0.35, 0.5, 1.0])
def test_the_pulse_is_smooth_where_its_formula_has_no_value(b: float) -> None:
    for point in (0.0, 1 / (4 * b), -1 / (4 * b)):
        near = [formula(point + sign * 1e-4, b) for sign in (-1, 1)]
        found = root_raised_cosine([point, point + 1e-10, point - 1e-10, point + 1e-7], b)
        np.testing.assert_allclose(found, np.mean(near), rtol=1e-6)


@pytest.mark.parametrize("b", [0.0, 0.2, 0.35, 1.0])
def test_the_pulse_has_unit_energy_and_no_interference_between_symbols(b: float) -> None:
    step, reach = 16, 400
    t = np.arange(-reach * step, reach * step + 1) / step
    g = root_raised_cosine(t, b)
    for lag in range(6):
        product = np.sum(g[lag * step :] * g[: len(g) - lag * step]) / step
        assert abs(product - (lag == 0)) < (1e-3 if b == 0 else 1e-6)


def test_without_roll_off_the_pulse_is_the_sinc() -> None:
    t = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(root_raised_cosine(t, 0.0), np.sinc(t), atol=1e-12)


@pytest.mark.parametrize("kind", CONSTELLATIONS)
@pytest.mark.parametrize(("step", "span"), [(8, 16), (4, 16), (5, 32)])
def test_the_matched_filter_gives_the_symbols_back(kind: str, step: int, span: int) -> None:
    waveform = Waveform(samples_per_symbol=step, span=span)
    length = 100 * step
    data = make_signals([kind], 20, length, np.inf, unit="signal", waveform=waveform, channel=IDEAL, seed=4)
    found = matched_filter(data.z, waveform)[:, span // 2 * step : length - span // 2 * step : step]
    gaps = np.abs(found[..., None] - CONSTELLATIONS[kind])
    # What is left is the interference of the cut pulse.
    assert gaps.min(axis=2).max() < 0.03
    shares = np.bincount(gaps.argmin(axis=2).reshape(-1), minlength=len(CONSTELLATIONS[kind])) / found[..., 0].size
    shares /= shares.sum()
    np.testing.assert_allclose(shares, 1 / len(shares), atol=0.05)


@pytest.mark.parametrize("delay", [0.25, 0.5, 1.0])
def test_a_delay_moves_the_symbols(delay: float) -> None:
    waveform = Waveform(span=16)
    rows = [
        make_signals(["16QAM"], 5, 400, np.inf, unit="signal", channel=channel, waveform=waveform).z
        for channel in (IDEAL, Channel((0.0, 0.0), (0.0, 0.0), (delay, delay)))
    ]
    shift = round(delay * 8)
    np.testing.assert_allclose(rows[1][:, shift:], rows[0][:, : 400 - shift], atol=0.02)


def test_a_delay_moves_the_tones_of_2fsk() -> None:
    rows = [
        make_signals(["2FSK"], 5, 400, np.inf, unit="signal", channel=Channel((0.0, 0.0), (0.0, 0.0), (delay, delay))).z
        for delay in (0.0, 0.5)
    ]
    np.testing.assert_allclose(rows[1][:, 4:], rows[0][:, :-4], atol=1e-5)


def test_delays_are_spread_over_a_symbol() -> None:
    z = make_signals(["2FSK"], 500, 64, np.inf, unit="signal", waveform=Waveform(samples_per_symbol=16)).z
    steps = np.diff(np.angle(z[:, 1:] * z[:, :-1].conj()), axis=1)
    ends = np.nonzero(np.abs(steps) > 0.05)[1] % 16
    assert np.bincount(ends, minlength=16).min() > 0.3 * len(ends) / 16


@pytest.mark.parametrize("kind", CONSTELLATIONS)
def test_constellations_have_zero_mean_and_unit_power(kind: str) -> None:
    points = CONSTELLATIONS[kind]
    assert abs(points.mean()) < 1e-15
    np.testing.assert_allclose(np.mean(np.abs(points) ** 2), 1, rtol=1e-12)
    assert len(np.unique(points.round(9))) == {"BPSK": 2, "QPSK": 4, "8PSK": 8, "16QAM": 16}[kind]
    with pytest.raises(ValueError, match="read-only"):
        points[0] = 0
