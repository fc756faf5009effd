"""Gradient descent without memory."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from nn_optim import by_hand
from nn_optim.kernels import sgd
from nn_optim.protocol import Calls, OptimizerFrame, Slot
from nn_optim.schedules import LearningRate
from nn_optim.spec import spec


@spec
class SGD:
    """Stochastic gradient descent: `p -= lr g`.

    Parameters
    ----------
    lr : float or schedule
        The learning rate.

    Notes
    -----
    Robbins and Monro (1951). The same in PyTorch, Keras and nn-rs; PyTorch's default rate is 0.001, Keras's is this.
    For momentum see `Momentum` and `Nesterov`.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import SGD
    >>> sgd, theta = SGD(lr=0.5), np.array([1.0, 2.0])
    >>> state = sgd.init(theta)
    >>> sgd.update(theta, np.array([1.0, -1.0]), state)
    >>> theta.tolist()
    [0.5, 2.5]
    """

    lr: LearningRate = 0.01
    kind: Literal["SGD"] = Field(default="SGD", kw_only=True)

    slots: ClassVar[Mapping[str, Slot]] = MappingProxyType({})
    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update."""
        yield sgd.update, f.theta, f.grad, f.scratch, f.lr

    init, update = by_hand.init, by_hand.update
