"""Our own packages, as a person calls them, with the threads that everybody has."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.row import Row, Run
from nn_model import NN
from nn_model.engines import choose
from nn_model.train import Callback

__all__ = ["SOME", "answers", "automatic", "compiled", "epochs", "network", "passes", "steps", "updates", "with_bar"]


THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))

SOME = slice(None, None, 9973)
"""Of ten million parameters those that are compared."""

UPDATES = 1_000_000
"""What a long run is, for `"auto"`."""


def network(row: Row, **options: str) -> NN:
    """Make the row's network, with as many threads as everybody has."""
    nn: NN = row.make(**options)
    nn.threads = THREADS
    return nn


def steps(row: Row) -> Run:
    """Train by `train_step`, batch by batch."""
    nn = network(row, engine="numpy")
    batches = row.batches()

    def run(times: int) -> float:
        for _ in range(times):
            losses = [nn.train_step(x, y)[0] for x, y in batches]
        return float(np.mean(losses))

    return run


def epochs(row: Row, engine: str = "numpy", callbacks: Sequence[Callback] = ()) -> Run:
    """Train by `fit`."""
    nn = network(row, engine=engine)
    x, y = row.data()
    size = row.batch_size or len(x)

    def run(times: int) -> float:
        history = nn.fit(
            x,
            y,
            epochs=times,
            batch_size=size,
            validation_split=None,
            shuffle=row.shuffle,
            callbacks=callbacks,
            verbose=False,
            allow_one_class=True,
        )
        return float(history[-1].train_loss)

    return run


class Terminal:
    """A stream that says it is a terminal, so that bars are drawn."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        """Say yes."""
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def with_bar(row: Row) -> Run:
    """Train by `fit` with a progress bar."""
    from nn_model.train.callbacks import ProgressBar  # noqa: PLC0415  # an extra

    sys.stderr = Terminal(sys.stderr)
    return epochs(row, callbacks=[ProgressBar()])


def compiled(row: Row) -> Run:
    """Train by `fit` with the compiled engine."""
    return epochs(row, "numba")


def automatic(row: Row) -> Run:
    """Train by `fit` with the engine that `"auto"`, the default, takes for a long run: rounds are too short for it."""
    nn = network(row, engine="auto")
    program = nn.core.trainer.program(row.batch_size or len(row.data()[0]))
    return epochs(row, choose(nn.core.engine, [program], UPDATES, None).name)


def answers(row: Row) -> Run:
    """Give probabilities."""
    nn = network(row)
    x, y = row.data()
    rows = np.arange(len(x))

    def run(times: int) -> float:
        for _ in range(times):
            p = nn.predict_proba(x)
        return float(-np.log(p[rows, y]).mean())

    return run


def updates(row: Row) -> Run:
    """Update one long vector."""
    optimizer = row.make()
    theta, grad = row.data()
    state = optimizer.init(theta)
    start = theta[SOME].copy()

    def run(times: int) -> float:
        for _ in range(times):
            optimizer.update(theta, grad, state)
        return float(np.abs(theta[SOME] - start).mean())

    return run


def passes(row: Row) -> Run:
    """Go forward and backward through a stack."""
    stack = row.make()
    x, dy = row.data()

    def run(times: int) -> float:
        for _ in range(times):
            stack.forward(x, training=True)
            dx = stack.backward(dy)
        return float(np.square(dx if dx is not None else 0.0).mean() + np.square(stack.grad).mean())

    return run
