"""A rate for each parameter from the sum of its squared gradients."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.fields import Epsilon
from nn_optim.kernels import adagrad
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec
from nn_optim.vectors import check_eps


@spec
class AdaGrad:
    """Steps that shrink where much has been learned: `a += g^2`, `p -= lr g / (sqrt(a) + eps)`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    eps : float
        What keeps the division finite, above 0, and at least 1.2e-38 for theta of float32 (2.3e-308 for float64).
    eps_inside_sqrt : bool
        Divide by `sqrt(a + eps)` instead.

    Notes
    -----
    Duchi, Hazan and Singer (2011), the diagonal form. As PyTorch's `Adagrad` (with its defaults: no decay of the
    rate, the sum starts at 0). Keras puts epsilon (1e-7) inside the root, starts the sum at 0.1 and has the default
    rate 0.001; to have its formula give `eps_inside_sqrt=True` and fill the state's slot `a`. nn-rs has none.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import AdaGrad
    >>> rule, theta = AdaGrad(lr=0.5), np.array([1.0, 1.0])
    >>> state = rule.init(theta)
    >>> rule.update(theta, np.array([4.0, -0.1]), state)
    >>> theta.round(6).tolist()  # the first step is lr whatever the gradient's size
    [0.5, 1.5]
    """

    lr: LearningRate = 0.01
    eps: Epsilon = 1e-10
    eps_inside_sqrt: bool = False
    kind: Literal["AdaGrad"] = Field(default="AdaGrad", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"a": Slot(sign="not negative")})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        eps, inside = check_eps("AdaGrad", self.eps, f.theta.dtype), int(self.eps_inside_sqrt)
        yield adagrad.update, f.theta, f.grad, f.slots["a"], f.scratch, f.lr, eps, inside

    init, update = by_hand.init, by_hand.update
