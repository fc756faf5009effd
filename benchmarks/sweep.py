"""One thing that grows, what it costs, the exponent, and the picture: a panel for each, and one for memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from statistics import linear_regression

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.row import Array
from benchmarks.table import duration
from nn_layers.summary import bytes_text
from nn_model import NN

__all__ = ["Sweep", "draw", "exponent"]

Make = Callable[[int], tuple[NN, Array, Array]]


@dataclass(slots=True)
class Sweep:
    """One line of the picture: what grows, in which network, and what it costs.

    Attributes
    ----------
    name, axis
        The network, and what its sizes are.
    sizes
        The sizes, ascending.
    least
        The exponent is fitted from this size on.
    make
        Makes network and batch of one size.
    seconds, memory
        Of a step, and of all that training holds, by size.
    """

    name: str
    axis: str
    sizes: Sequence[int]
    least: int
    make: Make
    seconds: dict[int, float] = field(default_factory=dict)
    memory: dict[int, float] = field(default_factory=dict)


COLOURS, MARKERS = ("#0072B2", "#D55E00", "#009E73"), ("o", "s", "^")  # Okabe and Ito (2008)


def exponent(costs: dict[int, float], least: int) -> float:
    """Fit cost = c size^e from a size on, by least squares of logarithms; give e."""
    points = [(log(size), log(cost)) for size, cost in costs.items() if size >= least]
    return linear_regression(*zip(*points, strict=True)).slope


def draw(sweeps: Sequence[Sweep], path: Path) -> None:
    """Draw costs on logarithmic axes, where a power is a straight line."""
    figure = Figure(figsize=(11, 8), dpi=100, layout="constrained")
    *panels, last = figure.subplots(2, 2).flat
    rows = [sweep for sweep in sweeps if sweep.axis == "rows of a batch"]
    others = [[sweep] for sweep in sweeps if sweep not in rows]
    for ax, group in zip(panels, [rows, *others], strict=False):
        panel(ax, "time of a step", group, [sweep.seconds for sweep in group])
        ax.yaxis.set_major_formatter(lambda y, _: duration(y).replace(".00", "").replace(".0", ""))
    panel(last, "memory of a step", rows, [sweep.memory for sweep in rows])
    last.set_yscale("log", base=2)
    last.yaxis.set_minor_formatter(NullFormatter())
    last.yaxis.set_major_formatter(lambda y, _: bytes_text(y).replace(".0", ""))
    figure.savefig(path)


def panel(ax: Axes, title: str, sweeps: Sequence[Sweep], costs: Sequence[dict[int, float]]) -> None:
    """Draw one panel, its exponents in the legend."""
    for sweep, cost, colour, marker in zip(sweeps, costs, COLOURS, MARKERS, strict=False):
        words = f"{sweep.name}: exponent {exponent(cost, sweep.least):.2f}"
        ax.plot(list(cost), list(cost.values()), color=colour, marker=marker, linewidth=2, label=words)
    ax.axvspan(sweeps[0].least, max(costs[0]), color="#666666", alpha=0.1, linewidth=0)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    ax.set_title(f"{title} against {sweeps[0].axis}", fontsize=14)
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color="#666666", alpha=0.2)
    ax.legend(fontsize=12, frameon=False)
