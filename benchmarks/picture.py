"""The chart: how much faster than PyTorch without a compiler."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.contenders import NUMBA_PART
from benchmarks.results import Report, Result

__all__ = ["draw"]

# Okabe and Ito's colours (2008), and hatches for those who see none.
SERIES = {
    "nn numpy": ("#0072B2", ""),
    "nn numba": ("#56B4E9", ""),
    NUMBA_PART: ("#56B4E9", "..."),
    "PyTorch compiled": ("#999999", ""),
    "JAX": ("#E69F00", ""),
    "JAX loop": ("#D55E00", "///"),
}
EAGER = ("PyTorch", "PyTorch fused", "PyTorch, channels last")
"""What the line is: the fastest of these."""

ROWS = {
    "mlp-sgd": "784-512-10, SGD",
    "mlp-adam": "784-512-10, Adam",
    "nn-rs": "nn-rs, 60,000 rows",
    "cnn": "convolution",
    "attention": "attention",
    "block": "32 to 64 channels",
    "tiny": "8-10-1, all rows",
    "tiny-32": "8-10-1, batch 32",
    "xor": "XOR, row by row",
    "optimizer-adam": "Adam, 10 million",
    "latency-mlp-1": "one answer, dense",
    "latency-cnn-1": "one answer, images",
    "import": "import",
}
LEGEND: Any = {
    "loc": "outside upper center",
    "ncols": 5,
    "fontsize": 13,
    "frameon": False,
    "handlelength": 1.4,
    "columnspacing": 1.2,
}


def draw(report: Report, path: Path, threads: int = 1) -> None:
    """Draw bars from 1, which is PyTorch's fastest eager way, on a logarithmic axis."""
    found = {title: r for name, title in ROWS.items() if (r := report.find(name, threads)) and eager(r)}
    figure = Figure(figsize=(9, 1.6 + 0.62 * len(found)), dpi=100, layout="constrained")
    ax = figure.subplots()
    for place, result in enumerate(found.values()):
        _bars(ax, place, result)
    ax.axvline(1, color="black", linewidth=1.5)
    ax.set_xscale("log")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}x")
    ax.set_yticks(range(len(found)), list(found), fontsize=14)
    ax.margins(x=0.12, y=0.01)
    ax.invert_yaxis()
    ax.tick_params(axis="x", labelsize=14)
    ax.set_xlabel("times as fast as eager PyTorch at its best (the line), one thread", fontsize=14)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(visible=True, axis="x", color="#666666", alpha=0.25)
    ax.set_axisbelow(True)
    bars, names = ax.get_legend_handles_labels()
    first = {name: bar for bar, name in zip(bars, names, strict=True)}
    shown = [name for name in SERIES if name in first]
    figure.legend([first[n] for n in shown], shown, **LEGEND)
    figure.savefig(path)


def eager(result: Result) -> str:
    """Give PyTorch's fastest eager way; nothing if it has none here."""
    names = [name for name in EAGER if name in result.times and result.times[name].seconds]
    return min(names, key=lambda name: result.times[name].median, default="")


def _bars(ax: Axes, place: int, result: Result) -> None:
    names = [name for name in SERIES if name in result.times and result.times[name].seconds]
    height = 0.84 / max(len(names), 1)
    for i, name in enumerate(names):
        colour, hatch = SERIES[name]
        speed = result.ratio(eager(result), name)
        y = place + (i - (len(names) - 1) / 2) * height
        ax.barh(y, speed - 1, height * 0.92, left=1, color=colour, hatch=hatch, label=name)
        ax.annotate(
            f"{speed:.2g}" if speed < 10 else f"{speed:,.0f}",
            (speed, y),
            (3 if speed >= 1 else -3, 0),
            textcoords="offset points",
            ha="left" if speed >= 1 else "right",
            va="center",
            fontsize=12,
        )
