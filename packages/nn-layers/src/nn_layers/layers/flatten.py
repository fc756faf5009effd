"""Rows of any shape as rows of numbers."""

import math
from typing import Literal

from pydantic import Field

from nn_layers.protocol import Calls, Frame, Plan, Shape
from nn_layers.spec import spec


@spec
class Flatten:
    """Every row as one line of numbers, in row-major order: `(rows, 28, 28)` becomes `(rows, 784)`.

    No arithmetic and no copy: the output is the input's memory in another shape. As PyTorch's `nn.Flatten` and
    Keras' `Flatten`.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([Flatten()], input_shape=(2, 3), rows=4)
    >>> stack.forward(np.zeros((4, 2, 3), dtype="float32")).shape
    (4, 6)
    """

    kind: Literal["Flatten"] = Field(default="Flatten", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan no array: a view."""
        return Plan((math.prod(in_shape),), view=True)

    def forward(self, f: Frame) -> Calls:  # noqa: ARG002  # the protocol's argument; a view has no arithmetic
        """Yield nothing."""
        yield from ()

    def backward(self, f: Frame) -> Calls:  # noqa: ARG002  # the protocol's argument; a view has no arithmetic
        """Yield nothing."""
        yield from ()
