"""Gradients of whole networks by theta, against differences of the loss that `train_step` reports."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import (
    ELU,
    GELU,
    L1,
    L2,
    SELU,
    Dense,
    Dropout,
    ElasticNet,
    Flatten,
    Glorot,
    He,
    LeakyReLU,
    Propagate,
    ReLU,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN
from nn_optim import Optimizer

Array = np.ndarray[Any, np.dtype[Any]]
Case = tuple[list[Propagate], Loss, dict[str, Any]]

ROWS = 6
ACTIVATIONS: list[Propagate] = [
    ReLU(),
    LeakyReLU(0.1),
    ELU(),
    ELU(0.5),
    ELU(2.0),
    SELU(),
    GELU(),
    GELU("tanh"),
    Sigmoid(),
    Tanh(),
    Softmax(),
    Dropout(0.4),
    Standardize(),
]
LABEL_LOSSES: list[Loss] = [
    CrossEntropy(),
    CrossEntropy(label_smoothing=0.1),
    CrossEntropy(class_weights=(0.5, 2.0, 0.0)),
    CrossEntropy(label_smoothing=0.2, class_weights=(0.5, 2.0, 0.25)),
]
VALUE_LOSSES: list[Loss] = [MSE(), MAE(), Huber(), Huber(delta=0.3)]
BINARY_LOSSES: list[Loss] = [
    BinaryCrossEntropy(),
    BinaryCrossEntropy(positive_weight=3.0),
    BinaryCrossEntropy(positive_weight=(0.5, 2.0, 7.0)),
]
RNG = np.random.default_rng(7)
LABELS = np.array([0, 1, 2, 1, 0, 1])
VALUES = RNG.standard_normal((ROWS, 3))
FLAGS = (RNG.random((ROWS, 3)) < 0.5).astype(float)


def small(*middle: Propagate, last: int = 3) -> list[Propagate]:
    return [Dense(5, 4), *middle, Dense(None, last, Glorot())]


def penalised(penalty: Any) -> list[Propagate]:
    return [Dense(5, 4, He(), penalty), Tanh(), Dense(4, 3, Glorot(), penalty)]


CASES: dict[str, Case] = {repr(a): (small(a), CrossEntropy(), {"y": LABELS}) for a in ACTIVATIONS}
CASES |= {repr(loss): (small(Tanh()), loss, {"y": LABELS}) for loss in LABEL_LOSSES}
CASES |= {repr(loss): (small(Tanh()), loss, {"y": VALUES}) for loss in VALUE_LOSSES}
CASES |= {repr(loss): (small(Tanh()), loss, {"y": FLAGS}) for loss in BINARY_LOSSES}
CASES |= {repr(p): (penalised(p), CrossEntropy(), {"y": LABELS}) for p in (L1(0.1), L2(0.1), ElasticNet(0.1, 0.2))}
CASES |= {
    "weighted " + repr(loss): (small(Tanh()), loss, {"y": y, "sample_weight": np.array([1.0, 0.0, 2.0, 0.5, 3.0, 1.0])})
    for losses, y in ((LABEL_LOSSES, LABELS), (VALUE_LOSSES, VALUES), (BINARY_LOSSES, FLAGS))
    for loss in losses
}
CASES |= {
    "deep": (small(ELU(), Dense(4, 4), Dropout(0.3), GELU(), Dense(4, 4), Softmax()), CrossEntropy(), {"y": LABELS}),
    "Softmax before CrossEntropy": ([*small(Tanh()), Softmax()], CrossEntropy(), {"y": LABELS}),
    "Sigmoid before BinaryCrossEntropy": ([*small(Tanh(), last=1), Sigmoid()], BinaryCrossEntropy(), {"y": LABELS % 2}),
    "Softmax before MSE": ([*small(Tanh()), Softmax()], MSE(), {"y": LABELS, "task": "classification"}),
    "Sigmoid before MSE": ([*small(Tanh(), last=1), Sigmoid()], MSE(), {"y": LABELS % 2, "task": "classification"}),
    "Sigmoid before MAE": ([*small(Tanh()), Sigmoid()], MAE(), {"y": VALUES}),
    "Sigmoid before Huber": ([*small(Tanh()), Sigmoid()], Huber(), {"y": VALUES}),
    "Flatten first": ([Flatten(), *small(Tanh())], CrossEntropy(), {"y": LABELS, "input_shape": (5, 1)}),
    "Standardize first": ([Standardize(), *small(Tanh())], CrossEntropy(), {"y": LABELS, "input_shape": (5,)}),
    "Dropout first": ([Dropout(0.2), *small(Tanh())], CrossEntropy(), {"y": LABELS, "input_shape": (5,)}),
    "tokens": (
        [Dense(5, 4, He(), L2(0.1)), Tanh(), Dense(4, 3)],
        CrossEntropy(class_weights=(0.5, 2.0, 1.0)),
        {"y": np.stack([LABELS, LABELS[::-1]], axis=1), "input_shape": (2, 5)},
    ),
    "tokens to one answer": (
        [Dense(5, 4), Tanh(), Flatten(), Dense(8, 1)],
        BinaryCrossEntropy(),
        {"y": LABELS % 2, "input_shape": (2, 5)},
    ),
}


def step_of(case: Case, optimizer: Optimizer) -> Callable[[Array | None], tuple[NN, float]]:
    """Give a function that makes one step of a fresh network at some theta: dropout draws the same every time."""
    layers, loss, more = case
    x = np.random.default_rng(3).standard_normal((ROWS, *more.get("input_shape", (5,))))
    batch = x, more["y"], more.get("sample_weight")
    options = {key: value for key, value in more.items() if key in ("task", "input_shape")}

    def step(theta: Array | None = None) -> tuple[NN, float]:
        nn = NN(layers, loss, optimizer, seed=1, dtype="float64", **options)
        if nn.state.size:
            nn.adapt(x)
        # Biases of 0 could stand exactly on the bend of an activation or penalty.
        nn.theta[...] = np.random.default_rng(2).standard_normal(nn.theta.size) if theta is None else theta
        return nn, nn.train_step(*batch)[0]

    return step


@pytest.mark.parametrize("name", CASES)
def test_gradient_by_theta(name: str, still: Optimizer, assert_gradient: Callable[..., None]) -> None:
    step = step_of(CASES[name], still)
    nn, _ = step(None)
    assert np.abs(nn.grad).max() > 1e-4
    assert_gradient(lambda: step(nn.theta)[1], nn.theta, nn.grad, directions=3)


def test_a_gradient_off_by_a_thousandth_is_noticed(still: Optimizer, assert_gradient: Callable[..., None]) -> None:
    step = step_of(CASES["deep"], still)
    nn, _ = step(None)
    with pytest.raises(AssertionError, match="gradient is off"):
        assert_gradient(lambda: step(nn.theta)[1], nn.theta, 1.001 * nn.grad)
