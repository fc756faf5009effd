"""The exponential linear units, plain and self-normalising."""

from typing import Annotated, Literal

from pydantic import Field

from nn_layers.kernels import elu
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec


def _general(in_shape: Shape) -> Plan:
    """Plan what the general form needs; the plain one (scale 1, alpha 1) needs nothing."""
    return Plan(in_shape, scratch={"s": Scratch(in_shape), "positive": Scratch(in_shape, bool, training=True)})


@spec
class ELU:
    """Exponential linear unit: `y = x` where `x > 0`, else `alpha (exp(x) - 1)`.

    Parameters
    ----------
    alpha
        Minus the limit on the far left, in [0, 1e6].

    Notes
    -----
    Clevert, Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2016.
    As PyTorch, Keras and nn-rs. The derivative at 0 is taken from the left, alpha, as there.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> Stack([ELU()], input_shape=(2,), rows=1).forward(np.array([[-1e4, 2.0]], dtype="float32")).tolist()
    [[-1.0, 2.0]]
    """

    alpha: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    kind: Literal["ELU"] = Field(default="ELU", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan scratch, unless alpha is 1."""
        return Plan(in_shape) if self.alpha == 1.0 else _general(in_shape)

    def forward(self, f: Frame) -> Calls:
        """Yield y = x or alpha (exp(x) - 1)."""
        if self.alpha <= 1.0:
            yield elu.forward, f.x, self.alpha, f.y
        else:
            yield elu.forward_scaled, f.x, self.alpha, 1.0, f.s["s"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy where y > 0, else dy (y + alpha)."""
        if f.dx is None:
            return
        if self.alpha == 1.0:
            yield elu.backward, f.dy, f.y, f.dx
        else:
            yield elu.backward_scaled, f.dy, f.y, self.alpha, 1.0, f.s["positive"], f.s["s"], f.dx


@spec
class SELU:
    """Scaled exponential linear unit: `scale` times an ELU, so that signals keep mean 0 and variance 1.

    Use it with `LeCun()` initialisation.

    Parameters
    ----------
    alpha, scale
        The defaults are the paper's fixed point; in [0, 1e6], and in (0, 1e6].

    Notes
    -----
    Klambauer, Unterthiner, Mayr, Hochreiter, "Self-Normalizing Neural Networks", 2017. As PyTorch and Keras; nn-rs
    wants both numbers given.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> y = Stack([SELU()], input_shape=(2,), rows=1).forward(np.array([[-1e4, 1.0]], dtype="float32"))
    >>> y.round(4).tolist() == np.array([[-1.7581, 1.0507]], dtype="float32").tolist()
    True
    """

    alpha: Annotated[float, Field(ge=0, le=1e6)] = 1.6732632423543772
    scale: Annotated[float, Field(gt=0, le=1e6)] = 1.0507009873554805
    kind: Literal["SELU"] = Field(default="SELU", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan scratch."""
        return _general(in_shape)

    def forward(self, f: Frame) -> Calls:
        """Yield y = scale x or scale alpha (exp(x) - 1)."""
        yield elu.forward_scaled, f.x, self.alpha, self.scale, f.s["s"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = scale dy where y > 0, else dy (y + scale alpha)."""
        if f.dx is not None:
            yield elu.backward_scaled, f.dy, f.y, self.alpha, self.scale, f.s["positive"], f.s["s"], f.dx
