"""Where the power is: occupied bands, tones, and what an offset of the carrier moves."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from nn_model.data.signals import CONSTELLATIONS, IDEAL, Channel, Waveform, make_signals

Array = np.ndarray[Any, np.dtype[Any]]


def spectrum(kind: str, channel: Channel = IDEAL, length: int = 1024, **shape: Any) -> tuple[Array, Array]:
    """Give frequencies and the mean power at each of noiseless rows, under a Hann window."""
    data = make_signals([kind], 150, length, np.inf, unit="signal", channel=channel, waveform=Waveform(**shape), seed=2)
    power = np.mean(np.abs(np.fft.fft(data.z * np.hanning(length))) ** 2, axis=0)
    return np.fft.fftfreq(length), power / power.sum()


@pytest.mark.parametrize("kind", CONSTELLATIONS)
@pytest.mark.parametrize(("step", "roll_off"), [(4, 0.35), (8, 0.2), (8, 1.0)])
def test_psk_and_qam_fill_the_raised_cosine_band(kind: str, step: int, roll_off: float) -> None:
    f, power = spectrum(kind, samples_per_symbol=step, roll_off=roll_off, span=32)
    edge = (1 + roll_off) / (2 * step)
    # A cut pulse leaks a little over the edge.
    assert power[np.abs(f) > edge + 0.004].sum() < 1e-4
    flat = np.abs(f) < (1 - roll_off) / (2 * step) - 0.004
    if flat.any():
        np.testing.assert_allclose(power[flat].mean(), step / len(f), rtol=0.03)
    # Half the power's density at half the symbol rate, whatever the roll-off.
    half = np.abs(np.abs(f) - 0.5 / step) < 0.003
    np.testing.assert_allclose(power[half].mean(), 0.5 * step / len(f), rtol=0.1)


@pytest.mark.parametrize(("index", "step"), [(1.0, 8), (2.0, 8), (1.0, 16)])
def test_2fsk_has_its_two_tones(index: float, step: int) -> None:
    f, power = spectrum("2FSK", samples_per_symbol=step, modulation_index=index)
    for sign in (-1, 1):
        side = sign * f > 0
        assert abs(f[side][power[side].argmax()] - sign * index / (2 * step)) <= 2 / len(f)


def test_2fsk_has_one_phase_step_per_symbol_and_no_jump() -> None:
    z = make_signals(["2FSK"], 50, 128, np.inf, unit="signal", channel=IDEAL).z
    np.testing.assert_allclose(np.abs(z), 1, rtol=1e-6)
    steps = np.angle(z[:, 1:] * z[:, :-1].conj())
    np.testing.assert_allclose(np.abs(steps), np.pi / 8, rtol=1e-4)
    # The slope changes at the ends of symbols only.
    changes = np.nonzero(np.abs(np.diff(steps, axis=1)) > 0.1)[1]
    assert set((changes + 1) % 8) == {0}
    assert abs(np.mean(steps > 0) - 0.5) < 0.1


def test_am_is_a_real_envelope_around_its_carrier() -> None:
    z = make_signals(["AM"], 2000, 128, np.inf, unit="signal", channel=IDEAL, waveform=Waveform(depth=0.6)).z
    assert not z.imag.any()
    envelope = z.real * np.sqrt(1 + 0.6**2 / 6)
    assert 0.4 - 1e-6 <= envelope.min() < 0.45
    assert 1.55 < envelope.max() <= 1.6 + 1e-6
    np.testing.assert_allclose(envelope.var(), 0.6**2 / 6, rtol=0.05)
    f, power = spectrum("AM", message_bandwidth=0.1)
    assert power[np.abs(f) > 0.1 + 0.003].sum() < 1e-6
    assert power[np.abs(f) < 0.003].sum() > 0.85


def test_fm_swings_by_its_deviation() -> None:
    z = make_signals(["FM"], 2000, 256, np.inf, unit="signal", channel=IDEAL, waveform=Waveform(deviation=0.1)).z
    np.testing.assert_allclose(np.abs(z), 1, rtol=1e-6)
    swing = np.angle(z[:, 1:] * z[:, :-1].conj()) / (2 * np.pi)
    assert 0.09 < np.abs(swing).max() <= 0.1
    # Mean square of three cosines of amplitude deviation / 3.
    np.testing.assert_allclose(np.mean(swing**2), 0.1**2 / 6, rtol=0.05)
    f, power = spectrum("FM", deviation=0.1, message_bandwidth=0.05)
    assert power[np.abs(f) < 0.15].sum() > 0.98


@pytest.mark.parametrize("offset", [-0.3, -0.05, 0.2, 0.5])
def test_a_carrier_offset_moves_the_spectrum(offset: float) -> None:
    f, power = spectrum("AM", Channel((offset, offset), (0.0, 0.0), (0.0, 0.0)))
    peak = f[power.argmax()]
    assert abs((peak - offset + 0.5) % 1 - 0.5) <= 1 / len(f)


def test_offsets_are_uniform_in_their_ranges() -> None:
    channel = Channel(frequency_offset=(-0.1, 0.2), phase_offset=(-1.0, 2.0), timing_offset=(0.0, 1.0))
    waveform = Waveform(depth=1e-6)
    z = make_signals(["AM"], 3000, 8, np.inf, unit="signal", channel=channel, waveform=waveform).z.astype(np.complex128)
    phases = np.angle(z[:, 0])
    turns = np.angle(z[:, 1] * z[:, 0].conj()) / (2 * np.pi)
    assert stats.kstest(phases, "uniform", args=(-1.0, 3.0)).pvalue > 1e-4
    assert stats.kstest(turns, "uniform", args=(-0.1, 0.3)).pvalue > 1e-4
    assert abs(np.corrcoef(phases, turns)[0, 1]) < 0.1


def test_the_default_phase_is_uniform_over_the_circle() -> None:
    z = make_signals(["FM"], 3000, 8, np.inf, unit="signal").z
    assert stats.kstest(np.angle(z[:, 0]), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-4


@pytest.mark.parametrize("length", [8, 9, 31, 32, 33, 127, 1000])
def test_a_carrier_is_exact_over_the_whole_row(length: int) -> None:
    channel = Channel((0.123, 0.123), (0.5, 0.5))
    z = make_signals(["AM"], 2, length, np.inf, channel=channel, waveform=Waveform(depth=1e-9)).z
    expected = np.exp(1j * (2 * np.pi * 0.123 * np.arange(length) + 0.5))
    np.testing.assert_allclose(z, [expected, expected], atol=1e-6)
