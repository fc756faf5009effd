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
    spoilt
        `(1,)`: 1 once an epoch has ended with parameters that are not finite; no step is made after it.
    """

    lines: Array = field(default_factory=lambda: np.zeros((LINES, 5)))
    count: Array = field(default_factory=lambda: np.zeros(1, np.int64))
    spoilt: Array = field(default_factory=lambda: np.zeros(1, np.int64))

    def take(self) -> tuple[Array, bool]:
        """Give the lines, `(epochs, 5)`, and whether the last one is of a spoilt epoch; begin anew."""
        lines, spoilt = self.lines[: self.count[0]].copy(), bool(self.spoilt[0])
        self.count[0] = self.spoilt[0] = 0
        return lines, spoilt


def stream(program: Program, source: Source, sums: Array, log: Log | None = None) -> Program:
    """Put the gathering of a batch before a step, and the sums of the epoch, or all of its end, into its update."""
    rows = len(program.frames[0].x)
    gathering, closing = Part(), Part()
    if source.in_place:
        program.feed(source.x, source.given, source.weights)
    else:
        if log is not None and source.shuffle:
            gathering.add("gather", [(kernels.reorder, *source.drawing(log.count))])
        _gather(gathering, program, source, rows)
    closing.extend(program.measure)
    closing.add("epoch", [(kernels.tally, program.value, program.denominator, program.correct, rows, sums)])
    closing.add("epoch", [(kernels.advance, source.cursor, rows)])
    gathering.extend(program.gradients)
    closing.extend(program.update.part)
    if log is not None:
        gathering.add("epoch", [(kernels.halt, log.spoilt, program.value)])
        frame, noted = program.update.frame, (log.lines, log.count, log.spoilt)
        closing.add("epoch", [(kernels.close, source.cursor, len(source.rows), sums, frame.lr, frame.theta, *noted)])
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
