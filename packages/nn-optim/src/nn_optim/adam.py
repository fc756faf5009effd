"""A running mean of the gradient over the root of a running mean of its square."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.fields import Betas, Epsilon, NotNegative
from nn_optim.kernels import adam, decay
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec
from nn_optim.vectors import check_eps


@spec
class Adam:
    """Adaptive moments: `p -= lr m_hat / (sqrt(v_hat) + eps)`.

    At update t = 1, 2, ...: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `m_hat = m / (1 - b1^t)`,
    `v_hat = v / (1 - b2^t)`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate: about the length of a step of each parameter.
    betas : (float, float)
        b1 and b2, each in [0, 1); a tuple, list or flat array.
    eps : float
        Epsilon, outside the root, above 0, and at least 1.2e-38 / sqrt(1 - b2) for theta of float32 (2.3e-308 for
        float64).

    Notes
    -----
    Kingma and Ba, "Adam" (2015), Algorithm 1. The same in PyTorch, nn-rs (which names the betas `momentum` and
    `decay_rate`) and rsnet. Keras (epsilon 1e-7) adds epsilon to the uncorrected root, the paper's "epsilon hat",
    which weighs more in the first steps.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import Adam
    >>> adam, theta = Adam(lr=0.5), np.array([1.0, 1.0])
    >>> state = adam.init(theta)
    >>> adam.update(theta, np.array([4.0, -0.1]), state)
    >>> theta.round(6).tolist()
    [0.5, 1.5]
    """

    lr: LearningRate = 0.001
    betas: Betas = (0.9, 0.999)
    eps: Epsilon = 1e-8
    kind: Literal["Adam"] = Field(default="Adam", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"m": Slot(), "v": Slot(sign="not negative")})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        yield _adam("Adam", f, self.betas, self.eps)

    init, update = by_hand.init, by_hand.update


@spec
class AdamW:
    """Adam with decoupled weight decay: `p *= 1 - lr weight_decay`, then Adam's update.

    The decay does not enter the means, as the gradient of an L2 penalty would. It is applied to the ranges given to
    `init(theta, decay)`, by default to all of theta; the rate of the update, a schedule's too, scales it.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    betas : (float, float)
        b1 and b2, each in [0, 1); a tuple, list or flat array.
    eps : float
        Epsilon, outside the root, above 0, and at least 1.2e-38 / sqrt(1 - b2) for theta of float32 (2.3e-308 for
        float64).
    weight_decay : float
        How much of each parameter a step of rate 1 would take away, at least 0.

    Notes
    -----
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). The paper scales the decay by the
    schedule's multiplier alone; PyTorch, Keras (0.004, epsilon 1e-7) and this by the whole rate. PyTorch decays every
    parameter of a group, biases included; whoever knows which ranges are weights should name them. nn-rs has none.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import AdamW
    >>> rule, theta = AdamW(lr=0.5, weight_decay=0.5), np.array([4.0, 4.0])
    >>> state = rule.init(theta, decay=((0, 1),))
    >>> rule.update(theta, np.zeros(2), state)
    >>> theta.tolist()
    [3.0, 4.0]
    """

    lr: LearningRate = 0.001
    betas: Betas = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NotNegative = 0.01
    kind: Literal["AdamW"] = Field(default="AdamW", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"m": Slot(), "v": Slot(sign="not negative")})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        move = _adam("AdamW", f, self.betas, self.eps)
        for start, stop in f.decay:
            yield decay.shrink, f.theta[start:stop], f.lr, self.weight_decay
        yield move

    init, update = by_hand.init, by_hand.update


def _adam(rule: str, f: OptimizerFrame, betas: tuple[float, float], eps: float) -> tuple[object, ...]:
    """Make the call that both have."""
    # The kernel multiplies epsilon by sqrt(1 - b2^t), which is least at t = 1.
    eps = check_eps(rule, eps, f.theta.dtype, share=math.sqrt(1.0 - betas[1]))
    return adam.update, f.theta, f.grad, f.slots["m"], f.slots["v"], f.scratch, f.lr, f.step, *betas, eps
