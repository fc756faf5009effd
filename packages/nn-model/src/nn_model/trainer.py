"""The programs of one network's training: bound once for each number of rows, all on the same memory."""

from math import prod

from nn_layers import ShapeError
from nn_layers.binding import Arena, Binder, MakeGenerator, Vectors
from nn_layers.layout import Layout
from nn_layers.memory import physical_memory
from nn_layers.summary import bytes_text, row_bytes
from nn_loss import Loss
from nn_model.errors import DataError
from nn_model.program import Program, Update, make_program
from nn_model.targets import Coding

PROGRAMS = 16
"""How many numbers of rows stay bound; beyond, the one not used for longest is dropped."""


class Trainer:
    """Binds and keeps training programs."""

    def __init__(
        self, layout: Layout, vectors: Vectors, loss: Loss, coding: Coding, update: Update, generator: MakeGenerator
    ) -> None:
        self._layout = layout
        self._vectors = vectors
        self._loss = loss
        self._coding = coding
        self._update = update
        self._generator = generator
        self._arena = Arena(0)
        self._programs: dict[tuple[int, bool], Program] = {}

    def program(self, rows: int, *, weighted: bool = False) -> Program:
        """Give the program for this many rows; more rows than ever before take new memory."""
        key = (rows, weighted)
        if key not in self._programs:
            check_rows(self._layout, rows)
            if rows > self._arena.rows:
                check_memory(self._layout, rows, self._vectors.theta.itemsize)
                self._programs.clear()
                self._arena = Arena(rows)
            elif len(self._programs) >= PROGRAMS:
                self._programs.pop(next(iter(self._programs)))
            binder = Binder(self._layout, self._vectors, self._arena, True, self._generator)
            made = make_program(binder, self._loss, self._coding, self._update, rows, weighted=weighted)
            self._programs[key] = made
        program = self._programs[key] = self._programs.pop(key)  # to the end: the first is the one to drop
        return program


def check_rows(layout: Layout, rows: int) -> None:
    """Refuse a batch with fewer rows than a layer needs in training.

    Raises
    ------
    ShapeError
        The message names the first such layer.
    """
    for node in layout.walk():
        inside = max((part.plan.min_rows for part in node.inner), default=1)
        if inside <= rows < node.plan.min_rows:  # else the one inside is to be named
            raise ShapeError(
                f"{node.title} needs batches of at least {node.plan.min_rows} rows in training; got {rows}; "
                "give more rows, or leave a short last batch out"
            )


def check_memory(layout: Layout, rows: int, itemsize: int) -> None:
    """Refuse a batch whose activations do not fit into the machine's memory, before any is taken.

    Raises
    ------
    DataError
        The batch needs more than the machine has; the message gives both sizes and a number of rows that fits.
    """
    widest = max(prod(shape) for node in layout.nodes for shape in (node.in_shape, node.plan.out_shape))
    a_row = sum(row_bytes(node, itemsize) for node in layout.nodes) + 2 * widest * itemsize
    memory = physical_memory()
    if rows * a_row > memory:
        raise DataError(
            f"a batch of {rows:,} rows needs {bytes_text(rows * a_row)} for activations, and this machine has "
            f"{bytes_text(memory)}; train on at most {max(1, memory // (2 * a_row)):,} rows at a time"
        )
