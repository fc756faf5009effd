"""Gradient descent with a velocity: the heavy ball, and Nesterov's look ahead."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.fields import Beta
from nn_optim.kernels import momentum, nesterov
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec


@spec
class Momentum:
    """The heavy ball: `b = mu b + g`, `p -= lr b`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    momentum : float
        mu, in [0, 1).

    Notes
    -----
    Polyak (1964). As PyTorch's `SGD(momentum=mu)` with no dampening. Keras, nn-rs and rsnet keep the velocity with
    the rate in it, `v = mu v - lr g`, `p += v`: the same while the rate is constant; when it changes, here the whole
    velocity takes the new rate at once, there only gradients still to come do.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import Momentum
    >>> rule, theta = Momentum(lr=0.5, momentum=0.5), np.array([1.0])
    >>> state = rule.init(theta)
    >>> for _ in range(2):
    ...     rule.update(theta, np.array([1.0]), state)
    >>> theta.item()  # 1 - 0.5 * 1 - 0.5 * 1.5
    -0.25
    """

    lr: LearningRate = 0.01
    momentum: Beta = 0.9
    kind: Literal["Momentum"] = Field(default="Momentum", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"b": Slot()})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        yield momentum.update, f.theta, f.grad, f.slots["b"], f.scratch, f.lr, self.momentum

    init, update = by_hand.init, by_hand.update


@spec
class Nesterov:
    """The heavy ball that looks one step ahead: `b = mu b + g`, `p -= lr (g + mu b)`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.
    momentum : float
        mu, in [0, 1).

    Notes
    -----
    Nesterov (1983), in the form of Sutskever et al. (2013) that needs the gradient only where the parameters are. As
    PyTorch's `SGD(momentum=mu, nesterov=True)`. Keras and nn-rs (`NAGOptimizer`) keep the velocity with the rate in
    it, `v = mu v - lr g`, `p += mu v - lr g`: the same while the rate is constant.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import Nesterov
    >>> rule, theta = Nesterov(lr=0.5, momentum=0.5), np.array([1.0])
    >>> state = rule.init(theta)
    >>> rule.update(theta, np.array([1.0]), state)
    >>> theta.item()  # 1 - 0.5 * (1 + 0.5 * 1)
    0.25
    """

    lr: LearningRate = 0.01
    momentum: Beta = 0.9
    kind: Literal["Nesterov"] = Field(default="Nesterov", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({"b": Slot()})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        yield nesterov.update, f.theta, f.grad, f.slots["b"], f.scratch, f.lr, self.momentum

    init, update = by_hand.init, by_hand.update
