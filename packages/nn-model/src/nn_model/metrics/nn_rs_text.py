"""A report as nn-rs prints it, line for line, with its numbers reckoned in float32."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nn_model.errors import DataError

if TYPE_CHECKING:
    from nn_model.metrics.classification import Report

__all__ = ["nn_rs_text"]


def nn_rs_text(report: "Report") -> str:
    """Return the matrix, the counts and ratios of every class, loss and accuracy."""
    if report.confusion_matrix.ndim != 2:
        raise DataError("nn-rs' report is of one class a row; this one is multi-label: print(report)")
    lines = ["Confusion Matrix:", _matrix(report), *_classes(report), ""]
    if report.loss is not None:
        lines.append(f"Loss: {_plain(np.float32(report.loss))}")
    total = report.confusion_matrix.sum()
    right = np.float32(report.confusion_matrix.trace()) / np.float32(total)
    return "\n".join([*lines, f"Accuracy: {_plain(right * np.float32(100))}%"])


def _matrix(report: "Report") -> str:
    rows = (f"[{', '.join(map(str, row))}]" for row in report.confusion_matrix.tolist())
    return f"[{f',{chr(10)} '.join(rows)}]"


def _classes(report: "Report") -> Iterator[str]:
    counts = zip(report.classes, report.TP, report.FP, report.FN, report.TN, strict=True)
    for name, tp, fp, fn, tn in counts:
        precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
        both = precision + recall
        f1 = np.float32(2) * precision * recall / both if both else both
        yield f"Class {name}: TP = {tp}, FP = {fp}, FN = {fn}, TN = {tn}"
        yield f"Precision = {_plain(precision)}"
        yield f"Recall(Sensitivity) = {_plain(recall)}"
        yield f"F1-score: = {_plain(f1)}"
        yield "-" * 45


def _ratio(part: int, whole: int) -> np.float32:
    """Give a share in float32; 0 of nothing is 0, where nn-rs has NaN."""
    return np.float32(part) / np.float32(whole) if whole else np.float32(0)


def _plain(number: np.float32) -> str:
    """Write a number as Rust's `{}` does: the fewest digits, no exponent, no `.0`."""
    return np.format_float_positional(number, trim="-") if np.isfinite(number) else str(number)
