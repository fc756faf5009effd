"""The Gaussian error linear unit."""

from typing import Literal

from pydantic import Field

from nn_layers.kernels import gelu
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec


@spec
class GELU:
    """Gaussian error linear unit, `y = x Phi(x)` with Phi the normal distribution function.

    Parameters
    ----------
    approximate
        `"none"`: the exact function, to the precision of the dtype. `"tanh"`: the paper's approximation, off by at
        most 5e-4, and about twice as fast.

    Notes
    -----
    Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016. Same names and default as PyTorch's `nn.GELU`; Keras'
    `gelu` is exact by default too.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> float(Stack([GELU()], input_shape=(1,), rows=1).forward(np.array([[1.0]], dtype="float32"))[0, 0].round(4))
    0.8413000106811523
    """

    approximate: Literal["none", "tanh"] = "none"
    kind: Literal["GELU"] = Field(default="GELU", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan the slope that forward leaves for backward, and scratch."""
        slope = Scratch(in_shape, kept=True)
        return Plan(in_shape, scratch={"slope": slope, "u": Scratch(in_shape), "e": Scratch(in_shape)})

    def forward(self, f: Frame) -> Calls:
        """Yield y = x Phi(x); in training also the slope, while its parts are at hand."""
        s = f.s
        if self.approximate == "tanh":
            yield gelu.forward_tanh, f.x, s["slope"], f.y
            if f.training:
                yield gelu.slope_tanh, f.x, s["u"], s["e"], s["slope"]
        else:
            yield gelu.forward, f.x, gelu.terms(f.x), s["u"], s["e"], s["slope"], f.y
            if f.training:
                yield gelu.slope, f.x, s["e"], s["slope"]

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy slope."""
        if f.dx is not None:
            yield gelu.backward, f.dy, f.s["slope"], f.dx
