"""The hyperbolic tangent."""

from typing import Literal

from pydantic import Field

from nn_layers.kernels import tanh
from nn_layers.protocol import Calls, Frame, Plan, Shape
from nn_layers.spec import spec


@spec
class Tanh:
    """Hyperbolic tangent, `y = tanh(x)`.

    Use it with `Glorot()` or `LeCun()` initialisation. As PyTorch and Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> Stack([Tanh()], input_shape=(2,), rows=1).forward(np.array([[0.0, 1e4]], dtype="float32")).tolist()
    [[0.0, 1.0]]
    """

    kind: Literal["Tanh"] = Field(default="Tanh", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan no array."""
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        """Yield y = tanh(x)."""
        yield tanh.forward, f.x, f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy (1 - y^2)."""
        if f.dx is not None:
            yield tanh.backward, f.dy, f.y, f.dx
