"""Huber's loss of regression."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nn_loss.by_hand import value_and_grad
from nn_loss.kernels import huber
from nn_loss.protocol import Calls, LossFrame, Scratch, Shape
from nn_loss.spec import spec
from nn_loss.wiring import element_scratch, element_shares


@spec
class Huber:
    """Huber's loss: squared error near the target, absolute error far from it.

    The mean over all elements of d^2 / 2 where |d| <= delta and of delta (|d| - delta / 2) elsewhere, with
    d = score - target. With a weight per row it is sum(w l) / (sum(w) * elements of a row).

    Parameters
    ----------
    delta
        Where the parabola becomes a line, in the targets' unit; above 0, at most 1e30.

    Raises
    ------
    ValidationError
        `delta` is not in its range.

    See Also
    --------
    value_and_grad : shapes, errors and the use by hand.

    Notes
    -----
    As `torch.nn.HuberLoss` and Keras's `Huber`. PyTorch's `SmoothL1Loss` is this divided by delta.

    References
    ----------
    Huber, "Robust Estimation of a Location Parameter", 1964.

    Examples
    --------
    >>> import numpy as np
    >>> scores, targets = np.array([[1.0], [4.0]]), np.array([[0.0], [1.0]])
    >>> Huber(delta=2.0).value_and_grad(scores, targets)
    2.25
    >>> Huber(delta=2.0)
    Huber(delta=2.0)
    """

    delta: Annotated[float, Field(gt=0, le=1e30)] = 1.0
    kind: Literal["Huber"] = Field(default="Huber", kw_only=True)

    targets: ClassVar[Literal["labels", "values"]] = "values"
    link: ClassVar[Literal["softmax", "sigmoid"] | None] = None

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the work arrays for scores whose single row has this shape."""
        return element_scratch(shape, "d", "c", "shared")

    def calls(self, f: LossFrame) -> Calls:
        """Yield the kernel calls of the value and, unless `f.dscores` is `None`, of the gradient."""
        share, filling = element_shares(f)
        yield from filling
        shared = f.s["shared"] if f.dscores is None else f.dscores
        yield huber.value, f.scores, f.targets, share, self.delta, f.value, f.s["d"], f.s["c"], shared

    value_and_grad = value_and_grad
