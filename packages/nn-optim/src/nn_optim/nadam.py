"""Adam with Nesterov's look ahead, in two of the formulas that go by that name."""

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.fields import Betas, Epsilon, NotNegative
from nn_optim.kernels import nadam
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec
from nn_optim.vectors import check_eps


@spec
class Nadam:
    """Adam that uses the mean it will have at the next step: `p -= lr (c m + d g) / (sqrt(v_hat) + eps)`.

    At update t = 1, 2, ...: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `v_hat = v / (1 - b2^t)`, and

    * with a number psi as `momentum_decay`, Dozat's schedule `mu_t = b1 (1 - 0.96^(t psi) / 2)`:
      `c = mu_{t+1} / (1 - mu_1 mu_2 ... mu_{t+1})`, `d = (1 - mu_t) / (1 - mu_1 mu_2 ... mu_t)`;
    * with `momentum_decay=None`: `c = b1 / (1 - b1^t)`, `d = (1 - b1) / (1 - b1^t)`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    betas : (float, float)
        b1 and b2, each in [0, 1); a tuple, list or flat array.
    eps : float
        Epsilon, outside the root, above 0, and at least 1.2e-38 / sqrt(1 - b2) for theta of float32 (2.3e-308 for
        float64).
    momentum_decay : float or None
        psi, at least 0: the momentum rises from about b1 / 2 towards b1, the faster the greater it is. `None`: no
        schedule.

    Notes
    -----
    Dozat, "Incorporating Nesterov Momentum into Adam" (2016), with psi = 1/250 for 0.004. Four formulas in the wild:
    this default is PyTorch's `NAdam`; Keras's is psi = 1 (rate 0.001, epsilon 1e-7); nn-rs's is
    `momentum_decay=None`; the paper without its schedule has `c = b1 / (1 - b1^(t+1))`, one step further
    than nn-rs.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import Nadam
    >>> rule, theta = Nadam(lr=0.5, betas=(0.5, 0.9), momentum_decay=None), np.array([1.0, 1.0])
    >>> state = rule.init(theta)
    >>> rule.update(theta, np.array([4.0, -0.1]), state)
    >>> theta.round(6).tolist()  # 1 - 0.5 * (0.5 + 1) * sign(g)
    [0.25, 1.75]
    """

    lr: LearningRate = 0.002
    betas: Betas = (0.9, 0.999)
    eps: Epsilon = 1e-8
    momentum_decay: NotNegative | None = 0.004
    kind: Literal["Nadam"] = Field(default="Nadam", kw_only=True)

    blocks: ClassVar[int] = 2

    @property
    def slots(self) -> Mapping[str, Slot]:
        """Both means, and with a schedule the product of its momenta so far."""
        means = {"m": Slot(), "v": Slot(sign="not negative")}
        return means if self.momentum_decay is None else means | {"product": Slot(like_theta=False, fill=1.0)}

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        vectors = (f.theta, f.grad, f.slots["m"], f.slots["v"])
        # The kernel multiplies epsilon by sqrt(1 - b2^t), which is least at t = 1.
        eps = check_eps("Nadam", self.eps, f.theta.dtype, share=math.sqrt(1.0 - self.betas[1]))
        numbers = (f.scratch, f.lr, f.step, *self.betas, eps)
        if self.momentum_decay is None:
            yield nadam.unscheduled, *vectors, *numbers
        else:
            yield nadam.scheduled, *vectors, f.slots["product"], *numbers, self.momentum_decay

    init, update = by_hand.init, by_hand.update
