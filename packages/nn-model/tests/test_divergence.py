"""A loss or gradient that leaves the finite numbers stops training; the refused update changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from nn_layers import L2, Dense, Flatten, Frame, He, Plan, Propagate, ReLU, Tanh
from nn_loss import MSE, CrossEntropy
from nn_model import NN
from nn_model.errors import DivergedError
from nn_optim import SGD, Adam, ClipNorm, Clipping, ClipValue, Nadam, Optimizer, RMSProp, StepDecay

Array = np.ndarray[Any, np.dtype[Any]]
Calls = Iterator[tuple[Any, ...]]
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((8, 4)).astype("float32"), RNG.integers(0, 3, 8)


def steps_until_refused(nn: NN, x: Array, y: Array, most: int = 50) -> tuple[DivergedError, Array]:
    """Train until it is refused; give the error, and theta from before the refused step."""
    for _ in range(most):
        before = nn.theta.copy()
        try:
            nn.train_step(x, y)
        except DivergedError as error:
            return error, before
    raise AssertionError("training did not diverge")


@pytest.mark.parametrize("optimizer", [SGD(1e30), Adam(1e30), RMSProp(1e25), Nadam(1e30)], ids=repr)
def test_a_huge_rate_is_named_with_step_and_layer(optimizer: Optimizer) -> None:
    nn = NN([Dense(4, 8), ReLU(), Dense(8, 3)], CrossEntropy(), optimizer)
    error, before = steps_until_refused(nn, X, Y)
    assert before.tobytes() == nn.theta.tobytes()
    text = str(error)
    assert f"training diverged at step {nn.step + 1} (lr {optimizer.lr:g}): the loss is " in text
    assert "layers[" in text
    assert " that is not finite; the update was not made; lower the rate, clip the gradient" in text


def test_the_error_names_the_first_layer_and_the_rate_of_a_schedule() -> None:
    nn = NN([Dense(4, 8), ReLU(), Dense(8, 3)], CrossEntropy(), SGD(StepDecay(0.5, 1, gamma=0.5)))
    nn.train_step(X, Y)
    nn.set_weights({"layers.2.w": np.full((8, 3), 3e38)})
    error, _ = steps_until_refused(nn, X, Y)
    assert "at step 2 (lr 0.25)" in str(error)
    assert "layers[2]: Dense(8, 3) gives an output that is not finite" in str(error)


def test_a_view_is_not_blamed_for_the_memory_it_was_bound_to() -> None:
    for _ in range(50):
        np.full((8, 2, 2), np.nan, "float32")  # so that memory taken next holds NaN
    nn = NN([Flatten(), Dense(4, 1)], MSE(), SGD(1e30), input_shape=(2, 2))
    error, _ = steps_until_refused(nn, X.reshape(8, 2, 2), np.ones((8, 1)))
    assert "the loss is nan; layers[1]: Dense(4, 1)" in str(error)


def test_a_loss_that_overflows_alone() -> None:
    nn = NN([Dense(4, 1)], MSE(), SGD(1e-3), dtype="float64")
    error, before = steps_until_refused(nn, X, np.full((8, 1), 1e200))
    assert before.tobytes() == nn.theta.tobytes()
    assert "all layers are finite, so the loss or the penalty overflows (the largest parameter is" in str(error)


def test_a_penalty_that_overflows() -> None:
    nn = NN([Dense(4, 3, He(), L2(1e308))], CrossEntropy(), SGD())
    error, _ = steps_until_refused(nn, X, Y)
    assert "the loss is inf; layers[0]: Dense(4, 3, regularization=L2(1e+308)) has a gradient that is not" in str(error)


def identity(x: Array, y: Array) -> None:
    np.copyto(y, x)


def spoil(dy: Array, dx: Array) -> None:
    np.copyto(dx, dy)
    dx[0, 0] = np.nan


@dataclass(frozen=True)
class Spoiler:
    """A layer of a user whose gradient has a NaN, under a finite loss."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        yield identity, f.x, f.y

    def backward(self, f: Frame) -> Calls:
        yield spoil, f.dy, f.dx


@pytest.mark.parametrize("clip", [None, ClipNorm(1.0), ClipValue(1.0)], ids=repr)
def test_a_gradient_with_nan_is_found_at_the_next_step(clip: Clipping | None) -> None:
    layers: list[Propagate] = [Dense(4, 8), Tanh(), Spoiler(), Dense(8, 3)]
    nn = NN(layers, CrossEntropy(), Adam(), clip=clip)
    loss, _ = nn.train_step(X, Y)
    assert np.isfinite(loss)
    # Clipping has not made numbers of it, nor spread it.
    assert np.isnan(nn.grad[0])
    assert np.isfinite(nn.grad[-27:]).all()
    error, before = steps_until_refused(nn, X, Y, most=1)
    assert nn.theta.tobytes() == before.tobytes()
    assert "at step 2 (lr 0.001): the loss is nan; layers[0]: Dense(4, 8) has parameters that are not" in str(error)
    assert nn.step == 1


def test_training_goes_on_after_a_refused_step_once_the_weights_are_mended() -> None:
    nn = NN([Dense(4, 8), Tanh(), Dense(8, 3)], CrossEntropy(), Adam(0.05))
    first = {name: array.copy() for name, array in nn.weights().items()}
    nn.theta[3] = np.nan
    steps_until_refused(nn, X, Y, most=1)
    nn.set_weights(first)
    losses = [nn.train_step(X, Y)[0] for _ in range(100)]
    assert losses[-1] < 0.5 * losses[0]
