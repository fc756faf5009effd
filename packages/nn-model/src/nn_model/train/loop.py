"""The training loop."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nn_layers import ReLU
from nn_model.arrays import Array
from nn_model.cause import diverged
from nn_model.errors import CallbackError, CheckpointError
from nn_model.program import RATES, Program
from nn_model.train.events import Callback, Event, Rate, Stop
from nn_model.train.history import History, Row
from nn_model.train.run import Run
from nn_model.train.source import Source
from nn_model.train.stream import stream

if TYPE_CHECKING:
    from nn_model.core import Core
    from nn_model.network import NN

BURST_SECONDS = 0.05
"""How long the engine runs at most before callbacks, interrupts and progress get their turn."""


@dataclass(slots=True)
class Loop:
    """One call of `fit`: epochs of bursts of steps, and what is told to whom in between."""

    nn: "NN"
    core: "Core"
    source: Source
    validation: tuple[Array, Array] | None
    callbacks: Sequence[Callback]
    epochs: int
    run: Run
    interrupted: Callable[[], bool]
    pace: float = math.inf
    dead: set[str] = field(default_factory=set)
    programs: dict[int, Program] = field(default_factory=dict)
    last: Program | None = None

    def program(self) -> Program:
        """Give the program for the next batch; there are at most two, a short last batch having its own."""
        rows = self.source.size(self.run.batch)
        if rows not in self.programs:
            base = self.core.trainer.program(rows, weighted=self.source.weights is not None)
            self.programs[rows] = stream(base, self.source, self.run.sums)
        return self.programs[rows]

    def train(self) -> History:
        """Train to the end, or until somebody stops it."""
        reason, failed = None, True
        try:
            reason = self.tell("start")
            while reason is None and self.run.epoch < self.epochs:
                reason = self.epoch()
            failed = False
        finally:
            self.run.history.reason = reason
            self.tell("end", reason=reason, failed=failed)
        return self.run.history

    def epoch(self) -> str | None:
        """Go through all batches, then validate; return the reason to stop, if there is one."""
        run, source, reason = self.run, self.source, None
        source.begin(run.epoch, run.batch)
        while run.batch < source.batches:
            self.burst()
            reason = self.tell("steps") or ("interrupted" if self.interrupted() else None)
            if reason is not None and run.batch < source.batches:
                return reason
        row = self.close_epoch()
        return self.tell("epoch", row) or reason

    def burst(self) -> None:
        """Let the engine make as many steps as it may without a word to anybody."""
        run, core = self.run, self.core
        program = self.last = self.program()
        steps, first = self.burst_steps(), core.step
        for step in range(first, first + steps):
            core.update.set_rate(core.optimizer.lr if run.lr is None else run.lr, step)
        start = perf_counter()
        done = core.engine.run(program, steps)
        self.pace = (perf_counter() - start) / steps
        run.seconds += self.pace * steps
        run.batch += done
        if done < steps:
            raise diverged(program, core.body, core.vectors, core.step, run.epoch + 1)

    def burst_steps(self) -> int:
        """Choose how many steps to make: of equal batches, up to the next callback's turn, in about 50 ms."""
        full = len(self.source.rows) // self.source.batch_size
        steps = min(max(1, full - self.run.batch), RATES, max(1, int(BURST_SECONDS / self.pace)))
        turns = [every - self.core.step % every for every in map(every_of, self.callbacks) if every]
        return min([steps, *turns])

    def close_epoch(self) -> Row:
        """Judge the epoch, add it to the history, and begin the sums anew."""
        run, core = self.run, self.core
        if self.last is not None:
            if not np.isfinite(core.vectors.theta).all():
                raise diverged(self.last, core.body, core.vectors, core.step - 1, run.epoch + 1)
            self.warn_dead(self.last)
        loss, accuracy = core.judge(*self.validation) if self.validation is not None else (None, None)
        right = float(run.sums[2] / run.sums[3])
        row = Row(
            epoch=run.epoch + 1,
            train_loss=float(run.sums[0] / run.sums[1]),
            train_accuracy=None if math.isnan(right) else right,
            train_time=run.seconds,
            val_loss=loss,
            val_accuracy=accuracy,
            lr=float(core.update.frame.lr[0]),
        )
        run.history.rows.append(row)
        run.epoch, run.batch, run.seconds = run.epoch + 1, 0, 0.0
        run.sums[:] = 0.0
        return row

    def warn_dead(self, program: Program) -> None:
        """Warn, once a layer, where no unit answered to any row of the last batch."""
        for node, frame in zip(self.core.body.nodes, program.frames, strict=True):
            if isinstance(node.layer, ReLU) and node.name not in self.dead and not frame.y.any():
                self.dead.add(node.name)
                warnings.warn(
                    f"{node.title} gave 0 for every row of the last batch, so no gradient passes it; "
                    "lower the rate, or take LeakyReLU or ELU",
                    UserWarning,
                    stacklevel=2,
                )

    def tell(
        self,
        kind: Literal["start", "steps", "epoch", "end"],
        row: Row | None = None,
        *,
        reason: str | None = None,
        failed: bool = False,
    ) -> str | None:
        """Tell every callback, take its answers, and return the first reason to stop."""
        run = self.run
        loss = float(run.sums[0] / run.sums[1]) if run.sums[1] else (row.train_loss if row else math.nan)
        event = Event(
            kind,
            self.nn,
            epoch=run.epoch,
            epochs=self.epochs,
            batch=run.batch,
            batches=self.source.batches,
            step=self.core.step,
            loss=loss,
            history=run.history,
            row=row,
            reason=reason,
            failed=failed,
        )
        reasons = []
        for callback in self.callbacks:
            if kind == "steps" and self.core.step % (every_of(callback) or 1):
                continue
            answer = _ask(callback, event)
            if isinstance(answer, Stop):
                reasons.append(answer.reason)
            elif isinstance(answer, Rate):
                run.lr = answer.lr
        return reasons[0] if reasons else None


def every_of(callback: Callback) -> int:
    """Give the number of steps that a callback wants between two of its turns; 0 if it does not mind."""
    return int(getattr(callback, "every", None) or 0)


def _ask(callback: Callback, event: Event) -> Any:
    try:
        return callback(event)
    except (CheckpointError, KeyboardInterrupt):
        raise
    except Exception as error:
        name = getattr(callback, "__name__", type(callback).__name__)
        raise CallbackError(
            f"the callback {name} failed at {event.kind!r}, epoch {event.epoch}, step {event.step}: {error!r}; "
            "training was stopped, the last checkpoint is as it was"
        ) from error
