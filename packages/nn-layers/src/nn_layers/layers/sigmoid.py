"""The logistic function."""

from typing import Literal

from pydantic import Field

from nn_layers.kernels import sigmoid
from nn_layers.protocol import Calls, Frame, Plan, Shape
from nn_layers.spec import spec


@spec
class Sigmoid:
    """Logistic function, `y = 1 / (1 + exp(-x))`.

    As the last layer before `BinaryCrossEntropy` a model leaves it out of the training program, since that loss
    takes scores, and applies it once in `predict_proba`.

    Notes
    -----
    Overflows for no input. As PyTorch and Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> Stack([Sigmoid()], input_shape=(2,), rows=1).forward(np.array([[0.0, 1e4]], dtype="float32")).tolist()
    [[0.5, 1.0]]
    """

    kind: Literal["Sigmoid"] = Field(default="Sigmoid", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan no array."""
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        """Yield y = 1 / (1 + exp(-x))."""
        yield sigmoid.forward, f.x, sigmoid.exponent_limit(f.x), f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy y (1 - y)."""
        if f.dx is not None:
            yield sigmoid.backward, f.dy, f.y, f.dx
