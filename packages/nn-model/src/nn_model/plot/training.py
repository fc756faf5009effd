"""Curves of training runs: losses, validation accuracy, time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_model.extras import need
from nn_model.plot.canvas import (
    COLOURS,
    GREY,
    MARKERS,
    VERMILLION,
    axes_list,
    count_along,
    figure_of,
    legend,
    new_figure,
    quiet,
)
from nn_model.plot.runs import Run, RunData, read_runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["curves"]

_LABELS = {"loss": "Loss", "accuracy": "Validation\naccuracy (%)", "time": "Time per\nepoch (s)"}
_MOST_MARKERS = 12
_LONGEST_NAME = 36


def curves(
    runs: RunData | Iterable[RunData] | Mapping[str, RunData], ax: "Axes | Sequence[Axes] | None" = None
) -> "Figure":
    r"""Draw training and validation loss, validation accuracy and time per epoch, of one run or several.

    Training is solid, validation dashed with open markers; each run has a colour and a marker. A number that is not
    finite leaves a gap. A panel that no run has numbers for is left out.

    Parameters
    ----------
    runs
        A `History`, the path of a log, a sequence of these, or a mapping of names to them. Logs are CSV files with a
        header that names `epoch` and `train_loss`, and `train_time`, `val_loss`, `val_accuracy` (percent) if it has
        them; or the headerless logs of Rust-Neural-Networks, of 3, 4 or 6 columns.
    ax
        Axes to draw into: one for the losses, a second for accuracy, a third for time. Left out, a new figure.

    Returns
    -------
    Figure
        The new one, or that of `ax`.

    Raises
    ------
    DataError
        No run, no epoch, or a broken log: the message names file and line.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from nn_model.plot import curves
    >>> from nn_model.train.history import History, Row
    >>> first = History([Row(1, 0.7, 0.8, 1.5, 0.5, 0.86, 0.01), Row(2, 0.4, 0.9, 1.4, 0.4, 0.89, 0.01)])
    >>> [axes.get_ylabel().replace("\n", " ") for axes in curves({"SGD": first}).axes]
    ['Loss', 'Validation accuracy (%)', 'Time per epoch (s)']
    """
    read = read_runs(runs)
    names = _brief([run.name for run in read])
    if ax is None:
        figure, axes = _panels(read, names)
    else:
        given = axes_list(ax, len(_LABELS))
        figure, axes = figure_of(given[0]), dict(zip(_LABELS, given, strict=False))
    lines = [_draw(axes, run, i, alone=len(read) == 1) for i, run in enumerate(read)]
    for name, panel in axes.items():
        _finish(panel, _LABELS[name], [run.epoch for run in read])
    if "time" in axes:
        axes["time"].set_ylim(0, 1.15 * max(np.nan_to_num(run.train_time).max() for run in read) or 1.0)
    if len(read) == 1:
        legend(axes["loss"], lines[0], _words(read[0]), title=names[0])
    else:
        styles = ["training", "validation"] if any(map(_validated, read)) else []
        _legends(axes["loss"], None if ax is not None else figure, [both[0] for both in lines], names, styles)
    return figure


def _brief(names: Sequence[str]) -> list[str]:
    """Cut the middle out of long names; number them where that made two alike."""
    part = _LONGEST_NAME // 2 - 2
    short = [name if len(name) <= _LONGEST_NAME else f"{name[:part]} .. {name[-part:]}" for name in names]
    return short if len(set(short)) == len(short) else [f"{i}: {name}" for i, name in enumerate(short, 1)]


def _panels(runs: Sequence[Run], names: Sequence[str]) -> "tuple[Figure, dict[str, Axes]]":
    accuracy = any(np.isfinite(run.val_accuracy).any() for run in runs)
    time = any(np.isfinite(run.train_time).any() for run in runs)
    right = [name for name, there in (("accuracy", accuracy), ("time", time)) if there]
    lines = -(-len(names) // _columns(names)) if len(runs) > 1 else 0
    figure = new_figure(8.5 if right else 5.5, (4.8 if len(right) == 2 else 3.6) + 0.22 * lines)
    rows: list[Any] = [["loss", name] for name in right] or [["loss"]]
    return figure, figure.subplot_mosaic(rows, width_ratios=[3, 2] if right else None)


def _columns(names: Sequence[str]) -> int:
    """Count the columns of a legend as wide as the figure: a name takes its letters and about eight for its line."""
    return max(1, min(len(names), 100 // (max(map(len, names)) + 8)))


def _draw(axes: "Mapping[str, Axes]", run: Run, i: int, *, alone: bool) -> "list[Line2D]":
    """Draw a run's lines, and return those of its losses."""
    colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
    every = max(1, -(-len(run.epoch) // _MOST_MARKERS))
    solid: dict[str, Any] = {"color": colour, "marker": marker, "markevery": every, "linewidth": 1.8}
    dashed = solid | {"linestyle": "--", "markerfacecolor": "none"}
    # With one run, colours are free to tell training from validation, too.
    dashed |= {"color": VERMILLION, "marker": "s"} if alone else {}
    if "accuracy" in axes:
        axes["accuracy"].plot(run.epoch, run.val_accuracy, **dashed)
    if "time" in axes:
        axes["time"].plot(run.epoch, run.train_time, **solid)
    training = axes["loss"].plot(run.epoch, run.train_loss, **solid)
    return training + (axes["loss"].plot(run.epoch, run.val_loss, **dashed) if _validated(run) else [])


def _validated(run: Run) -> bool:
    return bool(np.isfinite(run.val_loss).any())


def _finish(ax: "Axes", label: str, epochs: Sequence[Any]) -> None:
    quiet(ax)
    ax.set(xlabel="Epoch", ylabel=label)
    count_along(ax, min(epoch[0] for epoch in epochs), max(epoch[-1] for epoch in epochs))


def _words(run: Run) -> list[str]:
    if not _validated(run):
        return ["training"]
    best = int(np.nanargmin(run.val_loss))
    return ["training", f"validation (lowest {run.val_loss[best]:.4g}, epoch {run.epoch[best]:g})"]


def _legends(
    ax: "Axes", figure: "Figure | None", lines: "list[Line2D]", names: Sequence[str], styles: Sequence[str]
) -> None:
    """Tell runs by colour and marker, above all panels if they are ours, and training by the line."""
    line = need("matplotlib.lines", "plot").Line2D
    samples = [line([], [], color=GREY, linestyle=style) for style, _ in zip(("-", "--"), styles, strict=False)]
    if figure is None:
        legend(ax, lines + samples, [*names, *styles])
        return
    legend(figure, lines, names, loc="outside upper center", ncols=_columns(names))
    if styles:
        legend(ax, samples, styles)
