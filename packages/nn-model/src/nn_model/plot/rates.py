"""A learning rate's way through training."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nn_model.errors import DataError
from nn_model.plot.canvas import BLUE, axes_list, count_along, figure_of, new_figure, quiet, whole
from nn_optim import Schedule, rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["learning_rate"]

_FEW, _MOST = 40, 10_000_000


def learning_rate(schedule: float | Schedule, steps: int, ax: "Axes | None" = None) -> "Figure":
    """Draw the learning rate of every step of a training.

    Parameters
    ----------
    schedule
        A schedule of `nn_optim`, any function of the step (the first is number 0), or a number.
    steps
        Updates of the training: epochs times batches of an epoch; at least 1.
    ax
        Axes to draw into; left out, a new figure.

    Returns
    -------
    Figure
        The new one, or that of `ax`.

    Raises
    ------
    DataError
        `schedule` is none, gives a rate that is not finite, or `steps` is no positive whole number.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from nn_model.plot import learning_rate
    >>> from nn_optim import OneCycle
    >>> line = learning_rate(OneCycle(0.01, steps=100), steps=100).axes[0].lines[0]
    >>> float(line.get_ydata().max())
    0.01
    """
    steps = whole("steps", steps, _MOST)
    rates = _rates(schedule, steps)
    if ax is None:
        figure = new_figure(6.4, 3.6)
        panel = figure.subplots()
    else:
        panel = axes_list(ax, 1)[0]
        figure = figure_of(panel)
    # A rate holds from its step to the next: a straight line between two would be rates that no step has.
    marker = "o" if steps <= _FEW else ""
    panel.plot(np.arange(steps), rates, color=BLUE, linewidth=1.8, drawstyle="steps-post", marker=marker, markersize=4)
    quiet(panel)
    panel.set(xlabel="Step (number of the update, from 0)", ylabel="Learning rate")
    count_along(panel, 0, steps - 1)
    panel.set_ylim(bottom=0, top=None if rates.max() else 1.0)
    return figure


def _rates(schedule: Any, steps: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if not (isinstance(schedule, int | float) or callable(schedule)):
        found = type(schedule).__name__
        raise DataError(f"schedule must be a number or a function step -> rate; got {found}; pass optimizer.lr")
    rates = np.array([rate(schedule, step) for step in range(steps)], dtype=np.float64)
    wrong = ~np.isfinite(rates) | (rates < 0)
    if wrong.any():
        step = int(np.argmax(wrong))
        raise DataError(f"a rate must be finite and at least 0; step {step} has {rates[step]}; mend the schedule")
    return rates
