"""Dropout."""

from typing import Annotated, Literal

from pydantic import Field

from nn_layers.kernels import dropout
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec


@spec
class Dropout:
    """In training, sets each number to 0 with probability `rate` and divides the others by `1 - rate`.

    At inference it is the identity, without a copy. The expectation of the output is the input in both.

    Parameters
    ----------
    rate
        Share of numbers dropped, in [0, 1).

    Notes
    -----
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014. The paper scales
    the weights at inference; this is the inverted form of PyTorch and Keras, which scales in training.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([Dropout(0.5)], input_shape=(4,), rows=1)
    >>> x = np.ones((1, 4), dtype="float32")
    >>> stack.forward(x).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    >>> set(stack.forward(x, training=True).ravel().tolist()) <= {0.0, 2.0}
    True
    """

    rate: Annotated[float, Field(ge=0, lt=1)] = 0.5
    kind: Literal["Dropout"] = Field(default="Dropout", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan the mask; outside training, a view."""
        if self.rate == 0.0:
            return Plan(in_shape, view=True)
        mask = Scratch(in_shape, kept=True, training=True)
        return Plan(in_shape, scratch={"mask": mask}, view="inference", random=True)

    def forward(self, f: Frame) -> Calls:
        """Yield y = x mask; a view has none."""
        if "mask" in f.s:
            yield dropout.draw, f.rng, 1.0 - self.rate, 1.0 / (1.0 - self.rate), f.s["mask"]
            yield dropout.apply, f.x, f.s["mask"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy mask."""
        if f.dx is not None and "mask" in f.s:
            yield dropout.apply, f.dy, f.s["mask"], f.dx
