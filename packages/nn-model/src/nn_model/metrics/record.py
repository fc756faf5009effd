"""A report as plain numbers, lists and dicts."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nn_model.errors import DataError

if TYPE_CHECKING:
    from nn_model.metrics.classification import Report

CLASS_KEYS = ("precision", "recall", "f1", "support", "TP", "FP", "FN", "TN")


def or_none(value: float | None) -> float | None:
    """Return `value` where JSON has a word for it, else None."""
    return value if value is not None and math.isfinite(value) else None


def report_record(report: "Report") -> dict[str, Any]:
    """Return a dict with a key for each class and for all that is about all classes."""
    total = {"support": int(report.support.sum())}
    whole = {
        "macro avg": asdict(report.macro) | total,
        "weighted avg": asdict(report.weighted) | total,
        "accuracy": report.accuracy,
        "loss": or_none(report.loss),
        "confusion_matrix": report.confusion_matrix.tolist(),
    }
    for name in report.classes:
        if name in whole:
            raise DataError(f"to_dict() keeps the key {name!r} for itself; rename the class of this name")
    columns = [getattr(report, key).tolist() for key in CLASS_KEYS]
    rows = zip(*columns, strict=True)
    return {
        name: dict(zip(CLASS_KEYS, row, strict=True)) for name, row in zip(report.classes, rows, strict=True)
    } | whole
