"""What a network consists of, bound together: shared by training, inference and files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_layers import Propagate
from nn_layers.binding import Vectors
from nn_layers.layout import Layout, make_layout
from nn_layers.vectors import generator, make_vectors
from nn_loss import Loss
from nn_model.arrays import Array, as_rows, check_finite, check_lengths
from nn_model.checks import check_parts
from nn_model.engines import Engine, make_engine
from nn_model.inference import Inference
from nn_model.judging import loss_of, share_right
from nn_model.links import without_link
from nn_model.metrics import RegressionReport, Report
from nn_model.program import Update, make_update
from nn_model.targets import Coding, make_coding
from nn_model.targets.coding import Task
from nn_model.trainer import Trainer
from nn_optim import Clipping, Optimizer


@dataclass(slots=True)
class Generators:
    """The layers' random generators, each made when it is first asked for, whatever the number of rows."""

    seed: int
    made: dict[tuple[int, ...], np.random.Generator] = field(default_factory=dict)

    def __call__(self, path: tuple[int, ...]) -> np.random.Generator:
        """Give the generator of the layer at this path."""
        return self.made.setdefault(path, generator(self.seed, "layer", path))


@dataclass(frozen=True, slots=True)
class Core:
    """The bound parts of one network.

    Attributes
    ----------
    layout, body
        All layers, and those of the training program: without a last softmax or sigmoid that the loss contains.
    loss, optimizer, clip, coding
        As given; the coding of targets follows from loss, task and classes.
    vectors
        theta, grad and state.
    update, trainer, inference, engine
        The shared second part of every program; the programs; the pool; what runs them.
    generators
        The layers' random generators.
    """

    layout: Layout
    body: Layout
    loss: Loss
    optimizer: Optimizer
    clip: Clipping | None
    coding: Coding
    vectors: Vectors
    update: Update
    trainer: Trainer
    inference: Inference
    engine: Engine
    generators: Generators

    @property
    def step(self) -> int:
        """How many updates were made."""
        return int(self.update.frame.step[0])

    def given(self, rows: Array, y: Any) -> Array:
        """Check targets for these rows."""
        labels = np.asarray(y)
        check_lengths(rows, labels)
        return self.coding.given(labels, len(rows))

    def checked(self, x: Any, y: Any) -> tuple[Array, Array]:
        """Check inputs and targets, that all are finite numbers included."""
        rows = as_rows(x, self.layout, self.vectors.theta.dtype)
        check_finite(rows, "x", x)
        given = self.given(rows, y)
        check_finite(given, "y", y)
        return rows, given

    def report(self, rows: Array, given: Array) -> Report | RegressionReport:
        """Judge the network on checked rows and targets; the loss is without penalty."""
        scores = self.inference.scores(rows)
        return self.coding.report(scores, given, loss_of(self.loss, self.coding, scores, given))

    def judge(self, rows: Array, given: Array) -> tuple[float, float | None]:
        """Give loss, without penalty, and accuracy on checked rows and targets."""
        scores = self.inference.scores(rows)
        loss = loss_of(self.loss, self.coding, scores, given)
        return loss, share_right(self.coding, scores, given)

    def fresh_trainer(self) -> Trainer:
        """Make a trainer with memory of its own, for whoever wants a program without touching those in use."""
        return Trainer(self.body, self.vectors, self.loss, self.coding, self.update, self.generators)


def make_core(
    layers: Sequence[Propagate],
    loss: Loss,
    optimizer: Optimizer,
    *,
    seed: int,
    input_shape: Sequence[int] | None,
    clip: Clipping | None,
    task: Task | None,
    classes: Sequence[Any] | None,
    dtype: str,
    engine: str,
) -> Core:
    """Check that the parts go together and bind them."""
    check_parts(loss, optimizer, clip, seed, dtype)
    layout = make_layout(layers, input_shape)
    body = without_link(layout, loss)
    coding = make_coding(loss, task, body.out_shape, classes, np.dtype(dtype))
    loss.scratch(body.out_shape)  # a loss that does not fit these scores says so now, not at the first step
    vectors = make_vectors(layout, seed, dtype)
    update = make_update(optimizer, clip, vectors.theta, vectors.grad, layout)
    generators = Generators(seed)
    return Core(
        layout,
        body,
        loss,
        optimizer,
        clip,
        coding,
        vectors,
        update,
        trainer=Trainer(body, vectors, loss, coding, update, generators),
        inference=Inference(body, vectors),
        engine=make_engine(engine),
        generators=generators,
    )
