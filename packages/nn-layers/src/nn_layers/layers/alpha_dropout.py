"""Dropout for self-normalising networks."""

from math import sqrt
from typing import Annotated, Literal

from pydantic import Field

from nn_layers.kernels import dropout
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec

LOW = -1.0507009873554805 * 1.6732632423543772
"""Where SELU ends on the far left: minus its scale times its alpha."""


@spec
class AlphaDropout:
    """In training, sets each number to SELU's left limit with probability `rate`, and keeps mean 0 and variance 1.

    `y = a (x or low) + b`, with `low = -1.7581`, `q = 1 - rate`, `a = 1 / sqrt(q + low^2 q (1 - q))` and
    `b = -a (1 - q) low`: inputs of mean 0 and variance 1 come out so. At inference it is the identity, without a copy.
    It goes with `SELU()` and `LeCun()`; with other activations take `Dropout`.

    Parameters
    ----------
    rate
        Share of numbers dropped, in [0, 1). Klambauer and others recommend 0.05 to 0.1.

    Notes
    -----
    Klambauer, Unterthiner, Mayr, Hochreiter, "Self-Normalizing Neural Networks", 2017. As PyTorch's `nn.AlphaDropout`
    and Keras' `AlphaDropout`; theirs take a rate of 1 too, which drops everything.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([AlphaDropout(0.5)], input_shape=(4,), rows=1)
    >>> x = np.ones((1, 4), dtype="float32")
    >>> stack.forward(x).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    >>> y = stack.forward(x, training=True).round(3)
    >>> bool(np.isin(y, np.array([-0.779, 1.666], dtype="float32")).all())
    True
    """

    rate: Annotated[float, Field(ge=0, lt=1)] = 0.5
    kind: Literal["AlphaDropout"] = Field(default="AlphaDropout", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan the mask; outside training, a view."""
        if self.rate == 0.0:
            return Plan(in_shape, view=True)
        mask = Scratch(in_shape, kept=True, training=True)
        return Plan(in_shape, scratch={"mask": mask}, view="inference", random=True)

    def forward(self, f: Frame) -> Calls:
        """Yield y = a (x or low) + b, the mask being a or 0; a view has none."""
        if "mask" in f.s:
            q = 1.0 - self.rate
            a = 1.0 / sqrt(q + LOW * LOW * q * self.rate)
            yield dropout.draw, f.rng, q, a, f.s["mask"]
            yield dropout.apply_alpha, f.x, f.s["mask"], LOW, a * q * LOW, f.y  # a low + b = a q low

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy mask."""
        if f.dx is not None and "mask" in f.s:
            yield dropout.apply, f.dy, f.s["mask"], f.dx
