"""What an optimizer is: a spec that yields the kernel calls of one update of one flat vector."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from nn_optim.schedules import Schedule
    from nn_optim.state import OptimizerState

Array = np.ndarray[Any, np.dtype[Any]]
Kernel = Callable[..., None]
Calls = Iterator[tuple[Any, ...]]
Ranges = tuple[tuple[int, int], ...]

BLOCK = 262144
"""Elements that a kernel works on at a time, so that they stay in cache from the first operation to the last."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An array that an optimizer keeps from step to step: of theta's length and dtype, or one float64 number.

    Attributes
    ----------
    like_theta
        Whether it is of theta's length and dtype.
    fill
        The number that it starts from.
    sign
        What its numbers can be: a mean of squares is not negative. Files that say otherwise are refused.
    """

    like_theta: bool = True
    fill: float = 0.0
    sign: Literal["any", "not negative", "positive"] = "any"

    def make(self, theta: Array) -> Array:
        """Allocate the slot for this parameter vector."""
        size, dtype = (theta.shape, theta.dtype) if self.like_theta else ((1,), np.float64)
        # Zeros take no memory before the first step writes to them: who only predicts never pays for the slots.
        return np.full(size, self.fill, dtype) if self.fill else np.zeros(size, dtype)


@dataclass(frozen=True, slots=True)
class OptimizerFrame:
    """Every array that one update touches.

    Attributes
    ----------
    theta, grad
        All parameters and their gradient, `(n,)`.
    slots
        The optimizer's slots by name.
    lr
        `(1,)`, float64: the rate of this update; filled before the calls run by whoever runs them.
    step
        `(1,)`, int64: the number of this update, 1 at the first; filled like `lr`.
    scratch
        `(blocks, BLOCK)` of theta's dtype, with as many blocks as the optimizer asks for.
    decay
        Ranges `[start, stop)` of theta that decoupled weight decay shrinks (the weights, not the biases).
    """

    theta: Array
    grad: Array
    slots: Mapping[str, Array]
    lr: Array
    step: Array
    scratch: Array
    decay: Ranges = field(default=())


@runtime_checkable
class Optimizer(Protocol):
    """An update rule for one flat parameter vector.

    Attributes
    ----------
    lr
        The learning rate: a number, or a schedule that gives it for every step.
    slots
        What the rule remembers between steps, by name.
    blocks
        How many scratch blocks its kernels need.
    """

    @property
    def lr(self) -> "float | Schedule":
        """Give the rate or its schedule."""
        ...

    @property
    def slots(self) -> Mapping[str, Slot]:
        """Name what the rule remembers."""
        ...

    @property
    def blocks(self) -> int:
        """Count the scratch blocks."""
        ...

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls of one update, in place on `f.theta` and the slots; `f.grad` is only read."""
        ...

    def init(self, theta: Array, decay: Ranges | None = None) -> "OptimizerState":
        """Make the state for updates by hand."""
        ...

    def update(self, theta: Array, grad: Array, state: "OptimizerState", lr: float | None = None) -> None:
        """Do one update by hand, in place on `theta` and `state`."""
        ...


@runtime_checkable
class Clipping(Protocol):
    """A bound on the gradient, applied before the update.

    Attributes
    ----------
    blocks
        How many scratch blocks its kernel needs; it may share them with the optimizer.
    """

    @property
    def blocks(self) -> int:
        """Count the scratch blocks."""
        ...

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel calls that bound `f.grad` in place."""
        ...

    def clip(self, grad: Array) -> float:
        """Bound `grad` in place, by hand; return its norm (or greatest magnitude) before."""
        ...
