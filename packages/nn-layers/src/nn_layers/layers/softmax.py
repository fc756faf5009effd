"""Scores as probabilities."""

from typing import Literal

from pydantic import Field

from nn_layers.errors import ShapeError
from nn_layers.kernels import softmax
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape, rows_of
from nn_layers.spec import spec


@spec
class Softmax:
    """Softmax over the last axis, `y = exp(x) / sum exp(x)`: positive numbers that sum to 1.

    As the last layer before `CrossEntropy` a model leaves it out of the training program, since that loss takes
    scores, and applies it once in `predict_proba`. Elsewhere it is a genuine layer with its whole Jacobian (nn-rs'
    panics in its backward pass).

    Raises
    ------
    ShapeError
        When stacked: rows that are single numbers.

    Notes
    -----
    Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs", 1990. PyTorch wants the
    axis named; here it is the last, as in Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> Stack([Softmax()], input_shape=(2,), rows=1).forward(np.array([[1e4, 1e4]], dtype="float32")).tolist()
    [[0.5, 0.5]]
    """

    kind: Literal["Softmax"] = Field(default="Softmax", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan one number a row of scratch."""
        if not in_shape:
            raise ShapeError(got=rows_of(in_shape), remedy="put a Dense layer before Softmax")
        return Plan(in_shape, scratch={"s": Scratch((*in_shape[:-1], 1))})

    def forward(self, f: Frame) -> Calls:
        """Yield y = exp(x) / sum exp(x)."""
        yield softmax.forward, f.x, f.s["s"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = y (dy - sum dy y)."""
        if f.dx is not None:
            yield softmax.backward, f.dy, f.y, f.s["s"], f.dx
