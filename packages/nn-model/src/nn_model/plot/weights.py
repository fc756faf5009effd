"""Weights of a network's first layer, as pictures."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.errors import DataError
from nn_model.metrics import checks
from nn_model.plot.canvas import axes_list, figure_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nn_model.network import NN

__all__ = ["first_layer"]

Array = NDArray[np.float64]

_MOST = 64


def first_layer(
    nn_or_weights: "NN | ArrayLike", shape: tuple[int, int] | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Draw what each unit of the first layer looks for: its weights in the places of the pixels that they multiply.

    Red is a positive weight, blue a negative one, white none; one scale for all, with 0 in its middle. Of many units
    the first 64 are drawn.

    Parameters
    ----------
    nn_or_weights
        A network: its first array of weights is taken. Or such an array: `(inputs, units)` of a `Dense` layer, or
        `(filters, channels, height, width)` of a `Conv2D`, each channel a picture.
    shape
        Height and width of a picture, where a `Dense` layer's inputs make no square. Channels stand one below the
        other: `(3 * 32, 32)`.
    ax
        Axes to draw into; left out, a new figure.

    Returns
    -------
    Figure
        The new one, or that of `ax`.

    Raises
    ------
    DataError
        There are no weights, they are no pictures, or `shape` does not fit them.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_model.plot import first_layer
    >>> figure = first_layer(np.random.default_rng(0).normal(size=(784, 20)))
    >>> figure.axes[0].get_title()
    '20 units of the first layer, 28 x 28 weights each'
    """
    pictures, what = _pictures(_weights(nn_or_weights), shape)
    total, height, width = pictures.shape
    shown = pictures[:_MOST]
    columns = _columns(*shown.shape)
    rows = -(-len(shown) // columns)
    if ax is None:
        figure = new_figure(*_size(rows * (height + 1), columns * (width + 1)), "compressed")
        panel = figure.subplots()
    else:
        panel = axes_list(ax, 1)[0]
        figure = figure_of(panel)
    limit = _limit(shown)
    image = panel.imshow(_mosaic(shown, rows, columns), cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none")
    _finish(panel, shown.shape, rows, columns, what)
    few = f"First {len(shown)} of {total}" if total > len(shown) else f"{total}"
    panel.set_title(f"{few} {what}{'s' if total > 1 else ''} of the first layer, {height} x {width} weights each")
    figure.colorbar(image, ax=panel, label="Weight", extend="both", fraction=0.05, pad=0.02).outline.set_visible(False)
    return figure


def _columns(n: int, height: int, width: int) -> int:
    """Choose how many pictures stand side by side: about a square, but few places left empty."""
    square = math.sqrt(n * height / width)
    near = range(max(1, math.ceil(square / 1.6)), max(2, math.floor(square * 1.6) + 1))
    return min(near, key=lambda columns: (-n % columns, abs(math.log(columns / square)), -columns))


def _limit(pictures: Array) -> float:
    """Give the end of the scale: a few large weights are let go beyond it, or they would make all others pale."""
    sizes = np.abs(pictures)
    return float(np.quantile(sizes, 0.995)) or float(sizes.max()) or 1.0


def _weights(given: Any) -> Array:
    if not hasattr(given, "weights"):
        return checks.finite("weights", given)
    for name, array in given.weights().items():
        if array.ndim > 1:
            return checks.finite(name, array)
    raise DataError("a first layer with weights is needed; this network has no array of two dimensions; add a Dense")


def _pictures(weights: Array, shape: tuple[int, int] | None) -> tuple[Array, str]:
    """Give `(pictures, height, width)`, and what each belongs to."""
    if weights.ndim == 4:
        return weights.reshape(-1, *weights.shape[2:]), "filter" if weights.shape[1] == 1 else "filter channel"
    if weights.ndim != 2:
        raise DataError(
            f"weights must be (inputs, units), or (filters, channels, height, width); got {weights.shape}; "
            "pass a network, or one of nn.weights()"
        )
    inputs = len(weights)
    side = math.isqrt(inputs)
    height, width = (side, side) if shape is None else _checked(shape)
    if height * width != inputs:
        made = f"{inputs} inputs are no square" if shape is None else f"{height} x {width} is {height * width}"
        raise DataError(f"a picture needs a place for each of {inputs} inputs; {made}; pass shape=(height, width)")
    return weights.T.reshape(-1, height, width), "unit"


def _checked(shape: Any) -> tuple[int, int]:
    if isinstance(shape, Sequence) and len(shape) == 2 and all(isinstance(n, int) and n > 0 for n in shape):
        return shape[0], shape[1]
    raise DataError(f"shape must be (height, width), two whole numbers above 0; got {shape!r}")


def _mosaic(pictures: Array, rows: int, columns: int) -> Array:
    """Lay pictures out in rows, with a gap of NaN between them, which is drawn as nothing."""
    n, height, width = pictures.shape
    whole = np.full((rows * columns, height + 1, width + 1), np.nan)
    whole[:n, :-1, :-1] = pictures
    tiled = whole.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return tiled.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def _size(height: int, width: int) -> tuple[float, float]:
    scale = 6.4 / max(height, width)
    return max(scale * width, 3.0) + 1.4, max(scale * height, 1.2) + 0.8


def _finish(ax: "Axes", shape: tuple[int, ...], rows: int, columns: int, what: str) -> None:
    n, height, width = shape
    ax.set_xticks(np.arange(columns) * (width + 1) + (width - 1) / 2, [f"+{i}" for i in range(columns)])
    ax.set_yticks(np.arange(rows) * (height + 1) + (height - 1) / 2, [f"{i}" for i in range(0, n, columns)])
    ax.set(xlabel=f"{what.capitalize()}, counted from the first of its row", ylabel=f"First {what} of the row")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
