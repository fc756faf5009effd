"""Two ways to train a network `[n, 10, 1]`, and the cross-validation that judges them."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nn_layers import L2, Dense, Dropout, He, ReLU, Sigmoid, Standardize, Uniform
from nn_loss import BinaryCrossEntropy
from nn_model import NN
from nn_model.data import k_fold
from nn_optim import SGD, Adam, ClipValue, OneCycle

__all__ = [
    "FOLDS",
    "Classifier",
    "Train",
    "TrainNetwork",
    "cross_validate",
    "document",
    "of_raw_features",
    "recommended",
]

Array = NDArray[Any]

FOLDS = 5
DROPOUTS, PENALTIES = (0.0, 0.2), (0.001, 0.01)
"""What `recommended` chooses from: the share of the features that is dropped, and L2 of the weights."""
BATCH = 32


class Classifier(Protocol):
    """What training gives; scikit-learn's classifiers are of this kind too."""

    def predict_proba(self, x: Array, /) -> Array:
        """Give the probability of each class, `(rows, 2)`."""


Train = Callable[[Array, Array, int], Classifier]
TrainNetwork = Callable[[Array, Array, int], NN]
"""Both train from features, labels and a seed."""


def document(x: Array, y: Array, seed: int, *, hidden: int = 10, epochs: int = 2000) -> NN:
    """Train as RustNet does: plain descent on all rows at once, every number of the gradient cut to [-1, 1]."""
    init = Uniform(-0.5, 0.5)
    nn = NN(
        layers=[Standardize(), Dense(x.shape[1], hidden, init), ReLU(), Dense(hidden, 1, init), Sigmoid()],
        loss=BinaryCrossEntropy(),
        optimizer=SGD(lr=0.001),
        clip=ClipValue(1.0),
        dtype="float64",
        seed=seed,
    )
    return fitted(nn, x, y, epochs, batch_size=len(x))


def recommended(x: Array, y: Array, seed: int, *, hidden: int = 10, epochs: int = 60) -> NN:
    """Train with the dropout and the penalty that predict these very rows best, each held out once."""
    ways = [
        partial(regularised, hidden=hidden, epochs=epochs, dropout=dropout, penalty=penalty)
        for dropout, penalty in product(DROPOUTS, PENALTIES)
    ]
    best = min(ways, key=lambda way: log_loss(cross_validate(way, x, y, seed, FOLDS - 1)[0], y))
    return best(x, y, seed)


def regularised(x: Array, y: Array, seed: int, *, hidden: int, epochs: int, dropout: float, penalty: float) -> NN:
    """Train the same network by Adam in one cycle."""
    l2 = L2(penalty)
    nn = NN(
        layers=[
            Standardize(),
            Dropout(dropout),
            Dense(x.shape[1], hidden, He(), l2),
            ReLU(),
            Dense(hidden, 1, He(), l2),
            Sigmoid(),
        ],
        loss=BinaryCrossEntropy(),
        optimizer=Adam(lr=OneCycle(0.03, steps=epochs * -(-len(x) // BATCH))),
        dtype="float64",
        seed=seed,
    )
    return fitted(nn, x, y, epochs, BATCH)


def fitted(nn: NN, x: Array, y: Array, epochs: int, batch_size: int) -> NN:
    """Take mean and deviation of the features, and train, from the same rows."""
    nn.adapt(x)
    history = nn.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=False)
    if len(history) < epochs:  # Ctrl-C: what is half trained is not to be judged
        raise KeyboardInterrupt
    return nn


def of_raw_features(nn: NN) -> NN:
    """Give the network with its `Standardize` worked into the first weights: RustNet's file has no such layer."""
    weights = nn.weights()
    mean, scale = weights.pop("layers.0.mean"), weights.pop("layers.0.scale")
    w, b, *rest = weights.values()
    first = w / scale[:, np.newaxis]
    layers = [layer for layer in nn.layers if not isinstance(layer, Standardize | Dropout)]
    raw = NN(layers, nn.loss, nn.optimizer, clip=nn.clip, dtype="float64")
    raw.set_weights(dict(zip(raw.weights(), (first, b - mean @ first, *rest), strict=True)))
    return raw


def cross_validate(train: Train, x: Array, y: Array, seed: int, parts: int = FOLDS) -> tuple[Array, Array]:
    """Give each row's probability of class 1, from a network that never saw the row, and the row's part."""
    chances, part = np.empty(len(y)), np.empty(len(y), np.int64)
    for number, (rows, held) in enumerate(k_fold(y, parts, seed=seed)):
        chances[held] = train(x[rows], y[rows], seed).predict_proba(x[held])[:, 1]
        part[held] = number
    return chances, part


def log_loss(chances: Array, y: Array) -> float:
    """Give the mean of -ln of the probability that the true class was given."""
    given = np.where(y == 1, chances, 1 - chances)
    return float(-np.mean(np.log(np.maximum(given, 1e-12))))
