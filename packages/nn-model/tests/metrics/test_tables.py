"""The printed report: aligned, narrow enough, and with every number in it."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_model.metrics import Report, tables

CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
# A published test run on MNIST: rows are true digits.
DIGITS = np.array(
    [
        [956, 0, 2, 2, 0, 6, 6, 2, 6, 0],
        [0, 1113, 2, 2, 0, 3, 4, 1, 10, 0],
        [10, 2, 930, 14, 10, 1, 15, 10, 35, 5],
        [7, 3, 22, 885, 2, 38, 2, 13, 32, 6],
        [1, 4, 6, 0, 903, 1, 18, 2, 4, 43],
        [9, 3, 4, 25, 3, 786, 12, 10, 35, 5],
        [12, 3, 7, 0, 15, 17, 901, 0, 3, 0],
        [1, 11, 23, 8, 8, 0, 0, 947, 1, 29],
        [10, 7, 11, 32, 7, 27, 13, 12, 848, 7],
        [11, 6, 1, 11, 33, 4, 2, 13, 9, 919],
    ]
)


def report_of(matrix: np.ndarray, classes: list[str], loss: float | None = None) -> Report:
    k = len(matrix)
    labels, predictions = np.divmod(np.repeat(np.arange(k * k), matrix.ravel()), k)
    return Report.from_labels(labels, predictions, classes, loss)


def blocks(text: str) -> list[list[str]]:
    """Return the parts of `text` between blank lines."""
    return [list(lines) for filled, lines in groupby(text.split("\n"), key=bool) if filled]


def assert_tidy(text: str) -> None:
    """No blank ends a line, and the tables of classes, averages and matrix are rectangles."""
    assert all(line == line.rstrip() for line in text.split("\n"))
    *tables_, _summary = (block for block in blocks(text) if not block[0].startswith("Confusion matrix:"))
    for block in tables_:
        assert len({len(line) for line in block}) == 1, block
    assert len(tables_[-1][0]) == len(tables_[-2][0])


def test_digits_read_as_the_network_of_the_source_reported_them() -> None:
    text = str(report_of(DIGITS, list("0123456789"), loss=0.029155167))
    assert_tidy(text)
    matrix, classes, averages, summary = blocks(text)
    assert matrix[0].split() == ["true", "\\", "predicted", *"0123456789"]
    assert [[int(cell) for cell in line.split()[1:]] for line in matrix[1:]] == DIGITS.tolist()
    assert classes[0].split() == ["class", "TP", "FP", "FN", "TN", "precision", "recall", "F1", "support"]
    assert classes[1].split() == ["0", "956", "61", "24", "8959", "0.9400", "0.9755", "0.9574", "980"]
    assert classes[10].split() == ["9", "919", "95", "90", "8896", "0.9063", "0.9108", "0.9086", "1009"]
    assert [line.split()[0] for line in averages] == ["macro", "weighted"]
    assert summary == ["accuracy  91.88% (9188 of 10000 right)", "loss      0.0291552"]
    assert max(map(len, text.split("\n"))) <= 80


@pytest.mark.parametrize("scale", [1, 100])
def test_ten_named_classes_fit_a_hundred_columns(scale: int) -> None:
    for classes in (
        CIFAR,
        [f"{name} of any kind" for name in CIFAR],
        [f"a very long name number {i}" for i in range(10)],
    ):
        report = report_of(DIGITS * scale, classes)
        text = str(report)
        assert_tidy(text)
        assert max(map(len, text.split("\n"))) <= 100
        assert text.lstrip().startswith("true \\ predicted")


def test_headings_are_cut_only_as_far_as_needed() -> None:
    whole = tables.matrix_table(DIGITS, CIFAR)[0].split()
    assert whole[3:] == CIFAR
    cut = tables.matrix_table(DIGITS, [f"{name}-like" for name in CIFAR])[0].split()
    assert cut[3:5] == ["airp..", "auto.."]
    assert cut[5:] == ["bird..", "cat-..", "deer..", "dog-..", "frog..", "hors..", "ship..", "truc.."]


def test_names_that_a_cut_would_make_alike_are_numbered() -> None:
    heading, first, *_ = tables.matrix_table(DIGITS, [f"modulation {i}" for i in range(10)])
    assert heading.split()[3:] == [f"#{i}" for i in range(10)]
    assert first.split()[:4] == ["#0", "modulation", "0", "956"]
    assert tables.row_names(["x" * 30 + "a", "x" * 30 + "b"]) == ["#0 " + "x" * 18 + "..", "#1 " + "x" * 18 + ".."]


def test_a_name_stays_on_one_line() -> None:
    assert tables.shortened("fire\n truck", 20) == "fire truck"
    assert tables.shortened("fire truck", 7) == "fire.."


def test_twenty_classes_are_shown_and_more_only_by_their_confusions() -> None:
    twenty = str(report_of(np.eye(20, dtype=int) * 5 + 1, [f"c{i}" for i in range(20)]))
    assert_tidy(twenty)
    assert twenty.lstrip().startswith("true \\ predicted")
    matrix = np.eye(21, dtype=int) * 6
    matrix[3, 4], matrix[20, 0] = 2, 9
    text = str(report_of(matrix, [f"c{i}" for i in range(21)]))
    assert_tidy(text)
    intro, confusions, *_ = blocks(text)
    assert intro[0] == "Confusion matrix: 21 x 21, too wide to print here; it is in report.confusion_matrix."
    assert [line.split() for line in confusions[1:]] == [["c20", "c0", "9", "60.0%"], ["c3", "c4", "2", "25.0%"]]


def test_at_most_ten_confusions_and_none_where_there_are_none() -> None:
    assert len(tables.confusions_table(np.ones((30, 30), int), [str(i) for i in range(30)])) == 14
    text = str(report_of(np.eye(30, dtype=int), [str(i) for i in range(30)]))
    assert blocks(text)[0][1] == "No class was taken for another."
    assert text.endswith("accuracy  100.00% (30 of 30 right)")


def test_a_matrix_too_wide_for_any_heading_is_replaced() -> None:
    assert tables.matrix_table(np.full((20, 20), 10**6), CIFAR + [f"{name} two" for name in CIFAR]) == []


def test_multilabel_report_has_no_matrix_and_says_what_accuracy_means() -> None:
    text = str(Report.from_multilabel([[1, 0], [1, 1], [0, 0]], [[1, 0], [0, 1], [0, 0]], ["urgent", "bill"], 0.5))
    classes, averages, summary = blocks(text)
    assert classes[1].split()[:5] == ["urgent", "1", "0", "1", "1"]
    assert averages[0].split()[-1] == "3"
    assert summary == ["accuracy  66.67% (2 of 3 with every label right)", "loss      0.5"]


@given(
    st.lists(
        st.text(st.characters(categories=["L", "N", "Zs"], max_codepoint=0x24F), min_size=1, max_size=30).filter(
            lambda name: bool(name.strip())
        ),
        min_size=1,
        max_size=24,
        unique=True,
    ),
    st.integers(0, 2**32 - 1),
    st.integers(1, 3000),
)
def test_any_names_and_counts_make_rectangles(classes: list[str], seed: int, high: int) -> None:
    rng = np.random.default_rng(seed)
    labels, predictions = rng.integers(0, len(classes), (2, high))
    text = str(Report.from_labels(labels, predictions, classes, 0.1))
    assert_tidy(text)
    assert max(map(len, text.split("\n"))) <= 100
