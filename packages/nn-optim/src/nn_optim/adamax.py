"""Adam with the greatest gradient in place of the mean square."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.fields import Betas, Epsilon
from nn_optim.kernels import adamax
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec
from nn_optim.vectors import check_eps


@spec
class AdaMax:
    """Adam in the infinity norm: `p -= lr m / ((1 - b1^t) u)`.

    At update t = 1, 2, ...: `m = b1 m + (1 - b1) g`, `u = max(b2 u, |g| + eps)`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    betas : (float, float)
        b1 and b2, each in [0, 1); a tuple, list or flat array.
    eps : float
        What keeps the division finite, above 0, and at least 1.2e-38 for theta of float32 (2.3e-308 for float64);
        added to the magnitude of each gradient.

    Notes
    -----
    Kingma and Ba, "Adam" (2015), section 7.1, Algorithm 2, which has no epsilon. As PyTorch's `Adamax`. Keras (rate
    0.001, epsilon 1e-7) divides by `max(b2 u, |g|) + eps`. nn-rs only names it.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import AdaMax
    >>> rule, theta = AdaMax(lr=0.5), np.array([1.0, 1.0])
    >>> state = rule.init(theta)
    >>> rule.update(theta, np.array([4.0, -0.1]), state)
    >>> theta.round(6).tolist()
    [0.5, 1.5]
    """

    lr: LearningRate = 0.002
    betas: Betas = (0.9, 0.999)
    eps: Epsilon = 1e-8
    kind: Literal["AdaMax"] = Field(default="AdaMax", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"m": Slot(), "u": Slot(sign="not negative")})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        m, u = f.slots["m"], f.slots["u"]
        eps = check_eps("AdaMax", self.eps, f.theta.dtype)
        yield adamax.update, f.theta, f.grad, m, u, f.scratch, f.lr, f.step, *self.betas, eps

    init, update = by_hand.init, by_hand.update
