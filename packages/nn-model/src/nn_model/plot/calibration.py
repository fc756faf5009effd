"""Whether probabilities mean what they say."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.errors import DataError
from nn_model.metrics import checks
from nn_model.plot.canvas import BLUE, GREY, SKY, axes_list, figure_of, new_figure, quiet, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["reliability"]

Array = NDArray[np.float64]

_Z = 1.959964  # of a normal distribution, 95 % lie within so many standard deviations


class Bins(NamedTuple):
    """Rows by their confidence: the bins' edges `(bins + 1,)`, and of each bin `(bins,)` counts and means."""

    edges: Array
    counts: NDArray[np.int64]
    confidence: Array
    accuracy: Array
    error: float


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 10, ax: "Axes | Sequence[Axes] | None" = None
) -> "Figure":
    """Draw accuracy against confidence: on the diagonal, a network that says 80 % is right in 80 of 100 rows.

    A row's confidence is its largest probability, and it is right if that is of its label; bins of equal width. Bars
    are 95 % intervals (Wilson), wide where rows are few. Below, the number of rows in each bin. The expected
    calibration error is `sum_b n_b / N |accuracy_b - confidence_b|`.

    Parameters
    ----------
    probabilities
        `(N, K)`, as `nn.predict_proba(x)` gives them; each in [0, 1], a row's sum 1.
    labels
        True classes `(N,)`: indices of columns, integers from 0 to K - 1.
    bins
        Number of bins over [0, 1], 1 to 100.
    ax
        Axes to draw into: one for accuracy, a second for counts. Left out, a new figure.

    Returns
    -------
    Figure
        The new one, or that of `ax`.

    Raises
    ------
    DataError
        Probabilities or labels that are none, or of different lengths.
    MissingExtraError
        matplotlib is not installed.

    Notes
    -----
    Guo et al., "On Calibration of Modern Neural Networks" (2017). For two classes this is the confidence in either,
    from 50 % on; scikit-learn's `calibration_curve` takes the probability of the second class instead.

    Examples
    --------
    >>> from nn_model.plot import reliability
    >>> figure = reliability([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], [0, 1, 0])
    >>> figure.axes[0].get_title()
    'Expected calibration error 33.3 %'
    """
    found = _bins(*_checked(probabilities, labels), bins)
    if ax is None:
        figure = new_figure(5.2, 5.6)
        axes = list(figure.subplots(2, sharex=True, height_ratios=[3, 1]))
    else:
        axes = axes_list(ax, 2)
        figure = figure_of(axes[0])
    _draw_accuracy(axes[0], found)
    for counts in axes[1:]:
        _draw_counts(counts, found)
    axes[-1].set_xlabel("Confidence (%)")
    return figure


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Array, NDArray[np.int64]]:
    p = checks.finite("probabilities", probabilities)
    if p.ndim != 2 or p.shape[1] < 2:
        raise DataError(
            f"probabilities must have the shape (N, K), a column for each class, K at least 2; got {p.shape}; "
            "pass nn.predict_proba(x)"
        )
    # float32 rows of a softmax are off by some 1e-7 for each class.
    wrong = (p < 0).any(axis=1) | (p > 1 + 1e-6).any(axis=1) | (np.abs(p.sum(axis=1) - 1) > 1e-3)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"probabilities must be from 0 to 1 and a row's sum 1; row {row} is from {p[row].min():.6g} to "
            f"{p[row].max():.6g} with the sum {p[row].sum():.6g}; pass nn.predict_proba(x), not scores"
        )
    true = checks.class_indices("labels", labels, p.shape[1])
    if len(true) != len(p):
        raise DataError(f"every row needs a label; got {len(p)} rows of probabilities and {len(true)} labels")
    return p, true


def _bins(p: Array, labels: NDArray[np.int64], bins: int) -> Bins:
    bins = whole("bins", bins, 100)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    # Bins are closed above, as in the paper.
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    some = np.maximum(counts, 1)
    sure = np.where(counts, np.bincount(place, confidence, bins) / some, np.nan)
    good = np.where(counts, np.bincount(place, right, bins) / some, np.nan)
    return Bins(edges, counts, sure, good, float(np.nansum(counts / len(p) * np.abs(good - sure))))


def _interval(bins: Bins) -> Array:
    """Give what the accuracy's 95 % interval adds below and above, `(2, bins)` (Wilson 1927)."""
    n, share = np.maximum(bins.counts, 1), bins.accuracy
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.maximum([share - (middle - half), middle + half - share], 0)


def _draw_accuracy(ax: "Axes", bins: Bins) -> None:
    full = bins.counts > 0
    x, y, reach = 100 * bins.confidence[full], 100 * bins.accuracy[full], 100 * _interval(bins)[:, full]
    ax.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1.2, label="perfect calibration")
    ax.errorbar(
        x, y, reach, color=BLUE, marker="o", linewidth=1.8, elinewidth=1.2, capsize=3, label="accuracy, 95 % interval"
    )
    quiet(ax)
    ax.set(ylabel="Accuracy (%)", ylim=(-2, 103), xlim=(0, 101))
    ax.set_title(f"Expected calibration error {bins.error:.1%}".replace("%", " %"))
    ax.text(99, 1, "below the line: too confident", ha="right", color=GREY, fontstyle="italic")
    ax.legend(frameon=False, loc="upper left")


def _draw_counts(ax: "Axes", bins: Bins) -> None:
    bars = ax.bar(100 * bins.edges[:-1], bins.counts, 100 / len(bins.counts), align="edge", color=SKY, edgecolor=BLUE)
    if len(bins.counts) <= 12:
        ax.bar_label(bars, [f"{count:,}" if count else "" for count in bins.counts], fontsize=8, padding=1)
    quiet(ax)
    ax.set(ylabel="Rows")
    ax.margins(y=0.25)
