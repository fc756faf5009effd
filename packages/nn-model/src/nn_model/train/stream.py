"""Programs that fetch their own batches and keep the epoch's sums, so that a burst of steps needs nobody in between."""

from dataclasses import dataclass, field, replace

import numpy as np

from nn_model.arrays import Array
from nn_model.program import Part, Program
from nn_model.train import kernels
from nn_model.train.source import Source

LINES = 32768
"""How many epochs a burst may go through."""


@dataclass(slots=True)
class Log:
    """Where programs note epochs that nobody is told of one by one.

    Attributes
    ----------
    lines
        `(LINES, 5)`: an epoch's sums and its last rate; see `kernels.close`.
    count
        `(1,)`: how many lines were written since `take`.
    """

    lines: Array = field(default_factory=lambda: np.zeros((LINES, 5)))
    count: Array = field(default_factory=lambda: np.zeros(1, np.int64))

    def take(self) -> Array:
        """Give the lines, `(epochs, 5)`, and begin anew."""
        lines = self.lines[: self.count[0]].copy()
        self.count[0] = 0
        return lines


def stream(program: Program, source: Source, sums: Array, log: Log | None = None) -> Program:
    """Put the gathering of a batch before a step, and the sums of the epoch, or all of its end, into its update."""
    rows = len(program.frames[0].x)
    gathering, closing = Part(), Part()
    if source.in_place:
        program.feed(source.x, source.given, source.weights)
    else:
        _gather(gathering, program, source, rows)
    closing.extend(program.measure)
    closing.add("epoch", [(kernels.tally, program.value, program.denominator, program.correct, rows, sums)])
    closing.add("epoch", [(kernels.advance, source.cursor, rows)])
    gathering.extend(program.gradients)
    closing.extend(program.update.part)
    if log is not None:
        end = len(source.rows)
        closing.add("epoch", [(kernels.close, source.cursor, end, sums, program.update.frame.lr, log.lines, log.count)])
    return replace(program, gradients=gathering, update=replace(program.update, part=closing))


def _gather(part: Part, program: Program, source: Source, rows: int) -> None:
    order, cursor = source.order, source.cursor
    program.denominator[0] = rows
    for port, data in ((program.x, source.x), (program.given, source.given), (program.weights, source.weights)):
        if port is not None and data is not None:
            port.release()
            part.add("gather", [(kernels.gather, _read_only(data), order, cursor, port.placeholder)])
    if source.augmenting is not None:
        part.add("augment", source.augmenting.calls(program.x.placeholder, cursor))
    if program.weights is not None:
        part.add("gather", [(kernels.total, program.weights.placeholder, program.denominator)])


def _read_only(data: Array) -> Array:
    """View what belongs to the person who trains, so that no engine writes to it."""
    view = data.view()
    view.setflags(write=False)
    return view
