"""Targets that are several yes-or-no answers a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nn_layers import ShapeError
from nn_layers.protocol import Calls, Scratch
from nn_model.arrays import Array, as_numbers
from nn_model.errors import DataError
from nn_model.metrics import Report
from nn_model.targets import kernels


@dataclass(frozen=True, slots=True, eq=False)
class MultiLabelCoding:
    """K scores a row, each for a class that may or may not be there: binary cross-entropy with several outputs."""

    classes: Array
    dtype: "np.dtype[Any]"
    task: Literal["classification"] = "classification"

    def given(self, y: Any, rows: int) -> Array:
        """Check targets: `(rows, K)` of 0 and 1."""
        targets = as_numbers(y, "y", self.dtype)
        count = len(self.classes)
        if targets.shape != (rows, count):
            raise ShapeError(
                f"targets of {count} independent classes are 0 or 1, of shape ({rows}, {count}); got {targets.shape}; "
                "for one class a row take CrossEntropy()"
            )
        wrong = (targets != 0) & (targets != 1)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise DataError(f"targets must be 0 or 1; row {row}, column {column} is {targets[row, column]}")
        return targets

    def placeholder(self, rows: int) -> Array:
        """Make an array of targets."""
        return np.zeros((rows, len(self.classes)), self.dtype)

    def target(self) -> Scratch | None:
        """Use targets as they are."""
        return None

    def spread(self, given: Array, targets: Array) -> Calls:  # noqa: ARG002  # one protocol; given are the targets
        """Yield nothing."""
        yield from ()

    def scratch(self) -> Mapping[str, Scratch]:
        """Name which answers hit, and in which rows all do."""
        return {"hits": Scratch((len(self.classes),), bool), "all_right": Scratch((), bool)}

    def count(self, scores: Array, given: Array, s: Mapping[str, Array], correct: Array) -> Calls:
        """Yield the share of rows with every answer right."""
        yield kernels.count_exact, scores, given, s["hits"], s["all_right"], correct

    def answers(self, scores: Array) -> Array:
        """Give 0 or 1 for every class, `(rows, K)`."""
        return (scores > 0).astype(np.int64)

    def report(self, scores: Array, given: Array, loss: float | None) -> Report:
        """Judge every class by itself."""
        names = [str(name) for name in self.classes.tolist()]
        return Report.from_multilabel(given.astype(np.int64), self.answers(scores), names, loss)
