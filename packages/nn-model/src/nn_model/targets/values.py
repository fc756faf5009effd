"""Targets that are numbers: regression."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nn_layers import ShapeError
from nn_layers.protocol import Calls, Scratch, Shape
from nn_model.arrays import Array, as_numbers
from nn_model.metrics import RegressionReport


@dataclass(frozen=True, slots=True, eq=False)
class ValueCoding:
    """The outputs are the answers."""

    out_shape: Shape
    dtype: "np.dtype[Any]"
    task: Literal["regression"] = "regression"
    classes: None = None

    def given(self, y: Any, rows: int) -> Array:
        """Check values: of the outputs' shape, never broadcast to it."""
        values = as_numbers(y, "y", self.dtype)
        wanted = (rows, *self.out_shape)
        if values.shape != wanted:
            same = values.size == np.prod(wanted)
            hint = f"; write y.reshape(-1, {', '.join(map(str, self.out_shape))})" if same and self.out_shape else ""
            raise ShapeError(f"y must have the shape of the outputs, {wanted}; got {values.shape}{hint}")
        return values

    def placeholder(self, rows: int) -> Array:
        """Make an array of values."""
        return np.zeros((rows, *self.out_shape), self.dtype)

    def target(self) -> Scratch | None:
        """Use values as they are."""
        return None

    def spread(self, given: Array, targets: Array) -> Calls:  # noqa: ARG002  # one protocol; given are the targets
        """Yield nothing."""
        yield from ()

    def scratch(self) -> Mapping[str, Scratch]:
        """Need nothing."""
        return {}

    def count(self, scores: Array, given: Array, s: Mapping[str, Array], correct: Array) -> Calls:  # noqa: ARG002  # one protocol; values are not counted
        """Yield nothing: values are not right or wrong."""
        yield from ()

    def answers(self, scores: Array) -> Array:
        """Give the outputs."""
        return scores

    def report(self, scores: Array, given: Array, loss: float | None) -> RegressionReport:
        """Judge the outputs."""
        return RegressionReport.from_values(given, scores, loss)
