"""Rows as images: channels I and Q, and spectrograms."""

import numpy as np
import pytest

from nn_layers import Conv2D, Stack
from nn_model.data.signals import iq, make_signals, spectrogram


def test_iq_keeps_the_two_parts_and_scales_each_row_to_unit_power() -> None:
    z = make_signals(["QPSK", "noise"], 5, 64, unit="signal").z * np.arange(1, 11)[:, None]
    plain, scaled = iq(z, normalise=False), iq(z)
    assert plain.shape == scaled.shape == (10, 2, 1, 64)
    assert plain.dtype == scaled.dtype == np.float32
    np.testing.assert_array_equal(plain[:, 0, 0], z.real.astype(np.float32))
    np.testing.assert_array_equal(plain[:, 1, 0], z.imag.astype(np.float32))
    np.testing.assert_allclose(np.sum(scaled**2, axis=(1, 2, 3)) / 64, 1, rtol=1e-5)
    stack = Stack([Conv2D(2, 8, (1, 5))], input_shape=(2, 1, 64), rows=10)
    assert stack.forward(scaled).shape == (10, 8, 1, 60)


def test_iq_leaves_zeros_and_takes_the_largest_numbers() -> None:
    assert not iq(np.zeros((2, 8), np.complex64)).any()
    np.testing.assert_allclose(iq(np.full((1, 4), 1e30 + 1e30j, np.complex64)), np.sqrt(0.5), rtol=1e-6)


def test_a_spectrogram_is_its_formula() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(600, 50)) + 1j * rng.normal(size=(600, 50))
    image = spectrogram(z, window=12, hop=5)
    assert image.shape == (600, 1, 12, 8)
    assert image.dtype == np.float32
    n = np.arange(12)
    hann = np.sin(np.pi * n / 12) ** 2
    for row, f, t in [(0, 0, 0), (3, 6, 2), (599, 11, 7)]:
        tone = np.exp(-2j * np.pi * n * (f - 6) / 12)
        power = abs(np.sum(hann * z[row, 5 * t : 5 * t + 12] * tone)) ** 2 / np.sum(hann**2)
        np.testing.assert_allclose(image[row, 0, f, t], 10 * np.log10(power), atol=1e-4)


@pytest.mark.parametrize(("frequency", "line"), [(-0.5, 0), (-0.25, 8), (0.0, 16), (0.25, 24), (15 / 32, 31)])
def test_a_tone_is_on_its_line(frequency: float, line: int) -> None:
    tone = 3 * np.exp(2j * np.pi * frequency * np.arange(128))
    image = spectrogram(tone[None])
    assert image.shape == (1, 1, 32, 13)
    assert (image[0, 0].argmax(axis=0) == line).all()
    np.testing.assert_allclose(image[0, 0, line], 10 * np.log10(9 * 2 * 32 / 3), atol=1e-4)


def test_noise_has_its_power_in_every_cell() -> None:
    image = spectrogram(make_signals(["noise"], 3000, 64, 0.0).z)
    np.testing.assert_allclose(np.mean(10 ** (image / 10), axis=(0, 1)), 1, atol=0.12)


def test_silence_is_the_floor() -> None:
    np.testing.assert_array_equal(spectrogram(np.zeros((1, 32), np.complex64)), -200)
