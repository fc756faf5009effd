"""The training loop."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from nn_model.arrays import Array
from nn_model.cause import check_theta, diverged
from nn_model.engines import Engine, NumpyEngine, choose
from nn_model.program import RATES, Program
from nn_model.train.dash import dash
from nn_model.train.dead import warn_dead
from nn_model.train.events import Answer, Callback, Event, Kind, Rate, Stop
from nn_model.train.history import History
from nn_model.train.rows import Row, row_of
from nn_model.train.run import Run
from nn_model.train.source import Source
from nn_model.train.stream import Log, stream
from nn_model.train.telling import ask, every_of, note_best
from nn_optim import Schedule

if TYPE_CHECKING:
    from nn_model.core import Core
    from nn_model.network import NN

BURST_SECONDS = 0.05
"""How long the engine runs at most before callbacks, interrupts and progress get their turn."""

OFTEN = 64
"""Steps between two turns of callbacks below which `"auto"` does not compile."""


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
    log: Log | None = None
    engine: Engine = field(default_factory=NumpyEngine)
    interrupted: Callable[[], str | None] = lambda: None
    pace: float = math.inf
    widest: int = 0
    dead: set[str] = field(default_factory=set)
    programs: dict[int, Program] = field(default_factory=dict)

    def start_engine(self, verbose: bool) -> None:
        """Choose the engine, the run's own where there is one, and let it make ready before training begins."""
        run, left = self.run, (self.epochs - self.run.epoch) * self.source.batches - self.run.batch
        if left < 1:
            return
        programs = [self.program(batch) for batch in sorted({0, self.source.batches - 1})]
        often = min((every_of(callback) or RATES for callback in self.callbacks), default=RATES)
        # Whoever wants a word after every few steps leaves the interpreter as much to do as it had.
        self.engine = choose(self.core.engine, programs, left if often >= OFTEN else 0, run.engine)
        run.engine = self.engine.name
        self.engine.prepare(programs, print if verbose else None)

    def train(self, interrupted: Callable[[], str | None]) -> History:
        """Train to the end, or until somebody stops it."""
        self.interrupted = interrupted
        try:
            reason = self.tell("start")
            while reason is None and self.run.epoch < self.epochs:
                reason = self.epoch() if self.log is None else dash(self, self.log)
        except BaseException as error:
            self.close(f"{type(error).__name__}: {error}", error)
            raise
        self.close(reason)
        return self.run.history

    def epoch(self) -> str | None:
        """Go through all batches, then validate; return the reason to stop, if there is one."""
        run, source, reason = self.run, self.source, None
        source.begin(run.epoch, run.batch)
        while run.batch < source.batches:
            self.burst()
            reason = self.tell("steps") or self.interrupted()
            if reason is not None and run.batch < source.batches:
                return reason
        row = self.close_epoch()
        return self.tell("epoch", row) or reason or self.interrupted()

    def burst(self) -> None:
        """Let the engine make as many steps as it may without a word to anybody."""
        run, core, program = self.run, self.core, self.program(self.run.batch)
        done, seconds, steps = self.steps(program, self.burst_steps())
        self.widest = max(self.widest, len(program.frames[0].x))
        run.batch += done
        run.seconds += seconds
        if done < steps:
            raise diverged(program, core.body, core.vectors, core.step, run.epoch + 1)

    def steps(self, program: Program, steps: int) -> tuple[int, float, int]:
        """Run up to so many steps; give how many were made, in which time, and how many were meant to be."""
        run, core = self.run, self.core
        steps = core.update.set_rates(self.lr(), core.step, steps)
        start = perf_counter()
        run.torn = True
        done = self.engine.run(program, steps)
        run.torn, run.step = False, core.step
        seconds = perf_counter() - start
        self.pace = max(seconds, 1e-9) / steps
        return done, seconds, steps

    def lr(self) -> float | Schedule:
        """Give the rate, or the schedule, in force: a callback's, or the optimizer's."""
        return self.core.optimizer.lr if self.run.lr is None else self.run.lr

    def program(self, batch: int) -> Program:
        """Give the program for a batch; there are at most two, a short last batch having its own."""
        rows = self.source.size(batch)
        if rows not in self.programs:
            base = self.core.trainer.program(rows, weighted=self.source.weights is not None)
            self.programs[rows] = stream(base, self.source, self.run.sums, self.log)
        return self.programs[rows]

    def burst_steps(self) -> int:
        """Choose how many steps to make: of equal batches, up to the next callback's turn, in about 50 ms."""
        full = len(self.source.rows) // self.source.batch_size
        steps = min(max(1, full - self.run.batch), RATES, self.timely())
        turns = [every - self.core.step % every for every in map(every_of, self.callbacks) if every]
        return min([steps, *turns])

    def timely(self) -> int:
        """Give how many steps take about 50 ms, as far as is known."""
        return max(1, int(BURST_SECONDS / self.pace))

    def close_epoch(self) -> Row:
        """Judge the epoch, add it to the history, and begin the sums anew."""
        run, core = self.run, self.core
        lr = float(core.update.frame.lr[0])
        check_theta(core.body, core.vectors, run.epoch + 1, core.step, lr)
        if self.widest:  # a run that was stopped between its last batch and here has made no step since
            # Of a full batch: a short last one has overwritten its first rows, and says little alone.
            warn_dead(core.body, self.programs[self.widest], self.dead)
        loss, accuracy = core.judge(*self.validation) if self.validation is not None else (None, None)
        row = row_of(run.epoch + 1, [*run.sums.tolist(), lr], run.seconds, loss, accuracy)
        run.history.rows.append(row)
        run.epoch, run.batch, run.seconds = run.epoch + 1, 0, 0.0
        run.sums[:] = 0.0
        return row

    def mean_loss(self) -> float:
        """Give the mean training loss of the epoch so far; NaN where no row has counted yet."""
        return float(self.run.sums[0] / self.run.sums[1]) if self.run.sums[1] else math.nan

    def tell(self, kind: Kind, row: Row | None = None) -> str | None:
        """Tell every callback whose turn it is, take its answers, and return the first reason to stop."""
        if not self.callbacks:
            return None
        event = self.event(kind, row)
        if kind == "epoch":
            note_best(self.callbacks, event)
        turn = (c for c in self.callbacks if kind != "steps" or event.step % (every_of(c) or 1) == 0)
        reasons = [self.heed(ask(callback, event)) for callback in turn]
        return next((reason for reason in reasons if reason is not None), None)

    def heed(self, answer: Answer) -> str | None:
        """Do what a callback answered; return its reason to stop."""
        if isinstance(answer, Rate):
            self.run.lr = answer.lr
        return answer.reason if isinstance(answer, Stop) else None

    def close(self, reason: str | None, failure: BaseException | None = None) -> None:
        """Tell all callbacks that training has ended, whatever one of them does; raise the first new error."""
        self.run.history.reason = reason
        event = self.event("end", reason=reason, failed=failure is not None)
        errors: list[Exception] = []
        for callback in self.callbacks:
            try:
                ask(callback, event)
            except Exception as error:  # noqa: BLE001  # raised again below, once everybody has been told
                errors.append(error)
        for later in errors:
            if failure is None:
                raise later
            failure.add_note(f"and then: {later}")

    def event(self, kind: Kind, row: Row | None = None, *, reason: str | None = None, failed: bool = False) -> Event:
        """Say where training stands."""
        run, core = self.run, self.core
        return Event(
            kind,
            self.nn,
            epoch=run.epoch,
            epochs=self.epochs,
            batch=run.batch,
            batches=self.source.batches,
            step=core.step,
            loss=self.mean_loss() if row is None else row.train_loss,
            lr=float(core.update.frame.lr[0]),
            history=run.history,
            validation=self.validation is not None,
            row=row,
            reason=reason,
            failed=failed,
        )
