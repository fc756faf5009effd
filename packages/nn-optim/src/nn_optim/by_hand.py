"""`init` and `update` of every optimizer, an own one included: write `init, update = by_hand.init, by_hand.update`."""

import math
from operator import is_
from typing import Any

import numpy as np

from nn_optim.errors import RateError, VectorError
from nn_optim.protocol import BLOCK, Array, Kernel, Optimizer, OptimizerFrame, Ranges
from nn_optim.schedules import rate
from nn_optim.state import OptimizerState
from nn_optim.vectors import check_like, check_ranges, check_vector, check_writeable


def init(self: Optimizer, theta: Array, decay: Ranges | None = None) -> OptimizerState:
    """Make the state for updates of `theta` by hand.

    Parameters
    ----------
    theta : array of shape (n,)
        All parameters: float32 or float64, contiguous.
    decay : tuple of (start, stop), optional
        The ranges of theta that weight decay shrinks (usually the weights and not the biases), in order and
        apart; by default all of theta. Only `AdamW` reads them.

    Raises
    ------
    VectorError
        If `theta` is no such array, a range is not inside it, or the optimizer cannot work in its dtype (epsilon).
    """
    check_vector("theta", theta)
    ranges = ((0, theta.size),) if decay is None else check_ranges(decay, theta.size)
    slots = {name: slot.make(theta) for name, slot in self.slots.items()}
    state = OptimizerState(slots, 0, ranges, theta.size, np.empty((self.blocks, BLOCK), theta.dtype))
    _calls(self, theta, theta, state)  # refuses now what the first update would
    return state


def update(self: Optimizer, theta: Array, grad: Array, state: OptimizerState, lr: float | None = None) -> None:
    """Do one update, in place on `theta` and `state`; `grad` is only read.

    Arrays are checked when they first come; while the same ones come again, nothing is allocated.

    Parameters
    ----------
    theta, grad : array of shape (n,)
        All parameters and their gradient, of the length and dtype that the state was made for.
    state : OptimizerState
        What `init` of this optimizer gave.
    lr : float, optional
        The rate of this one update; by default the optimizer's own `lr`, a schedule's at `state.step`.

    Raises
    ------
    VectorError
        If the arrays, the slots or the ranges of decay do not fit the state.
    RateError
        If the rate is negative, infinite or NaN.
    """
    now = rate(self.lr, state.step) if lr is None else lr
    if not 0.0 <= now < math.inf:
        raise RateError(f"lr must be a finite number of at least 0, got {now} at step {state.step}")
    parts = (self, theta, grad, state.decay, *state.slots.values())
    if len(parts) != len(state.bound_to) or not all(map(is_, parts, state.bound_to)):
        _bind(self, theta, grad, state)
        state.bound_to = (self, theta, grad, state.decay, *state.slots.values())
    state.lr[0] = now
    state.clock[0] = state.step + 1
    for kernel, args in state.calls:
        kernel(*args)
    state.step += 1


def _bind(self: Optimizer, theta: Array, grad: Array, state: OptimizerState) -> None:
    """Check the arrays and keep the kernel calls of an update of them."""
    size, dtype = state.size, state.scratch.dtype
    check_writeable("theta", check_like("theta", theta, size, dtype))
    check_like("grad", grad, size, dtype)
    _check_slots(self, theta, state)
    state.decay = check_ranges(state.decay, size)
    state.calls = _calls(self, theta, grad, state)


def _calls(self: Optimizer, theta: Array, grad: Array, state: OptimizerState) -> list[tuple[Kernel, tuple[Any, ...]]]:
    """Take the kernel calls of an update of these arrays."""
    frame = OptimizerFrame(theta, grad, state.slots, state.lr, state.clock, state.scratch, state.decay)
    return [(call[0], call[1:]) for call in self.calls(frame)]


def _check_slots(self: Optimizer, theta: Array, state: OptimizerState) -> None:
    """Refuse the state of another optimizer, and arrays put into the slots that do not fit."""
    name = type(self).__name__
    if state.slots.keys() != self.slots.keys():
        raise VectorError(
            f"{name} needs a state with the slots {sorted(self.slots)}, got {sorted(state.slots)}; "
            f"make it with {name}.init(theta)"
        )
    for key, slot in self.slots.items():
        size, dtype = (theta.size, theta.dtype) if slot.like_theta else (1, np.dtype(np.float64))
        check_writeable(f"slot {key}", check_like(f"slot {key}", state.slots[key], size, dtype))
