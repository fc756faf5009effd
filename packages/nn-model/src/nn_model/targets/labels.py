"""Targets that are classes: one label a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from nn_layers.protocol import Calls, Scratch, Shape
from nn_model.arrays import Array
from nn_model.metrics import Report
from nn_model.targets import kernels
from nn_model.targets.parse import are_indices, class_indices, numbered


def _report(guess: Array, given: Array, classes: Array, loss: float | None) -> Report:
    return Report.from_labels(given.ravel(), guess.ravel(), [str(name) for name in classes.tolist()], loss)


@dataclass(frozen=True, slots=True, eq=False)
class LabelCoding:
    """K scores a row (or token): the largest is the answer.

    `one_hot` is the dtype of one-hot rows for a loss that takes values; `None` for one that takes labels.
    """

    classes: Array
    out_shape: Shape
    one_hot: "np.dtype[Any] | None"
    task: Literal["classification"] = "classification"
    numbered: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find, once, whether the classes are called by their numbers."""
        object.__setattr__(self, "numbered", numbered(self.classes))

    def given(self, y: Any, rows: int) -> Array:  # noqa: ARG002  # one protocol; the length is checked by the caller
        """Check labels: indices `(rows, *tokens)`."""
        if self.numbered and are_indices(y, len(self.classes), self.out_shape[:-1]):
            return np.asarray(y)
        return class_indices(y, self.classes, self.out_shape[:-1])

    def placeholder(self, rows: int) -> Array:
        """Make an array of indices."""
        return np.zeros((rows, *self.out_shape[:-1]), np.intp)

    def target(self) -> Scratch | None:
        """Want one-hot rows, or indices as they are."""
        return None if self.one_hot is None else Scratch(self.out_shape, self.one_hot)

    def spread(self, given: Array, targets: Array) -> Calls:
        """Yield the one-hot rows."""
        yield kernels.one_hot, given, np.arange(len(self.classes)), targets

    def scratch(self) -> Mapping[str, Scratch]:
        """Name the guesses and whether they hit."""
        return {"guess": Scratch(self.out_shape[:-1], np.intp), "hit": Scratch(self.out_shape[:-1], bool)}

    def count(self, scores: Array, given: Array, s: Mapping[str, Array], correct: Array) -> Calls:
        """Yield the share of right answers."""
        yield kernels.count_largest, scores, given, s["guess"], s["hit"], correct

    def answers(self, scores: Array) -> Array:
        """Give the class with the largest score."""
        return np.asarray(self.classes[np.argmax(scores, axis=-1)])

    def report(self, scores: Array, given: Array, loss: float | None) -> Report:
        """Judge the largest scores."""
        return _report(np.argmax(scores, axis=-1), given, self.classes, loss)


@dataclass(frozen=True, slots=True, eq=False)
class BinaryCoding:
    """One output a row for two classes: above the threshold means the second."""

    classes: Array
    dtype: "np.dtype[Any]"
    threshold: float
    task: Literal["classification"] = "classification"
    numbered: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find, once, whether the classes are called by their numbers."""
        object.__setattr__(self, "numbered", numbered(self.classes))

    def given(self, y: Any, rows: int) -> Array:  # noqa: ARG002  # one protocol; the length is checked by the caller
        """Check labels: indices `(rows,)`, 0 or 1."""
        return np.asarray(y) if self.numbered and are_indices(y, 2, ()) else class_indices(y, self.classes)

    def placeholder(self, rows: int) -> Array:
        """Make an array of indices."""
        return np.zeros(rows, np.intp)

    def target(self) -> Scratch | None:
        """Want a column of 0 and 1."""
        return Scratch((1,), self.dtype)

    def spread(self, given: Array, targets: Array) -> Calls:
        """Yield the column."""
        yield kernels.column, given, targets

    def scratch(self) -> Mapping[str, Scratch]:
        """Name whether the answers hit."""
        return {"hit": Scratch((), bool)}

    def count(self, scores: Array, given: Array, s: Mapping[str, Array], correct: Array) -> Calls:
        """Yield the share of right answers."""
        yield kernels.count_threshold, scores, given, self.threshold, s["hit"], correct

    def answers(self, scores: Array) -> Array:
        """Give the second class where the score is above the threshold."""
        return np.asarray(self.classes[self._second(scores)])

    def report(self, scores: Array, given: Array, loss: float | None) -> Report:
        """Judge the answers."""
        return _report(self._second(scores), given, self.classes, loss)

    def _second(self, scores: Array) -> Array:
        return np.asarray((scores[:, 0] > self.threshold).astype(np.intp))
