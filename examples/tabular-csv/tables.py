"""A table of two classes: read, predicted, drawn."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn_model.data import read_csv
from nn_model.errors import DataError
from nn_model.plot.canvas import BLUE, GREY, VERMILLION, legend, new_figure, quiet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Array", "Table", "draw", "read_table", "right", "write_predictions"]

Array = NDArray[Any]


class Table(NamedTuple):
    """Features `(n, d)`, labels 0 and 1 `(n,)`, and what the two are called in the file."""

    x: Array
    y: Array
    names: tuple[str, str]


def read_table(path: Path, label: int | str, least: int) -> Table:
    """Read a table with one column of labels, any two texts or numbers, each in at least so many rows.

    In sorted order they are 0 and 1.
    """
    table = read_csv(path, label, dtype="float64")
    found, y, counts = np.unique(np.asarray(table.y), return_inverse=True, return_counts=True)
    if len(found) != 2:
        raise DataError(
            f"{path}: labels must be of two classes; found {len(found)} in {table.label!r}; "
            "name the column of labels with --label"
        )
    if counts.min() < least:
        raise DataError(f"{path}: {least} parts need {least} rows of each class; found {counts.min()}; add rows")
    low, high = (table.classes[int(one)] if table.classes else f"{one:g}" for one in found)
    return Table(table.x, y, (low, high))


def right(chances: Array, y: Array) -> Array:
    """Say of each row whether its more probable class is the true one."""
    return np.asarray((chances >= 0.5) == (y == 1))


def write_predictions(path: Path, chances: Array, y: Array) -> None:
    """Write RustNet's two columns, a line for each row of the table, in its order."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["predicted value", "actual value"])
        writer.writerows(zip(map("{:.6f}".format, chances), y.tolist(), strict=True))


def draw(chances: Array, y: Array) -> "Figure":
    """Draw RustNet's scatter plot: what each row was predicted to be, and what it is."""
    figure = new_figure(8, 4.8)  # the shape of RustNet's, smaller in inches: larger letters
    ax, index, good = figure.subplots(), np.arange(len(y)), right(chances, y)
    quiet(ax)
    ax.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    dots = [
        ax.scatter(index, y, s=160, marker="|", color=GREY, linewidths=0.7),
        ax.scatter(index[good], chances[good], s=14, color=BLUE),
        ax.scatter(index[~good], chances[~good], s=30, marker="X", color=VERMILLION, linewidths=0),
    ]
    ax.set(title="Predicted vs Actual Values", xlabel="Sample Index", ylabel="Value / Probability")
    words = ["actual", f"predicted, right ({np.sum(good)})", f"predicted, wrong ({np.sum(~good)})"]
    legend(figure, dots, words, loc="outside lower center", ncols=3)
    return figure
