"""Curves show the numbers of their runs, each under its name."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from nn_model.errors import DataError
from nn_model.plot import curves
from nn_model.train.history import History, Row

LABELS = ["Loss", "Validation accuracy (%)", "Time per epoch (s)"]


def draw(runs: Any, **options: Any) -> Any:
    return curves(runs, **options)


def labels(figure: Figure) -> list[str]:
    return [axes.get_ylabel().replace("\n", " ") for axes in figure.axes]


def values(line: Any) -> list[float]:
    return [float(value) for value in line.get_ydata()]


def words(legend: Any) -> list[str]:
    return [text.get_text() for text in legend.get_texts()]


def test_one_run_shows_its_numbers(run: Any) -> None:
    history = run(4)
    figure = draw(history)
    loss, accuracy, time = figure.axes
    assert labels(figure) == LABELS
    assert {axes.get_xlabel() for axes in figure.axes} == {"Epoch"}
    training, validation = loss.lines
    assert list(training.get_xdata()) == [1, 2, 3, 4]
    assert values(training) == history.train_loss
    assert values(validation) == history.val_loss
    assert values(accuracy.lines[0]) == pytest.approx([100 * value for value in history.val_accuracy])
    assert values(time.lines[0]) == [row.train_time for row in history]
    assert time.get_ylim()[0] == 0
    assert time.get_ylim()[1] > max(row.train_time for row in history)
    assert words(loss.get_legend()) == ["training", "validation (lowest 0.5, epoch 4)"]
    assert history.best().epoch == 4
    assert loss.get_legend().get_title().get_text() == ""


def test_several_runs_are_told_apart_by_colour_and_marker(run: Any) -> None:
    runs = {"SGD": run(3), "Adam": run(5, 0.1), "_hidden $x_1$ and $": run(2, 0.2)}
    figure = draw(runs)
    (legend,) = figure.legends
    assert words(legend) == list(runs)
    assert not any(text.get_parse_math() for text in legend.get_texts())
    loss, accuracy, time = figure.axes
    assert words(loss.get_legend()) == ["training", "validation"]
    assert len(loss.lines) == 6
    looks = []
    for i, (history, handle) in enumerate(zip(runs.values(), legend.legend_handles, strict=True)):
        training, validation = loss.lines[2 * i], loss.lines[2 * i + 1]
        mine = [training, validation, accuracy.lines[i], time.lines[i], handle]
        (look,) = {(line.get_color(), line.get_marker()) for line in mine}
        looks.append(look)
        assert values(training) == history.train_loss
        assert values(validation) == history.val_loss
        assert [training.get_linestyle(), validation.get_linestyle()] == ["-", "--"]
        assert validation.get_markerfacecolor() == "none"
    assert len({colour for colour, _ in looks}) == len({marker for _, marker in looks}) == 3


def test_forty_two_runs_look_different(run: Any) -> None:
    figure = draw({str(i): run(1) for i in range(42)})
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines}
    assert len(looks) == 42


@pytest.mark.parametrize("epochs", [1, 2, 30, 500])
@pytest.mark.parametrize("count", [1, 3])
def test_any_length_fits_the_picture(run: Any, assert_inside: Any, epochs: int, count: int) -> None:
    figure = draw([run(epochs, i / 10) for i in range(count)])
    assert_inside(figure)
    for axes in figure.axes:
        ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
        assert ticks
        assert all(tick == int(tick) for tick in ticks)
    every = figure.axes[0].lines[0].get_markevery()
    assert isinstance(every, int)
    assert epochs / every <= 12


def test_long_names_are_cut_but_stay_different(run: Any, assert_inside: Any) -> None:
    name = "a run of a network of three layers, number {}, with dropout and a rate that falls"
    figure = draw({name.format(i): run(3, i / 10) for i in range(8)})
    shown = words(figure.legends[0])
    assert len(set(shown)) == 8
    assert all(len(word) < 42 for word in shown)
    assert shown[0].startswith("1: a run of a net")
    assert_inside(figure)


def test_a_long_name_keeps_its_beginning_and_end(run: Any) -> None:
    figure = draw({"mnist-784-512-10-dropout-0.3-batch-64-seed-1": run(1)})
    assert figure.axes[0].get_legend().get_title().get_text() == "mnist-784-512-10 .. -batch-64-seed-1"


def test_logs_are_named_after_their_files_as_far_as_needed(run: Any, tmp_path: Path) -> None:
    paths = [tmp_path / "sgd.csv", tmp_path / "adam.csv", tmp_path / "adam.txt", tmp_path / "old" / "adam.csv"]
    (tmp_path / "old").mkdir()
    for path in paths:
        run(2).to_csv(path)
    assert words(draw(paths[:2]).legends[0]) == ["sgd", "adam"]
    assert words(draw(map(str, paths[1:3])).legends[0]) == ["adam.csv", "adam.txt"]
    cut = words(draw([paths[1], paths[3]]).legends[0])
    assert [re.sub(r"^.*(.{8})$", r"\1", word) for word in cut] == ["adam.csv", "adam.csv"]
    assert len(set(cut)) == 2
    assert words(draw([paths[0], run(2)]).legends[0]) == ["sgd", "run 2"]
    # The same log twice has no name of its own.
    assert [word[:3] for word in words(draw([paths[0]] * 2).legends[0])] == ["1: ", "2: "]
    assert draw(paths[0]).axes[0].get_legend().get_title().get_text() == "sgd"


def test_a_history_and_its_own_log_draw_the_same(run: Any, tmp_path: Path) -> None:
    history = run(6)
    history.to_csv(tmp_path / "log.csv")
    for mine, read in zip(draw(history).axes, draw(str(tmp_path / "log.csv")).axes, strict=True):
        for line, other in zip(mine.lines, read.lines, strict=True):
            np.testing.assert_allclose(line.get_xydata(), other.get_xydata(), atol=0.0051)


def test_what_no_run_has_is_left_out(run: Any, tmp_path: Path, assert_inside: Any) -> None:
    figure = draw(run(3, validated=False))
    assert labels(figure) == ["Loss", "Time per epoch (s)"]
    assert len(figure.axes[0].lines) == 1
    assert words(figure.axes[0].get_legend()) == ["training"]
    assert_inside(figure)
    several = draw([run(3, validated=False), run(2, validated=False)])
    assert several.axes[0].get_legend() is None
    (tmp_path / "log.csv").write_text("epoch,train_loss\n1,0.5\n")
    alone = draw(tmp_path / "log.csv")
    assert labels(alone) == ["Loss"]
    assert_inside(alone)


def test_a_run_without_validation_beside_one_with(run: Any) -> None:
    loss, accuracy, time = draw([run(3, validated=False), run(3)]).axes
    assert (len(loss.lines), len(accuracy.lines), len(time.lines)) == (3, 2, 2)
    assert np.isnan(values(accuracy.lines[0])).all()


def test_numbers_that_are_not_finite_leave_a_gap(assert_inside: Any) -> None:
    losses = [1.0, float("inf"), float("nan"), 0.5]
    history = History([Row(e, loss, None, 0.0, loss, None, 0.01) for e, loss in enumerate(losses, 1)])
    figure = draw(history)
    for line in figure.axes[0].lines:
        np.testing.assert_array_equal(line.get_ydata(), [1.0, np.nan, np.nan, 0.5])
    assert figure.axes[1].get_ylim() == (0, 1)
    assert_inside(figure)


def test_drawing_into_given_axes(run: Any) -> None:
    figure: Any = Figure()
    top, below, last = figure.subplots(3)
    assert draw([run(2), run(3)], ax=top) is figure
    assert len(top.lines) == 4
    assert below.lines[:] == []
    assert words(top.get_legend()) == ["run 1", "run 2", "training", "validation"]
    assert figure.legends == []
    draw(run(2), ax=[below, last])
    assert [axes.get_ylabel() for axes in (below, last)] == ["Loss", "Validation\naccuracy (%)"]
    three = Figure().subplots(3)
    draw(run(2), ax=three)
    assert [len(axes.lines) for axes in three] == [2, 1, 1]


BAD: list[tuple[Any, str]] = [
    ([], "runs must hold at least one run; got none"),
    ({}, "runs must hold at least one run; got none"),
    (History(), "runs: curves need at least one completed epoch; the history is empty; train first"),
    ([History(), History()], "run 1: curves need at least one completed epoch"),
    ({"Adam": History()}, "Adam: curves need at least one completed epoch"),
    (3, "runs: a run must be a History or the path of a log; got int"),
    ([[0.5, 0.4]], "runs: a run must be a History or the path of a log; got list"),
    ({"rows": [], "reason": None}, "rows: a run must be a History or the path of a log; got list"),
    ("no/such/log.csv", "no/such/log.csv: the file cannot be read: No such file"),
]


@pytest.mark.parametrize(("runs", "message"), BAD, ids=range(len(BAD)))
def test_what_is_no_run_is_refused(runs: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        draw(runs)


@pytest.mark.parametrize("count", [0, 4])
def test_the_wrong_number_of_axes_is_refused(run: Any, count: int) -> None:
    axes = list(Figure().subplots(4))[:count]
    with pytest.raises(DataError, match=f"ax must be one Axes, or up to 3 of them; got {count}"):
        draw(run(2), ax=axes)


def test_something_else_than_axes_is_refused(run: Any) -> None:
    with pytest.raises(DataError, match="ax must be matplotlib Axes; got Figure; leave it out"):
        draw(run(2), ax=Figure())
