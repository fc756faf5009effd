"""What every picture shares: a figure without pyplot, colours that all eyes tell apart, plain text, and files."""

import io
import operator
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn_model.data.source import PathLike
from nn_model.disk.atomic import check_target, write_whole
from nn_model.errors import DataError
from nn_model.extras import need

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
"""Okabe and Ito's colours (2008), without the two that are lost on a white or a black ground."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""One more than colours, so that the pair is another one for 42 lines."""

GREY = "#666666"


def new_figure(width: float, height: float, layout: str = "constrained") -> "Figure":
    """Make an empty figure of this size in inches, of which pyplot knows nothing and which a notebook shows."""
    figure = need("matplotlib.figure", "plot").Figure(figsize=(width, height), dpi=100, layout=layout)
    need("matplotlib.backends.backend_agg", "plot").FigureCanvasAgg(figure)
    # IPython asks for this name; figures that pyplot does not know have none.
    figure._repr_png_ = partial(png, figure)
    made: Figure = figure
    return made


def axes_list(ax: Any, most: int) -> "list[Axes]":
    """Return the axes given as one or several, at most so many."""
    axes = list(ax.flat if hasattr(ax, "flat") else ax if isinstance(ax, Sequence) else [ax])
    if not 1 <= len(axes) <= most:
        raise DataError(f"ax must be one Axes, or up to {most} of them; got {len(axes)}; leave it out for a new figure")
    kind = need("matplotlib.axes", "plot").Axes
    for one in axes:
        if not isinstance(one, kind):
            raise DataError(f"ax must be matplotlib Axes; got {type(one).__name__}; leave it out for a new figure")
    return axes


def figure_of(ax: "Axes") -> "Figure":
    """Return the figure that holds these axes, in a part of it or directly."""
    figure: Figure = ax.figure.figure
    return figure


def whole(name: str, value: Any, most: int) -> int:
    """Return a whole number from 1 to `most`, Python's or NumPy's."""
    if not isinstance(value, bool) and hasattr(value, "__index__") and 1 <= operator.index(value) <= most:
        return operator.index(value)
    raise DataError(f"{name} must be a whole number from 1 to {most:,}; got {value!r}")


def quiet(ax: "Axes") -> None:
    """Take away two of the four borders, and lay a faint grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color=GREY, alpha=0.2, linewidth=0.7)
    ax.set_axisbelow(True)


def count_along(ax: "Axes", first: float, last: float) -> None:
    """Put whole numbers on the horizontal axis, from the first to the last of the data."""
    locator = need("matplotlib.ticker", "plot").MaxNLocator
    ax.xaxis.set_major_locator(locator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    if first == last:
        ax.set_xlim(first - 0.5, last + 0.5)


def legend(place: "Axes | Figure", lines: "Sequence[Artist]", words: Sequence[str], title: str = "", **at: Any) -> None:
    """Name lines with these words as they are: a `$` in a name begins no formula, a leading `_` hides nothing."""
    made = place.legend(lines, ["."] * len(words), title="." if title else None, frameon=False, handlelength=2.8, **at)
    for text, word in zip([*made.get_texts(), made.get_title()], [*words, title], strict=True):
        text.set_parse_math(False)
        text.set_text(drawable(word))


def drawable(word: str) -> str:
    """Write out what no font has a sign for: a file's name may hold line ends, and bytes that are no text."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in word)


def png(figure: "Figure", dpi: int = 100) -> bytes:
    """Draw a figure as PNG."""
    return _drawn(figure, "png", dpi)


def _drawn(figure: "Figure", kind: str, dpi: int) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format=kind, dpi=dpi)
    return target.getvalue()


def save(figure: "Figure", path: PathLike, dpi: int = 150) -> Path:
    """Write a figure to a file; the suffix says the format.

    Parameters
    ----------
    figure
        What a function of this room returned, or any figure of matplotlib.
    path
        Ends in `.png`, `.svg`, `.pdf` or another suffix that matplotlib knows. Its folder exists.
    dpi
        Pixels per inch, of formats that have pixels.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        The suffix is no format, or the file cannot be written: what was there stays as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from nn_model.plot import learning_rate, save
    >>> with TemporaryDirectory() as folder:
    ...     save(learning_rate(0.1, steps=10), Path(folder, "rate.png")).name
    'rate.png'
    """
    target = Path(path)
    kinds = figure.canvas.get_supported_filetypes()
    kind = target.suffix.lower().removeprefix(".")
    if kind not in kinds:
        raise DataError(f"{target}: the suffix must name a format; got {target.suffix!r}; use .png, .svg or .pdf")
    drawn = _drawn(figure, kind, dpi)
    check_target(target, DataError)
    write_whole(target, lambda file: file.write(drawn), DataError)
    return target
