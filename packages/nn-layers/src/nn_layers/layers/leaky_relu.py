"""The leaky rectified linear unit."""

from typing import Annotated, Literal

from pydantic import Field

from nn_layers.kernels import leaky_relu
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec


@spec
class LeakyReLU:
    """Leaky rectified linear unit: `y = x` where `x > 0`, else `alpha x`; its derivative at 0 is alpha.

    Parameters
    ----------
    alpha
        Slope on the left, in [0, 1).

    Notes
    -----
    Maas, Hannun, Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013. The default is
    PyTorch's and the paper's 0.01; Keras has 0.3; nn-rs has none.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> Stack([LeakyReLU(0.5)], input_shape=(2,), rows=1).forward(np.array([[-1.0, 2.0]], dtype="float32")).tolist()
    [[-0.5, 2.0]]
    """

    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.01
    kind: Literal["LeakyReLU"] = Field(default="LeakyReLU", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan one boolean mask for the backward pass."""
        return Plan(in_shape, scratch={"positive": Scratch(in_shape, bool, training=True)})

    def forward(self, f: Frame) -> Calls:
        """Yield y = max(x, alpha x)."""
        yield leaky_relu.forward, f.x, self.alpha, f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy where x > 0, else alpha dy."""
        if f.dx is not None:
            yield leaky_relu.backward, f.dy, f.x, self.alpha, f.s["positive"], f.dx
