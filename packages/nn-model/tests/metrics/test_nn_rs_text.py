"""The report as nn-rs prints it: every digit of what its document shows for the same counts."""

import numpy as np
import pytest

from nn_model import Report
from nn_model.errors import DataError

MATRIX = [
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

RATIOS = """
0.94001967 0.9755102 0.95743614
0.9661458 0.98061675 0.97332746
0.92261904 0.9011628 0.9117647
0.90398365 0.87623763 0.8898944
0.9204893 0.9195519 0.9200204
0.8901472 0.8811659 0.88563377
0.9260021 0.94050103 0.9331953
0.93762374 0.92120624 0.9293425
0.8626653 0.8706365 0.8666326
0.90631163 0.9108028 0.9085517
"""
"""Precision, recall and F1 of each class, as nn-rs' document shows them for these counts."""

COUNTS = {0: (956, 61, 24, 8959), 4: (903, 78, 79, 8940), 8: (848, 135, 126, 8891)}


def report_of(matrix: list[list[int]], loss: float | None = None) -> Report:
    labels = [i for i, row in enumerate(matrix) for _ in range(sum(row))]
    guesses = [j for row in matrix for j, count in enumerate(row) for _ in range(count)]
    return Report.from_labels(labels, guesses, [str(i) for i in range(len(matrix))], loss)


def test_every_digit_is_nn_rs_own() -> None:
    lines = report_of(MATRIX, 0.029155167).to_text(style="nn-rs").splitlines()
    assert lines[:3] == ["Confusion Matrix:", f"[{MATRIX[0]},", f" {MATRIX[1]},"]
    assert lines[10] == f" {MATRIX[9]}]"
    for i, ratios in enumerate(RATIOS.split("\n")[1:-1]):
        first, *three, rule = lines[11 + 5 * i : 16 + 5 * i]
        if i in COUNTS:
            assert first == "Class {}: TP = {}, FP = {}, FN = {}, TN = {}".format(i, *COUNTS[i])
        names = ("Precision =", "Recall(Sensitivity) =", "F1-score: =")
        assert three == [f"{name} {ratio}" for name, ratio in zip(names, ratios.split(), strict=True)]
        assert rule == "---------------------------------------------"
    assert lines[61:] == ["", "Loss: 0.029155167", "Accuracy: 91.88%"]


@pytest.mark.parametrize(("right", "shown"), [(4385, "7.3083334"), (30477, "50.795002"), (41612, "69.35333")])
def test_accuracy_is_reckoned_in_float32(right: int, shown: str) -> None:
    text = report_of([[right, 60_000 - right], [0, 0]]).to_text("nn-rs")
    assert text.endswith(f"\nAccuracy: {shown}%")
    assert "Loss" not in text


def test_numbers_have_no_exponent_and_nothing_is_divided_by_zero() -> None:
    lines = report_of([[94, 0, 0], [6, 0, 0], [0, 0, 0]], 2.5e-7).to_text("nn-rs").splitlines()
    assert lines[6] == "Recall(Sensitivity) = 1"
    assert lines[10:13] == ["Precision = 0", "Recall(Sensitivity) = 0", "F1-score: = 0"]
    assert lines[-2:] == ["Loss: 0.00000025", "Accuracy: 94%"]


def test_tables_are_the_other_style() -> None:
    report = report_of([[1, 2], [3, 4]])
    assert report.to_text() == report.to_text("tables") == str(report)
    with pytest.raises(DataError, match="style must be 'tables' or 'nn-rs'; got 'html'"):
        report.to_text("html")  # type: ignore[arg-type]  # what is tested
    several = Report.from_multilabel(np.eye(2), np.eye(2), ("a", "b"))
    with pytest.raises(DataError, match="of one class a row; this one is multi-label"):
        several.to_text("nn-rs")
