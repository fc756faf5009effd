"""Plain text of the reports: aligned tables of at most 100 columns wherever the numbers allow it."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nn_model.metrics.classification import Report

WIDTH = 100
LONGEST_NAME = 20
MOST_CLASSES = 20
MOST_CONFUSIONS = 10


def aligned(rows: Sequence[Sequence[str]], gap: str = "  ") -> list[str]:
    """Return one line a row, every column right-aligned, so that all lines have one width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [gap.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def shortened(name: str, limit: int) -> str:
    """Return `name` on one line, of at most `limit` characters; two dots say that it was cut."""
    name = " ".join(name.split())
    return name if len(name) <= limit else name[: limit - 2].rstrip() + ".."


def distinct(names: Sequence[str]) -> bool:
    """Tell whether no two names are equal."""
    return len(set(names)) == len(names)


def row_names(classes: Sequence[str]) -> list[str]:
    """Return the names to print before rows: cut, and numbered where the cut made two alike."""
    names = [shortened(name, LONGEST_NAME) for name in classes]
    return names if distinct(names) else [f"#{i} {name}" for i, name in enumerate(names)]


def _headings(classes: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Return pairs (names before the rows, names over the columns) to try, the most telling first."""
    rows = row_names(classes)
    cuts = ([shortened(name, limit) for name in classes] for limit in (LONGEST_NAME, 12, 10, 8, 7, 6))
    numbers = [f"#{i}" for i in range(len(classes))]
    numbered = [f"{i} {shortened(name, LONGEST_NAME)}" for i, name in zip(numbers, classes, strict=True)]
    return [*((rows, columns) for columns in cuts if distinct(columns)), (numbered, numbers)]


def matrix_table(matrix: NDArray[np.int64], classes: Sequence[str]) -> list[str]:
    """Return the confusion matrix as lines; none if it has too many classes or no way to write it fits."""
    if len(classes) > MOST_CLASSES:
        return []
    counts = [[str(count) for count in row] for row in matrix.tolist()]
    for gap, (rows, columns) in product(("  ", " "), _headings(classes)):
        body = [[name, *row] for name, row in zip(rows, counts, strict=True)]
        lines = aligned([["true \\ predicted", *columns], *body], gap)
        if len(lines[0]) <= WIDTH:
            return lines
    return []


def confusions_table(matrix: NDArray[np.int64], classes: Sequence[str]) -> list[str]:
    """Return where the matrix is, and its largest entries off the diagonal with their share of the true class."""
    k = len(classes)
    place = f"Confusion matrix: {k} x {k}, too wide to print here; it is in report.confusion_matrix."
    wrong = matrix * ~np.eye(k, dtype=np.bool_)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]
    pairs = [divmod(int(at), k) for at in order]
    pairs = [(true, guess) for true, guess in pairs if wrong[true, guess]]
    if not pairs:
        return [place, "No class was taken for another."]
    names, support = row_names(classes), matrix.sum(axis=1)
    body = [
        [names[true], names[guess], str(wrong[true, guess]), f"{wrong[true, guess] / support[true]:.1%}"]
        for true, guess in pairs
    ]
    return [
        place,
        "Its largest confusions:",
        "",
        *aligned([["true", "predicted", "rows", "of true class"], *body]),
    ]


def class_table(report: "Report") -> list[str]:
    """Return counts and ratios of every class, and below them the averages."""
    counts = np.stack([report.TP, report.FP, report.FN, report.TN], axis=1).tolist()
    ratios = np.stack([report.precision, report.recall, report.f1], axis=1).tolist()
    parts = zip(row_names(report.classes), counts, ratios, report.support.tolist(), strict=True)
    rows = [[name, *map(str, four), *(f"{ratio:.4f}" for ratio in three), str(n)] for name, four, three, n in parts]
    for name, mean in (("macro avg", report.macro), ("weighted avg", report.weighted)):
        means = (f"{ratio:.4f}" for ratio in (mean.precision, mean.recall, mean.f1))
        rows.append([name, "", "", "", "", *means, str(report.support.sum())])
    heading = ["class", "TP", "FP", "FN", "TN", "precision", "recall", "F1", "support"]
    lines = aligned([heading, *rows])
    return [*lines[:-2], "", *lines[-2:]]


def rows_of(report: "Report") -> int:
    """Return how many rows the report is about; each label of a multi-label report counts them all."""
    matrix = report.confusion_matrix
    return int(matrix[0].sum() if matrix.ndim == 3 else matrix.sum())


def report_text(report: "Report") -> str:
    """Return the whole report: matrix, classes, averages, accuracy and loss."""
    matrix, classes = report.confusion_matrix, report.classes
    multilabel = matrix.ndim == 3
    # A label by itself has no column it was taken for: its four counts say all there is.
    first = [] if multilabel else matrix_table(matrix, classes) or confusions_table(matrix, classes)
    n = rows_of(report)
    what = "with every label right" if multilabel else "right"
    last = [f"accuracy  {report.accuracy:.2%} ({round(report.accuracy * n)} of {n} {what})"]
    if report.loss is not None:
        last.append(f"loss      {report.loss:.6g}")
    return "\n".join([*first, *([""] if first else []), *class_table(report), "", *last])
