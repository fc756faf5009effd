"""The rectified linear unit."""

from typing import Literal

import numpy as np
from pydantic import Field

from nn_layers.kernels import relu
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec


@spec
class ReLU:
    """Rectified linear unit, `y = max(x, 0)`; its derivative at 0 is 0.

    Notes
    -----
    Nair, Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", 2010. As PyTorch and Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> Stack([ReLU()], input_shape=(2,), rows=1).forward(np.array([[-1.0, 2.0]], dtype="float32")).tolist()
    [[0.0, 2.0]]
    """

    kind: Literal["ReLU"] = Field(default="ReLU", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan one boolean mask for the backward pass."""
        return Plan(in_shape, scratch={"positive": Scratch(in_shape, bool, training=True)})

    def forward(self, f: Frame) -> Calls:
        """Yield y = max(x, 0)."""
        yield relu.forward, f.x, np.zeros(f.x.shape, f.x.dtype), f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy where y > 0."""
        if f.dx is not None:
            yield relu.backward, f.dy, f.y, f.s["positive"], f.dx
