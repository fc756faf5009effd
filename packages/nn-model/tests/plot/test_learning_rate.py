"""The learning rate of every step, as the optimizer will take it."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from nn_model.errors import DataError
from nn_model.plot import learning_rate
from nn_optim import Cosine, OneCycle, StepDecay, Warmup


def draw(schedule: Any, steps: Any, **options: Any) -> Any:
    return learning_rate(schedule, steps, **options)


@pytest.mark.parametrize("steps", [1, 30, 1000])
@pytest.mark.parametrize("schedule", [OneCycle(0.01, 900), Warmup(5, Cosine(0.1, 500)), StepDecay(0.5, 7, gamma=0.5)])
def test_every_step_has_its_rate(schedule: Any, steps: int) -> None:
    (line,) = draw(schedule, steps).axes[0].lines
    assert list(line.get_xdata()) == list(range(steps))
    assert list(line.get_ydata()) == [schedule(step) for step in range(steps)]
    # Between two steps the rate stays: no slope that no step has.
    assert line.get_drawstyle() == "steps-post"


def test_numbers_and_own_functions_are_schedules() -> None:
    assert list(draw(0.1, 3).axes[0].lines[0].get_ydata()) == [0.1, 0.1, 0.1]
    assert list(draw(lambda step: 1 / (1 + step), np.int64(3)).axes[0].lines[0].get_ydata()) == [1, 1 / 2, 1 / 3]


@pytest.mark.parametrize("steps", [1, 2, 30, 10_000])
@pytest.mark.parametrize("rate", [0, 1e-7, 0.1, 1e4])
def test_axes_are_labelled(assert_inside: Any, steps: int, rate: float) -> None:
    figure = draw(rate, steps)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Step (number of the update, from 0)"
    assert axes.get_ylabel() == "Learning rate"
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > rate
    assert all(tick == int(tick) for tick in axes.get_xticks())
    assert_inside(figure)


def test_single_steps_are_marked_while_they_can_be_told_apart() -> None:
    assert draw(0.1, 40).axes[0].lines[0].get_marker() == "o"
    assert draw(0.1, 41).axes[0].lines[0].get_marker() == ""


def test_drawing_into_given_axes() -> None:
    figure: Any = Figure()
    left, right = figure.subplots(1, 2)
    assert draw(0.1, 10, ax=left) is figure
    assert len(left.lines) == 1
    assert right.lines[:] == []


BAD: list[tuple[Any, Any, str]] = [
    ("cosine", 10, "schedule must be a number or a function step -> rate; got str; pass optimizer.lr"),
    (None, 10, "schedule must be a number or a function step -> rate; got NoneType"),
    (0.1, 0, "steps must be a whole number from 1 to 10,000,000; got 0"),
    (0.1, 1.5, "steps must be a whole number from 1 to 10,000,000; got 1.5"),
    (0.1, "10", "steps must be a whole number from 1 to 10,000,000; got '10'"),
    (0.1, True, "steps must be a whole number from 1 to 10,000,000; got True"),
    (0.1, 10**8, "got 100000000"),
    (float("nan"), 10, "a rate must be finite and at least 0; step 0 has nan; mend the schedule"),
    (lambda step: 2.0 - step, 10, "a rate must be finite and at least 0; step 3 has -1.0"),
]


@pytest.mark.parametrize(("schedule", "steps", "message"), BAD, ids=range(len(BAD)))
def test_bad_input(schedule: Any, steps: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        draw(schedule, steps)
