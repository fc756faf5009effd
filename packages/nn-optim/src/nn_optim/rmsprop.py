"""A rate for each parameter from a running mean of its squared gradients."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.fields import Beta, Epsilon
from nn_optim.kernels import rmsprop
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec
from nn_optim.vectors import check_eps


@spec
class RMSProp:
    """AdaGrad that forgets: `v = alpha v + (1 - alpha) g^2`, `p -= lr g / (sqrt(v) + eps)`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    alpha : float
        How much of the mean stays at each step, in [0, 1).
    eps : float
        What keeps the division finite, above 0, and at least 1.2e-38 for theta of float32 (2.3e-308 for float64).
    eps_inside_sqrt : bool
        Divide by `sqrt(v + eps)` instead.

    Notes
    -----
    Hinton, lecture 6e of "Neural Networks for Machine Learning" (2012), where alpha is 0.9. As PyTorch's `RMSprop`
    (not centred, no momentum). The mean starts at 0 and is not corrected for it, so that the first steps are up to
    `1 / sqrt(1 - alpha)` times lr. Keras (rho 0.9, epsilon 1e-7, rate 0.001) and nn-rs put epsilon inside the root:
    `eps_inside_sqrt=True`.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import RMSProp
    >>> rule, theta = RMSProp(lr=0.1, alpha=0.75), np.array([1.0, 1.0])
    >>> state = rule.init(theta)
    >>> rule.update(theta, np.array([4.0, -0.1]), state)
    >>> theta.round(6).tolist()
    [0.8, 1.2]
    """

    lr: LearningRate = 0.01
    alpha: Beta = 0.99
    eps: Epsilon = 1e-8
    eps_inside_sqrt: bool = False
    kind: Literal["RMSProp"] = Field(default="RMSProp", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"v": Slot(sign="not negative")})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        eps, inside = check_eps("RMSProp", self.eps, f.theta.dtype), int(self.eps_inside_sqrt)
        yield rmsprop.update, f.theta, f.grad, f.slots["v"], f.scratch, f.lr, self.alpha, eps, inside

    init, update = by_hand.init, by_hand.update
