"""Squared and absolute error, for regression."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from nn_loss.by_hand import value_and_grad
from nn_loss.kernels import mae, mse
from nn_loss.protocol import Calls, LossFrame, Scratch, Shape
from nn_loss.spec import spec
from nn_loss.wiring import element_scratch, element_shares


@spec
class MSE:
    """Mean squared error, the mean over all elements of (score - target)^2.

    With a weight per row it is sum(w (score - target)^2) / (sum(w) * elements of a row).

    See Also
    --------
    value_and_grad : shapes, errors and the use by hand.

    Notes
    -----
    As `torch.nn.MSELoss`. Some books and programs halve it; this one does not, so its gradient has a factor 2.
    nn-rs puts a softmax in front of its squared error and leaves the softmax out of the gradient; here scores
    are compared as they are.

    References
    ----------
    Gauss, "Theoria combinationis observationum erroribus minimis obnoxiae", 1823.

    Examples
    --------
    >>> import numpy as np
    >>> scores, targets = np.array([[1.0], [4.0]]), np.array([[0.0], [1.0]])
    >>> dscores = np.empty_like(scores)
    >>> MSE().value_and_grad(scores, targets, out=dscores)
    5.0
    >>> dscores.ravel()
    array([1., 3.])
    """

    kind: Literal["MSE"] = Field(default="MSE", kw_only=True)

    targets: ClassVar[Literal["labels", "values"]] = "values"
    link: ClassVar[Literal["softmax", "sigmoid"] | None] = None

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the work arrays for scores whose single row has this shape."""
        return element_scratch(shape, "d", "shared")

    def calls(self, f: LossFrame) -> Calls:
        """Yield the kernel calls of the value and, unless `f.dscores` is `None`, of the gradient."""
        share, filling = element_shares(f)
        yield from filling
        shared = f.s["shared"] if f.dscores is None else f.dscores
        yield mse.value, f.scores, f.targets, share, f.value, f.s["d"], shared
        if f.dscores is not None:
            yield mse.grad, f.dscores

    value_and_grad = value_and_grad


@spec
class MAE:
    """Mean absolute error, the mean over all elements of |score - target|.

    With a weight per row it is sum(w |score - target|) / (sum(w) * elements of a row).

    See Also
    --------
    value_and_grad : shapes, errors and the use by hand.

    Notes
    -----
    As `torch.nn.L1Loss`; the derivative where score and target are equal is taken as 0.

    References
    ----------
    Laplace, "Sur quelques points du système du monde", 1789.

    Examples
    --------
    >>> import numpy as np
    >>> scores, targets = np.array([[1.0], [4.0], [2.0]]), np.array([[0.0], [6.0], [2.0]])
    >>> dscores = np.empty_like(scores)
    >>> MAE().value_and_grad(scores, targets, out=dscores)
    1.0
    >>> dscores.ravel().round(3)
    array([ 0.333, -0.333,  0.   ])
    """

    kind: Literal["MAE"] = Field(default="MAE", kw_only=True)

    targets: ClassVar[Literal["labels", "values"]] = "values"
    link: ClassVar[Literal["softmax", "sigmoid"] | None] = None

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the work arrays for scores whose single row has this shape."""
        return element_scratch(shape, "d")

    def calls(self, f: LossFrame) -> Calls:
        """Yield the kernel calls of the value and, unless `f.dscores` is `None`, of the gradient."""
        share, filling = element_shares(f)
        yield from filling
        if f.dscores is None:
            yield mae.value, f.scores, f.targets, share, f.value, f.s["d"]
        else:
            yield mae.value_and_grad, f.scores, f.targets, share, f.value, f.s["d"], f.dscores

    value_and_grad = value_and_grad
