"""One training step as a flat sequence of kernel calls, in two parts: gradients, then update."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nn_layers.binding import Arena, Binder
from nn_layers.calls import Call, Port, bind
from nn_layers.layout import Layout
from nn_layers.passes import PENALTY_BLOCK, backward_pass, forward_pass, penalty_calls, settle_pass
from nn_layers.protocol import Frame
from nn_loss import Loss
from nn_loss.protocol import LossFrame
from nn_model.arrays import Array
from nn_model.targets import Coding
from nn_optim import Clipping, Optimizer, RateError, Schedule
from nn_optim.protocol import BLOCK, OptimizerFrame
from nn_optim.schedules import rate


@dataclass(slots=True)
class Part:
    """Calls in order, and for each the owner that `explain` names."""

    calls: list[Call] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)

    def add(self, owner: str, calls: Iterable[tuple[Any, ...]]) -> None:
        """Append the calls of one owner."""
        bound = bind(calls)
        self.calls += bound
        self.owners += [owner] * len(bound)

    def extend(self, other: "Part") -> None:
        """Append another part, call by call: what is fed to its ports afterwards does not reach this one."""
        self.calls += other.calls
        self.owners += other.owners


RATES = 1024
"""How many steps ahead the rates can be filled in."""


def tick(rates: Array, lr: Array, step: Array) -> None:
    """Go on to the next step: rates (RATES,), a ring by step number -> lr (1,); step (1,) counts from 1."""
    lr[0] = rates[step[0] % rates.size]
    step[0] += 1


@dataclass(frozen=True, slots=True)
class Update:
    """The second part of every program of one network: the clock, clipping, the optimizer.

    It does not depend on the number of rows, so that all programs share its arrays; what layers keep of a pass, such
    as running statistics, each program puts before it.
    """

    part: Part
    frame: OptimizerFrame
    rates: Array

    def set_rate(self, lr: float | Schedule, step: int) -> None:
        """Fill in the rate of one step; raise `RateError` where a schedule gives none that can be used."""
        now = rate(lr, step)
        if not 0.0 <= now < math.inf:
            raise RateError(f"lr must be a finite number of at least 0; the schedule gives {now} at step {step}")
        self.rates[step % self.rates.size] = now

    def set_rates(self, lr: float | Schedule, step: int, steps: int) -> int:
        """Fill in the rates from a step on; give how many of these steps have theirs: of a schedule at most a ring."""
        if not callable(lr):
            self.set_rate(lr, step)
            self.rates.fill(lr)
            return steps
        steps = min(steps, self.rates.size)
        for ahead in range(step, step + steps):
            self.set_rate(lr, ahead)
        return steps


def make_update(optimizer: Optimizer, clip: Clipping | None, theta: Array, grad: Array, layout: Layout) -> Update:
    """Allocate the optimizer's slots and bind its calls; weight decay is for the weights only, never the biases."""
    slots = {name: slot.make(theta) for name, slot in optimizer.slots.items()}
    scratch = np.empty((max(optimizer.blocks, clip.blocks if clip is not None else 0), BLOCK), theta.dtype)
    lr, step = np.zeros(1), np.zeros(1, np.int64)
    frame = OptimizerFrame(theta, grad, slots, lr, step, scratch, layout.decay_ranges())
    update = Update(Part(), frame, np.zeros(RATES))
    update.part.add("clock", [(tick, update.rates, lr, step)])
    if clip is not None:
        update.part.add(repr(clip), clip.calls(frame))
    update.part.add(repr(optimizer), optimizer.calls(frame))
    return update


@dataclass(frozen=True, slots=True)
class Program:
    """One step for one number of rows.

    Attributes
    ----------
    gradients, update
        The two parts. Between them the engine tests `value`.
    measure
        Calls that judge the scores of the step, run when somebody wants to know.
    frames
        The layers' frames, for whoever looks for the cause of a number that is not finite.
    value
        `(1,)`, float64: the loss with its penalty.
    correct
        `(1,)`, float64: the share of right answers.
    denominator
        `(1,)`, float64: the sum of the rows' weights.
    x, given, weights
        The ports where a batch enters; `weights` is `None` where all rows count the same.
    made
        What engines keep of this program, by their names.
    """

    gradients: Part
    update: Update
    measure: Part
    frames: tuple[Frame, ...]
    value: Array
    correct: Array
    denominator: Array
    x: Port
    given: Port
    weights: Port | None
    made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def feed(self, x: Array, given: Array, weights: Array | None) -> None:
        """Let a batch enter, in place."""
        self.x.feed(x)
        self.given.feed(given)
        self.denominator[0] = len(x)
        if self.weights is not None and weights is not None:
            self.weights.feed(weights)
            self.denominator[0] = weights.sum(dtype=np.float64)


def make_program(binder: Binder, loss: Loss, coding: Coding, update: Update, rows: int, *, weighted: bool) -> Program:
    """Bind one training step for `rows` rows."""
    layout, vectors, arena = binder.layout, binder.vectors, binder.arena
    frames = binder.frames(arena.take("x", rows, layout.input_shape, binder.dtype))
    given, gradients, measure = coding.placeholder(rows), Part(), Part()
    value, correct, weights = np.zeros(1), np.full(1, np.nan), np.ones(rows, binder.dtype) if weighted else None

    for title, calls in forward_pass(layout, frames):
        gradients.add(title, calls)
    targets = _targets(gradients, coding, given, arena)
    scratch = _scratch(arena, loss.scratch(layout.out_shape), rows, binder.dtype, "loss")
    frame = LossFrame(frames[-1].y, targets, weights, np.full(1, float(rows)), value, frames[-1].dy, scratch)
    gradients.add(repr(loss), loss.calls(frame))
    for title, calls in backward_pass(layout, frames):
        gradients.add(title, calls)
    block = arena.take("penalty", 1, (PENALTY_BLOCK,), binder.dtype, per_row=False)
    gradients.add("penalty", penalty_calls(layout, vectors.theta, vectors.grad, block, value))
    counting = _scratch(arena, coding.scratch(), rows, binder.dtype, "count")
    measure.add("accuracy", coding.count(frames[-1].y, given, counting, correct))

    closing = Part()
    for title, calls in settle_pass(layout.nodes, frames):
        closing.add(title, calls)
    closing.extend(update.part)
    lists = (gradients.calls, measure.calls)
    return Program(
        gradients,
        replace(update, part=closing),
        measure,
        frames,
        value,
        correct,
        frame.denominator,
        x=Port(frames[0].x, lists),
        given=Port(given, lists),
        weights=None if weights is None else Port(weights, lists),
    )


def _targets(part: Part, coding: Coding, given: Array, arena: Arena) -> Array:
    wanted = coding.target()
    if wanted is None:
        return given
    targets = arena.take(("loss", "targets"), len(given), wanted.shape, wanted.dtype or given.dtype)
    part.add("targets", coding.spread(given, targets))
    return targets


def _scratch(arena: Arena, wanted: Any, rows: int, dtype: "np.dtype[Any]", owner: str) -> dict[str, Array]:
    return {n: arena.take((owner, n), rows, s.shape, s.dtype or dtype) for n, s in wanted.items()}
