"""Cumulants against the textbook's values, and against a sum over all partitions."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from nn_model.data.signals import CONSTELLATIONS, IDEAL, Cumulants, cumulants, make_signals, matched_filter

Array = np.ndarray[Any, np.dtype[Any]]

# C20, C40, C41, C42, C60, C61, C62, C63 of unit power: Swami and Sadler (2000), table I; the order six by hand.
THEORY = {
    "BPSK": (1, -2, -2, -2, 16, 16, 16, 16),
    "QPSK": (0, -1, 0, -1, 0, 4, 0, 4),
    "8PSK": (0, 0, 0, -1, 0, 0, 0, 4),
    "16QAM": (0, -0.68, 0, -0.68, 0, 2.08, 0, 2.08),
}


def values(found: Cumulants, row: int = 0) -> list[complex]:
    return [complex(c[row]) for name, c in found._asdict().items() if name != "c21"]


@pytest.mark.parametrize("kind", THEORY)
@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_constellations_have_the_cumulants_of_the_textbook(kind: str, scale: float) -> None:
    found = cumulants(scale * np.tile(CONSTELLATIONS[kind], 3)[None])
    np.testing.assert_allclose(values(found), THEORY[kind], atol=1e-9)
    np.testing.assert_allclose(found.c21, scale**2, rtol=1e-9)


def partitions(items: list[int]) -> list[list[list[int]]]:
    """Give all ways to divide items into blocks."""
    if not items:
        return [[]]
    first, rest = items[0], items[1:]
    found = []
    for size in range(len(rest) + 1):
        for mates in itertools.combinations(rest, size):
            left = [item for item in rest if item not in mates]
            found += [[[first, *mates], *others] for others in partitions(left)]
    return found


def cumulant(variables: list[Array]) -> complex:
    """Give the joint cumulant by its definition: the sum over partitions of signed products of moments."""
    total = 0j
    for blocks in partitions(list(range(len(variables)))):
        moments = [np.mean(np.prod([variables[i] for i in block], axis=0)) for block in blocks]
        total += (-1) ** (len(blocks) - 1) * math.factorial(len(blocks) - 1) * np.prod(moments)
    return complex(total)


def test_cumulants_are_the_sum_over_partitions() -> None:
    rng = np.random.default_rng(3)
    half = rng.exponential(size=40) * np.exp(1j * rng.normal(0.4, 0.6, 40))
    z = np.concatenate([half, -half])  # zero odd moments, as the formulas suppose
    found = cumulants(z[None])
    power = np.mean(np.abs(z) ** 2)
    for name, value in found._asdict().items():
        order, conjugates = int(name[1]), int(name[2])
        expected = cumulant([z] * (order - conjugates) + [z.conj()] * conjugates)
        scale = 1 if name == "c21" else power ** (order / 2)
        np.testing.assert_allclose(value[0], expected / scale, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", THEORY)
def test_received_symbols_have_them_too_once_the_noise_is_taken_off(kind: str) -> None:
    data = make_signals([kind], 300, 1024, 10.0, unit="signal", channel=IDEAL)
    symbols = matched_filter(data.z)[:, 32:-32:8]
    # The filter lets an eighth of the noise through.
    found = cumulants(symbols.reshape(1, -1), noise_power=data.noise_power[:1] / 8)
    np.testing.assert_allclose(values(found)[:4], THEORY[kind][:4], atol=0.05)
    np.testing.assert_allclose(values(found)[7], THEORY[kind][7], rtol=0.1)
    np.testing.assert_allclose(found.c21, 1, rtol=0.02)
    biased = cumulants(symbols.reshape(1, -1))
    assert abs(biased.c42[0]) < 0.99 * abs(found.c42[0])


def test_the_correction_is_the_power_of_the_order() -> None:
    z = np.tile(CONSTELLATIONS["BPSK"], (2, 3))
    found = cumulants(z, noise_power=[0.5, 0.75])
    np.testing.assert_allclose(found.c21, [0.5, 0.25])
    np.testing.assert_allclose(values(found), [2, -8, -8, -8, 128, 128, 128, 128])
    np.testing.assert_allclose(values(found, 1), [4, -32, -32, -32, 1024, 1024, 1024, 1024])


def test_gaussian_noise_has_none() -> None:
    z = make_signals(["noise"], 1, 200_000, 0.0).z
    np.testing.assert_allclose(np.abs(values(cumulants(z))), 0, atol=0.25)


def test_features_are_what_no_phase_changes() -> None:
    z = make_signals(["BPSK", "16QAM"], 700, 64).z
    turned = cumulants(z * np.exp(0.7j)).features()
    assert turned.shape == (1400, 8)
    assert turned.dtype == np.float32
    np.testing.assert_allclose(turned, cumulants(z).features(), atol=1e-4)
    bpsk = cumulants(CONSTELLATIONS["BPSK"][None]).features()[0]
    np.testing.assert_allclose(bpsk, [1, 2, 2, -2, 16, 16, 16, 16], atol=1e-6)


def test_a_signal_below_its_noise_stays_finite() -> None:
    z = make_signals(["QPSK"], 10, 64, -20.0).z
    found = cumulants(z, noise_power=5.0)
    assert np.isfinite(found.features()).all()
    np.testing.assert_allclose(found.c21, 0.01 * np.mean(np.abs(z) ** 2, axis=1), rtol=1e-5)
