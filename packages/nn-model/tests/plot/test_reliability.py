"""Reliability: bins, means, intervals and the calibration error against plain loops."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from nn_model.errors import DataError
from nn_model.plot import reliability


def draw(p: Any, labels: Any, **options: Any) -> Any:
    return reliability(p, labels, **options)


def sample(n: int, k: int, sharpness: float = 1.0, seed: int = 0) -> tuple[Any, Any]:
    """Draw rows of probabilities, and labels that have them if the sharpness is 1."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.5), n)
    labels = np.array([rng.choice(k, p=row) for row in p])
    sharp = p**sharpness
    return sharp / sharp.sum(axis=1, keepdims=True), labels


def by_hand(p: Any, labels: Any, bins: int) -> tuple[list[int], list[float], list[float], float]:
    """Count bin by bin, in plain Python."""
    counts, sure, good = [0] * bins, [0.0] * bins, [0.0] * bins
    for row, label in zip(p.tolist(), labels.tolist(), strict=True):
        confidence = max(row)
        place = next(b for b in range(bins) if confidence <= np.linspace(0, 1, bins + 1)[b + 1] or b == bins - 1)
        counts[place] += 1
        sure[place] += confidence
        good[place] += row.index(confidence) == label
    full = [b for b in range(bins) if counts[b]]
    error = sum(abs(good[b] - sure[b]) for b in full) / len(p)
    return counts, [sure[b] / counts[b] for b in full], [good[b] / counts[b] for b in full], error


@pytest.mark.parametrize("bins", [1, 7, 10, 100])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_the_picture_shows_the_bins(bins: int, k: int) -> None:
    p, labels = sample(500, k, 1.7)
    counts, sure, good, error = by_hand(p, labels, bins)
    top, below = draw(p, labels, bins=bins).axes
    line = next(line for line in top.lines if line.get_marker() == "o")
    np.testing.assert_allclose(line.get_xdata(), 100 * np.array(sure))
    np.testing.assert_allclose(line.get_ydata(), 100 * np.array(good))
    assert [bar.get_height() for bar in below.patches] == counts
    np.testing.assert_allclose([bar.get_x() for bar in below.patches], np.arange(bins) * 100 / bins)
    np.testing.assert_allclose([bar.get_width() for bar in below.patches], 100 / bins)
    assert top.get_title() == f"Expected calibration error {100 * error:.1f} %"


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_error_is_that_of_a_plain_loop(bins: int, seed: int) -> None:
    p, labels = sample(30, 3, 2.0, seed)
    title = draw(p, labels, bins=bins).axes[0].get_title()
    assert title == f"Expected calibration error {100 * by_hand(p, labels, bins)[3]:.1f} %"


def test_counts_are_written_over_their_bars() -> None:
    below = draw([[0.95, 0.05]] * 1234 + [[0.6, 0.4]], [0] * 1235).axes[1]
    assert [text.get_text() for text in below.texts] == ["", "", "", "", "", "1", "", "", "", "1,234"]


def test_a_confidence_on_an_edge_is_in_the_lower_bin() -> None:
    below = draw([[0.5, 0.5], [1.0, 0.0]], [0, 0], bins=2).axes[1]
    assert [bar.get_height() for bar in below.patches] == [1, 1]


def test_intervals_are_wilsons() -> None:
    top = draw([[0.9, 0.1]] * 10, [0] * 8 + [1] * 2, bins=1).axes[0]
    low, high = (float(line.get_ydata()[0]) for line in top.lines if line.get_marker() == "_")
    # Of 8 in 10 right, Wilson's 95 % interval is 49.0 % to 94.3 %.
    n, share, z = 10, 0.8, 1.959964
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    assert low == pytest.approx(100 * (middle - half) / (1 + z * z / n))
    assert high == pytest.approx(100 * (middle + half) / (1 + z * z / n))
    assert (round(low, 1), round(high, 1)) == (49.0, 94.3)


def test_right_probabilities_have_a_small_error_and_sharpened_ones_a_large_one() -> None:
    def error(sharpness: float) -> float:
        return float(draw(*sample(5000, 4, sharpness)).axes[0].get_title().split()[-2])

    assert error(1.0) < 3
    assert error(3.0) > 8


def test_axes_are_labelled(assert_inside: Any) -> None:
    figure = draw(*sample(300, 3))
    top, below = figure.axes
    assert top.get_ylabel() == "Accuracy (%)"
    assert (below.get_xlabel(), below.get_ylabel()) == ("Confidence (%)", "Rows")
    assert [text.get_text() for text in top.get_legend().get_texts()] == [
        "perfect calibration",
        "accuracy, 95 % interval",
    ]
    assert_inside(figure)


@pytest.mark.parametrize("n", [1, 2, 100_000])
def test_few_and_many_rows_fit_the_picture(assert_inside: Any, n: int) -> None:
    assert_inside(draw(np.tile([[0.7, 0.3]], (n, 1)), np.zeros(n, int)))


def test_drawing_into_given_axes() -> None:
    figure: Any = Figure()
    top, below, other = figure.subplots(3)
    p, labels = sample(50, 2)
    assert draw(p, labels, ax=top) is figure
    assert top.get_xlabel() == "Confidence (%)"
    assert below.patches[:] == []
    draw(p, labels, ax=(other, below))
    assert sum(bar.get_height() for bar in below.patches) == 50


def test_float32_probabilities_of_many_classes_are_taken() -> None:
    scores = np.random.default_rng(0).normal(size=(100, 1000)).astype(np.float32)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert draw(p.astype(np.float32), np.arange(100)).axes[1].patches[0].get_height() == 100


BAD: list[tuple[Any, Any, Any, str]] = [
    ([0.5, 0.5], [0, 1], 10, r"probabilities must have the shape \(N, K\), .* K at least 2; got \(2,\)"),
    ([[1.0], [1.0]], [0, 0], 10, r"K at least 2; got \(2, 1\); pass nn\.predict_proba\(x\)"),
    ([[0.5, 0.5], [2.0, -1.0]], [0, 1], 10, r"a row's sum 1; row 1 is from -1 to 2 with the sum 1; pass .*not scores"),
    ([[0.5, 0.2]], [0], 10, "row 0 is from 0.2 to 0.5 with the sum 0.7"),
    ([[float("nan"), 1.0]], [0], 10, r"probabilities must be finite; 1 of 2 values are not, the first at \(0, 0\)"),
    ([], [], 10, "probabilities must hold at least one value"),
    ([["a", "b"]], [0], 10, "probabilities must be real numbers"),
    ([[0.5, 0.5]], [0, 1], 10, "every row needs a label; got 1 rows of probabilities and 2 labels"),
    ([[0.5, 0.5]], [2], 10, r"labels must be class indices from 0 to 1; labels\[0\] is 2"),
    ([[0.5, 0.5]], [0.0], 10, "labels must be integer class indices; got float64"),
    ([[0.5, 0.5]], [[0, 1]], 10, r"labels must have the shape \(N,\)"),
    ([[0.5, 0.5]], [0], 0, "bins must be a whole number from 1 to 100; got 0"),
    ([[0.5, 0.5]], [0], 101, "bins must be a whole number from 1 to 100; got 101"),
    ([[0.5, 0.5]], [0], 2.5, "bins must be a whole number from 1 to 100; got 2.5"),
    ([[0.5, 0.5]], [0], True, "bins must be a whole number from 1 to 100; got True"),
]


@pytest.mark.parametrize(("p", "labels", "bins", "message"), BAD, ids=range(len(BAD)))
def test_bad_input(p: Any, labels: Any, bins: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        draw(p, labels, bins=bins)
