"""A confusion matrix as a picture: counts, and shares of the true class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nn_model.errors import DataError
from nn_model.extras import need
from nn_model.metrics.classification import Report
from nn_model.metrics.tables import row_names
from nn_model.plot.canvas import GREY, axes_list, figure_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["confusion"]

_TICKS = (0, 1, 5, 20, 50, 100)
_MOST_NAMES = 60
# Sizes of text in points: what two lines and one line in a cell may not fall below, and what none exceeds.
_TWO, _ONE, _LARGEST = 6.0, 4.5, 11.0
# A digit is about this wide, as a part of the size of text.
_DIGIT = 0.7


def confusion(report: Report, ax: "Axes | None" = None) -> "Figure":
    r"""Draw how often each class was taken for which: the count in each cell, and its share of the true class.

    A row is a true class, a column a predicted one. The colour is the share, on a scale of its square root, so that
    rare confusions show beside a full diagonal. Cells too small for both keep the count, or the colour alone.

    Parameters
    ----------
    report
        Of a classifier, as `nn.evaluate(x, y)` gives it.
    ax
        Axes to draw into; left out, a new figure that grows with the number of classes.

    Returns
    -------
    Figure
        The new one, or that of `ax`.

    Raises
    ------
    DataError
        The report is none of single classes.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from nn_model import Report
    >>> from nn_model.plot import confusion
    >>> figure = confusion(Report.from_labels([0, 0, 1, 1], [0, 1, 1, 1], ("cat", "dog")))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1\n50.0 %', '1\n50.0 %', '0', '2\n100 %']
    """
    matrix = _matrix(report)
    k, names = len(matrix), row_names(report.classes)
    if ax is None:
        cell = 0.72 if k <= 12 else 0.5 if k <= 20 else 10.4 / k
        cell = max(cell, 2.4 / k)
        room = 0.08 * max(map(len, names))
        figure = new_figure(k * cell + room + 1.7, k * cell + 0.9 + (room if _turned(names, cell) else 0), "compressed")
        panel = figure.subplots()
    else:
        panel = axes_list(ax, 1)[0]
        figure = figure_of(panel)
        cell = panel.get_window_extent().height / figure.dpi / k
    shares = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    image = panel.imshow(shares, cmap="Blues", norm=need("matplotlib.colors", "plot").PowerNorm(0.5, 0, 100))
    _write(panel, matrix, shares, 72 * cell)
    _name(panel, names, turned=_turned(names, cell))
    panel.set_title(f"{matrix.trace():,} of {matrix.sum():,} right ({report.accuracy:.2%})".replace("%", " %"))
    bar = figure.colorbar(
        image, ax=panel, label="Share of the true class (%)", ticks=_TICKS, fraction=0.05, pad=0.02, aspect=30
    )
    bar.outline.set_visible(False)
    return figure


def _matrix(report: Report) -> NDArray[np.int64]:
    if not isinstance(report, Report):
        raise DataError(f"confusion draws a Report of classes; got {type(report).__name__}; pass nn.evaluate(x, y)")
    if report.confusion_matrix.ndim != 2:
        raise DataError(
            "confusion draws one matrix of all classes; a multi-label report has a matrix for each label; "
            "make a report of one label: Report.from_labels(y[:, i], predicted[:, i], classes)"
        )
    return report.confusion_matrix


def _write(ax: "Axes", matrix: NDArray[np.int64], shares: NDArray[np.float64], cell: float) -> None:
    """Write counts and shares, or counts, or nothing, as cells of so many points allow."""
    digits = len(f"{matrix.max()}")
    two = min(_LARGEST, cell / (_DIGIT * max(digits, 6)), cell / 2.8)
    one = min(_LARGEST, cell / (_DIGIT * digits), cell / 1.5)
    if max(two - _TWO, one - _ONE) < 0:
        return
    for (i, j), count in np.ndenumerate(matrix):
        words = f"{count}\n{_percent(shares[i, j])}" if two >= _TWO and count else f"{count}"
        if count or two >= _TWO:
            # The scale is the square root, so that a quarter is its middle; a cell above is dark.
            colour = "white" if shares[i, j] > 30 else "black" if count else GREY
            ax.text(j, i, words, ha="center", va="center", color=colour, fontsize=two if two >= _TWO else one)


def _percent(share: Any) -> str:
    """Write a share to a tenth of a percent; what is not all or nothing is not shown as such."""
    if share < 0.1:
        return "<0.1 %"
    return "100 %" if share == 100 else f"{min(share, 99.9):.1f} %"


def _turned(names: Sequence[str], cell: float) -> bool:
    """Tell whether the names are too long to stand side by side below cells of so many inches."""
    return max(map(len, names)) * 0.085 > 0.95 * cell * -(-len(names) // _MOST_NAMES)


def _name(ax: "Axes", names: Sequence[str], *, turned: bool) -> None:
    k = len(names)
    every = -(-k // _MOST_NAMES)
    at: list[int] = list(range(0, k, every))
    shown = [names[i] for i in at]
    size = 10 if k <= 20 else 8 if k <= 45 else 7
    for axis, label in ((ax.xaxis, "Predicted class"), (ax.yaxis, "True class")):
        # Names are no formulas, whatever `$` they hold.
        axis.set_ticks(at, labels=shown, parse_math=False)
        axis.set_label_text(label)
        axis.set_tick_params(length=0, labelsize=size)
    for text in ax.get_xticklabels() if turned else ():
        text.set(rotation=45, ha="right", rotation_mode="anchor")
    ax.spines[:].set_visible(False)
