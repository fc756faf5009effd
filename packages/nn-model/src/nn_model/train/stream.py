"""Programs that fetch their own batches and keep the epoch's sums, so that a burst of steps needs nobody in between."""

from dataclasses import replace

from nn_model.arrays import Array
from nn_model.program import Part, Program
from nn_model.train import kernels
from nn_model.train.source import Source


def stream(program: Program, source: Source, sums: Array) -> Program:
    """Put the gathering of a batch before a step, and the sums of the epoch into its update."""
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
    return replace(program, gradients=gathering, update=replace(program.update, part=closing))


def _gather(part: Part, program: Program, source: Source, rows: int) -> None:
    order, cursor = source.order, source.cursor
    program.denominator[0] = rows
    for port, data in ((program.x, source.x), (program.given, source.given), (program.weights, source.weights)):
        if port is not None and data is not None:
            port.release()
            part.add("gather", [(kernels.gather, data, order, cursor, port.placeholder)])
    if source.augmenting is not None:
        part.add("augment", source.augmenting.calls(program.x.placeholder, cursor))
    if program.weights is not None:
        part.add("gather", [(kernels.total, program.weights.placeholder, program.denominator)])
