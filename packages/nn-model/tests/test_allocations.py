"""A training step after the first allocates no array, and keeps nothing."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, ElasticNet, He, Propagate, ReLU, Sigmoid
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN
from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    ClipNorm,
    ClipValue,
    Cosine,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    RMSProp,
)

LIMIT = 16 * 1024
ROWS = 64
RNG = np.random.default_rng(0)
X = RNG.standard_normal((ROWS, 784)).astype("float32")
LABELS = RNG.integers(0, 10, ROWS)
VALUES = RNG.standard_normal((ROWS, 10)).astype("float32")
FLAGS = (VALUES > 0).astype("float32")
WEIGHTS = RNG.random(ROWS).astype("float32")


def network(loss: Loss, outputs: int = 10, optimizer: Optimizer | None = None, **options: Any) -> NN:
    penalty = ElasticNet(1e-5, 1e-5)
    layers: list[Propagate] = [Dense(784, 512, He(), penalty), ReLU(), Dropout(0.2), Dense(512, outputs, He(), penalty)]
    return NN(layers, loss, optimizer or Adam(), **options)


def peak_of_a_step(nn: NN, *batch: Any) -> int:
    nn.train_step(*batch)
    tracemalloc.start()
    nn.train_step(*batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


CLASSIFY = {"task": "classification"}
CASES: dict[str, tuple[Loss, int, dict[str, Any], Any]] = {
    "labels": (CrossEntropy(), 10, {}, LABELS),
    "int32 labels": (CrossEntropy(), 10, {}, LABELS.astype("int32")),
    "one-hot": (CrossEntropy(), 10, {}, np.eye(10)[LABELS]),
    "smoothed": (CrossEntropy(label_smoothing=0.1, class_weights=(1.0,) * 9 + (2.0,)), 10, {}, LABELS),
    "MSE, classes": (MSE(), 10, CLASSIFY, LABELS),
    "MSE, two classes": (MSE(), 1, CLASSIFY, LABELS % 2),
    "BCE": (BinaryCrossEntropy(), 1, {}, LABELS % 2),
    "BCE, many labels": (BinaryCrossEntropy(positive_weight=2.0), 10, {}, FLAGS),
    "MSE": (MSE(), 10, {}, VALUES),
    "MAE": (MAE(), 10, {}, VALUES),
    "Huber": (Huber(), 10, {}, VALUES),
}


@pytest.mark.parametrize("weights", [(), (WEIGHTS,)], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", CASES)
def test_a_step_allocates_no_array(name: str, weights: tuple[Any, ...]) -> None:
    loss, outputs, options, y = CASES[name]
    assert peak_of_a_step(network(loss, outputs, **options), X, y, *weights) <= LIMIT


@pytest.mark.parametrize(
    "optimizer",
    [SGD(), Momentum(), Nesterov(), AdaGrad(), RMSProp(), AdamW(), AdaMax(), Nadam(), Adam(Cosine(0.1, 9))],
    ids=repr,
)
def test_no_optimizer_and_no_clipping_allocates(optimizer: Optimizer) -> None:
    clip = ClipValue(0.1) if isinstance(optimizer, SGD) else ClipNorm(0.1)
    assert peak_of_a_step(network(CrossEntropy(), optimizer=optimizer, clip=clip), X, LABELS, WEIGHTS) <= LIMIT


def test_the_measurement_sees_an_array() -> None:
    assert peak_of_a_step(network(CrossEntropy()), X.astype("float64"), LABELS) > X.nbytes


def test_predictions_of_all_sizes_share_their_memory() -> None:
    nn = NN([Dense(784, 16), Sigmoid(), Dense(16, 10)], CrossEntropy(), Adam())
    nn.predict(X)
    tracemalloc.start()
    for rows in range(1, ROWS):
        nn.predict(X[:rows])
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 2 * X.nbytes
