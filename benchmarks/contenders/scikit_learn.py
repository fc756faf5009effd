"""scikit-learn's `MLPClassifier`, where its work is the same: one step of one batch, and probabilities."""

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.row import Row, Run
from nn_optim import SGD

__all__ = ["answers", "steps"]


def network(row: Row) -> tuple[Any, tuple[Any, ...]]:
    """Make a classifier that has our weights and has forgotten its own first step."""
    nn = row.make()
    x, y = row.data()
    arrays = list(nn.weights().values())
    made = MLPClassifier(
        [len(b) for b in arrays[1:-1:2]],
        solver="sgd" if isinstance(nn.optimizer, SGD) else "adam",
        alpha=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        learning_rate_init=nn.optimizer.lr,
        batch_size=row.batch_size or len(x),
        shuffle=False,
    )
    made.partial_fit(x, y, classes=np.arange(max(2, len(arrays[-1]))))
    for own, given in zip([*made.coefs_, *made.intercepts_], [*arrays[::2], *arrays[1::2]], strict=True):
        own[...] = given
    del made._optimizer  # so that the next step starts it anew
    return made, (x, y)


def steps(row: Row) -> Run:
    """Train by `partial_fit`."""
    made, (x, y) = network(row)

    def run(times: int) -> float:
        for _ in range(times):
            made.partial_fit(x, y)
        return float(made.loss_)

    return run


def answers(row: Row) -> Run:
    """Give probabilities."""
    made, (x, y) = network(row)
    rows = np.arange(len(x))

    def run(times: int) -> float:
        for _ in range(times):
            p = made.predict_proba(x)
        return float(-np.log(p[rows, y]).mean())

    return run
