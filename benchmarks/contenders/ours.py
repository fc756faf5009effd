"""Our own packages, as a person calls them; BLAS has the threads that the environment gives it, as everybody has."""

import numpy as np

from benchmarks.row import Row, Run

__all__ = ["SOME", "answers", "compiled", "epochs", "passes", "steps", "updates"]


SOME = slice(None, None, 9973)
"""Of ten million parameters those that are compared."""


def steps(row: Row) -> Run:
    """Train by `train_step`, batch by batch."""
    nn = row.make(engine="numpy", threads=None)
    batches = row.batches()

    def run(times: int) -> float:
        for _ in range(times):
            losses = [nn.train_step(x, y)[0] for x, y in batches]
        return float(np.mean(losses))

    return run


def epochs(row: Row, engine: str = "numpy") -> Run:
    """Train by `fit`."""
    nn = row.make(engine=engine, threads=None)
    x, y = row.data()
    size = row.batch_size or len(x)

    def run(times: int) -> float:
        history = nn.fit(
            x,
            y,
            epochs=times,
            batch_size=size,
            validation_split=None,
            shuffle=False,
            verbose=False,
            allow_one_class=True,
        )
        return float(history.train_loss[-1])

    return run


def compiled(row: Row) -> Run:
    """Train by `fit` with the compiled engine."""
    return epochs(row, "numba")


def answers(row: Row) -> Run:
    """Give probabilities."""
    nn = row.make(threads=None)
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
