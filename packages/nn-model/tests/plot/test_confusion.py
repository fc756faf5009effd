"""A confusion matrix shows its own counts and shares, whatever the number and the names of its classes."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from nn_model import RegressionReport, Report
from nn_model.errors import DataError
from nn_model.plot import confusion


def report(k: int, n: int, names: Any = None, seed: int = 0) -> Report:
    """Make a report of which most rows are right."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    return Report.from_labels(labels, np.where(rng.random(n) < 0.8, labels, rng.integers(0, k, n)), names or range(k))


def draw(given: Any, **options: Any) -> Any:
    return confusion(given, **options)


def cells(axes: Any) -> dict[tuple[int, int], str]:
    """Give the words by row and column."""
    return {(int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in axes.texts}


@pytest.mark.parametrize("k", [2, 3, 10, 12, 20])
def test_cells_hold_counts_and_shares_of_the_row(k: int) -> None:
    given = report(k, 40 * k)
    found = cells(draw(given).axes[0])
    assert len(found) == k * k
    for i, row in enumerate(given.confusion_matrix.tolist()):
        for j, count in enumerate(row):
            lines = found[i, j].split("\n")
            assert lines[0] == str(count)
            if count:
                assert float(lines[1].removesuffix(" %")) == pytest.approx(100 * count / sum(row), abs=0.051)
            else:
                assert lines == ["0"]


@pytest.mark.parametrize("k", [1, 2, 10, 40, 150])
def test_colours_are_shares(k: int) -> None:
    given = report(k, 30 * k)
    image = draw(given).axes[0].images[0]
    matrix = given.confusion_matrix
    expected = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(np.asarray(image.get_array()), expected)
    assert image.get_clim() == (0, 100)
    assert image.norm(25.0) == pytest.approx(0.5)


def test_shares_that_round_to_nothing_or_all_are_told_apart() -> None:
    labels = np.repeat([0, 1, 2], [10_000, 5, 5])
    predictions = labels.copy()
    predictions[0] = 1
    found = cells(draw(Report.from_labels(labels, predictions, list("abc"))).axes[0])
    assert found[0, 0] == "9999\n99.9 %"
    assert found[0, 1] == "1\n<0.1 %"
    assert found[1, 1] == "5\n100 %"
    assert found[0, 2] == "0"


def test_axes_are_labelled() -> None:
    figure = draw(Report.from_labels([0, 1, 1, 1, 1], [0, 1, 0, 1, 1], ("cat", "dog")))
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted class", "True class")
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [text.get_text() for text in ticks] == ["cat", "dog"]
    assert axes.get_title() == "4 of 5 right (80.00 %)"
    assert bar.get_ylabel() == "Share of the true class (%)"
    # The first row is on top, as in the printed table.
    assert axes.get_ylim() == (1.5, -0.5)


def test_a_class_that_never_occurs_has_an_empty_row() -> None:
    axes = draw(Report.from_labels([0, 0, 1], [0, 2, 1], ("a", "b", "c"))).axes[0]
    assert [cells(axes)[2, j] for j in range(3)] == ["0", "0", "0"]
    assert np.asarray(axes.images[0].get_array())[2].tolist() == [0, 0, 0]


def test_many_classes_keep_their_counts_and_very_many_the_colours() -> None:
    given = report(40, 4000)
    found = cells(draw(given).axes[0])
    matrix = given.confusion_matrix
    assert found == {(i, j): str(matrix[i, j]) for i, j in zip(*np.nonzero(matrix), strict=True)}
    assert cells(draw(report(150, 4000)).axes[0]) == {}


def test_very_many_names_are_thinned() -> None:
    axes = draw(report(150, 4000)).axes[0]
    shown = [text.get_text() for text in axes.get_xticklabels()]
    assert shown == [str(i) for i in range(0, 150, 3)]
    assert axes.get_xticks().tolist() == list(range(0, 150, 3))


def test_a_name_is_no_formula() -> None:
    axes = draw(report(3, 30, ["$x_1$", "100 $", "_\n b"])).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["$x_1$", "100 $", "_ b"]
    assert not any(text.get_parse_math() for text in axes.get_xticklabels() + axes.get_yticklabels())


def test_long_names_are_cut_and_numbered_where_they_look_alike() -> None:
    axes = draw(report(2, 30, ["a very long name of a class, one", "a very long name of a class, two"])).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "#0 a very long name o..",
        "#1 a very long name o..",
    ]


@pytest.mark.parametrize("k", [1, 2, 3, 10, 20, 40, 150])
@pytest.mark.parametrize("name", ["{}", "a class of a long name {}"])
def test_any_number_of_classes_fits_the_picture(assert_inside: Any, k: int, name: str) -> None:
    figure = draw(report(k, 20 * k, [name.format(i) for i in range(k)]))
    assert_inside(figure)
    assert max(figure.get_size_inches()) < 16


@pytest.mark.parametrize("k", [2, 10, 20, 40])
@pytest.mark.parametrize("n", [5, 50_000])
def test_words_fit_their_cells(k: int, n: int) -> None:
    figure = draw(report(k, n * k))
    figure.canvas.draw()
    axes = figure.axes[0]
    cell = axes.get_window_extent().width / k
    assert axes.texts
    for text in axes.texts:
        box = text.get_window_extent()
        assert box.width < cell
        assert box.height < cell


def test_drawing_into_given_axes() -> None:
    figure: Any = Figure(figsize=(10, 4))
    left, right = figure.subplots(1, 2)
    assert draw(report(3, 60), ax=left) is figure
    assert len(left.images) == 1
    assert len(cells(left)) == 9
    assert right.images[:] == []
    draw(report(10, 600), ax=right)
    # Cells are smaller here: the count alone.
    assert cells(right)
    assert not any("%" in words for words in cells(right).values())


def test_drawing_into_a_part_of_a_figure() -> None:
    whole: Any = Figure(figsize=(10, 4))
    assert draw(report(3, 60), ax=whole.subfigures(1, 2)[0].subplots()) is whole


def test_what_has_no_matrix_is_refused() -> None:
    with pytest.raises(DataError, match="confusion draws a Report of classes; got RegressionReport; pass"):
        draw(RegressionReport.from_values([1.0], [2.0]))
    with pytest.raises(DataError, match="confusion draws a Report of classes; got ndarray"):
        draw(np.eye(3))
    with pytest.raises(DataError, match="a multi-label report has a matrix for each label; make a report of one label"):
        draw(Report.from_multilabel([[1, 0]], [[1, 1]], ("a", "b")))
