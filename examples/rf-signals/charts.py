"""What the scripts of this folder share: how lines look, panels of them, tables, and where both go."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from numpy.typing import ArrayLike
from PIL import Image

from nn_model.plot.canvas import BLUE, GREEN, GREY, VERMILLION, legend, new_figure, png, quiet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 120
"""The pictures are small in inches, so that their letters can be read at half their size."""


class Look(NamedTuple):
    """How a line looks; marker and stroke tell it from the others where colours do not."""

    colour: str
    marker: str = ""
    stroke: str = "-"


CNN = Look(BLUE, "o")
CLASSIC = Look(VERMILLION, "s", "--")
THEORY = Look(VERMILLION)
MEASURED = Look(VERMILLION, "s", "")
BAND = Look(GREEN, "^", ":")
CHANCE = Look(GREY, "", ":")

Lines = Mapping[str, tuple[Look, ArrayLike]]


def chart(x: ArrayLike, panels: Mapping[str, Lines], xlabel: str, ylabel: str, scale: str = "linear") -> "Figure":
    """Draw shares in percent over the same x, a panel for each title, and one legend for all."""
    figure = new_figure(2.6 + 2.8 * len(panels), 3.6)
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        quiet(ax)
        drawn = [
            ax.plot(x, y, color=look.colour, marker=look.marker, linestyle=look.stroke or "none", lw=2, ms=5)[0]
            for look, y in lines.values()
        ]
        ax.set(xlabel=xlabel, ylim=(-2, 102), title=title, xscale=scale)
        ax.xaxis.set_major_formatter("{x:g}")  # 0.1, 1, 10 on a logarithmic scale too
        ax.minorticks_off()
    axes[0].set_ylabel(ylabel)
    legend(figure, drawn, list(lines), loc="outside upper center", ncols=min(len(lines), 2 * len(panels)))
    return figure


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["--:"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def write_picture(path: Path, figure: "Figure") -> None:
    """Write a PNG with a palette: a third of the size, and no eye tells the difference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png(figure, DPI))) as image:
        image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path)


def publish(folder: Path, pictures: "Mapping[str, Figure]", tables: Mapping[str, str]) -> None:
    """Write pictures and tables into a folder and say where they are."""
    for name, figure in pictures.items():
        write_picture(folder / f"{name}.png", figure)
    for name, text in tables.items():
        path = folder / f"{name}.md"
        path.write_text(text, encoding="utf-8")
        print(path)
