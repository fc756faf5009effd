"""Epochs that nobody is told of one by one: gone through in bursts of many, and noted by the program itself."""

from typing import TYPE_CHECKING

from nn_model.arrays import Array
from nn_model.cause import check_theta, diverged
from nn_model.train.dead import warn_dead
from nn_model.train.rows import Block
from nn_model.train.stream import LINES, Log

if TYPE_CHECKING:
    from nn_model.train.loop import Loop


def dash(loop: "Loop", log: Log) -> str | None:
    """Go through all epochs that are left; return the reason to stop, if there is one."""
    run, source, reason = loop.run, loop.source, None
    if run.batch == source.batches:  # a run that was stopped between its last batch and the epoch's end
        loop.close_epoch()
    source.begin(run.epoch, run.batch)
    while reason is None and run.epoch < loop.epochs:
        source.first[0] = run.epoch
        burst(loop, log)
        reason = loop.interrupted()
    return reason


def burst(loop: "Loop", log: Log) -> None:
    """Let the engine make as many steps as it may; then check what it left, as at the end of every epoch."""
    run, core, program = loop.run, loop.core, loop.program(loop.run.batch)
    done, seconds, steps = loop.steps(program, _most_steps(loop))
    (lines, spoilt), each = log.take(), seconds / max(done, 1)
    if spoilt:  # the engine went no further: that epoch does not count
        run.sums[:] = lines[-1, :4]
        lines = lines[:-1]
    _note(loop, lines, done, each)
    if spoilt:
        check_theta(core.body, core.vectors, run.epoch + 1, core.step, float(core.update.frame.lr[0]))
    if done < steps:
        raise diverged(program, core.body, core.vectors, core.step, run.epoch + 1)
    if len(lines):
        warn_dead(core.body, program, loop.dead)


def _most_steps(loop: "Loop") -> int:
    """Choose how many steps to make: about 50 ms, and up to an epoch's end where one is in reach."""
    batches, at = loop.source.batches, loop.run.batch
    steps = min(batches * min(loop.epochs - loop.run.epoch, LINES) - at, loop.timely())
    return steps - (at + steps) % batches if at + steps > batches else steps


def _note(loop: "Loop", lines: Array, done: int, each: float) -> None:
    """Add whole epochs to the history; every step took equally long."""
    run, batches = loop.run, loop.source.batches
    before, run.batch = run.batch, run.batch + done - len(lines) * batches
    if len(lines):
        run.history.extend(Block(run.epoch + 1, lines, batches * each, run.seconds - before * each))
        run.epoch, run.seconds = run.epoch + len(lines), run.batch * each
    else:
        run.seconds += done * each
