"""Layers, losses and optimizers of a user: plain classes with the protocols' members, about 20 lines each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest

import nn_layers
import nn_loss
from nn_layers import Dense, Frame, Glorot, Param, Plan, Propagate, State, Tanh
from nn_loss import MSE, CrossEntropy, Loss, LossFrame, Scratch
from nn_model import NN
from nn_model.errors import ShapeError
from nn_optim import SGD, Adam, Optimizer, OptimizerFrame, Slot, by_hand

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
Calls = Iterator[tuple[Any, ...]]
RNG = np.random.default_rng(0)
X, LABELS, VALUES = RNG.standard_normal((7, 4)), RNG.integers(0, 3, 7), RNG.standard_normal((7, 3))


def scale(x: Array, a: Array, y: Array) -> None:
    np.multiply(x, a, out=y)


def scale_grads(x: Array, dy: Array, s: Array, da: Array) -> None:
    np.multiply(x, dy, out=s)
    np.add.reduce(s, axis=0, out=da)


@dataclass(frozen=True)
class Scale:
    """A factor for every feature, y = a x, drawn at first."""

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape, params={"a": Param(in_shape, Glorot())}, scratch={"s": nn_layers.Scratch(in_shape)})

    def forward(self, f: Frame) -> Calls:
        yield scale, f.x, f.p["a"], f.y

    def backward(self, f: Frame) -> Calls:
        yield scale_grads, f.x, f.dy, f.s["s"], f.g["a"]
        if f.dx is not None:
            yield scale, f.dy, f.p["a"], f.dx


def logcosh(scores: Array, targets: Array, value: Array, d: Array) -> None:
    np.subtract(scores, targets, out=d)
    value[0] = np.mean(np.logaddexp(d, -d) - np.log(2.0))


def logcosh_grad(d: Array, dscores: Array) -> None:
    np.tanh(d, out=dscores)
    np.divide(dscores, d.size, out=dscores)


@dataclass(frozen=True)
class LogCosh:
    """mean log cosh(score - target)."""

    targets: Literal["labels", "values"] = "values"
    link: Literal["softmax", "sigmoid"] | None = None

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        return {"d": Scratch(shape)}

    def calls(self, f: LossFrame) -> Calls:
        yield logcosh, f.scores, f.targets, f.value, f.s["d"]
        if f.dscores is not None:
            yield logcosh_grad, f.s["d"], f.dscores

    def value_and_grad(
        self, scores: Array, targets: Array, out: Array | None = None, weights: Array | None = None
    ) -> float:
        return nn_loss.value_and_grad(self, scores, targets, out, weights)


def sign_step(theta: Array, grad: Array, m: Array, s: Array, lr: Array, beta: float) -> None:
    np.multiply(m, beta, out=m)
    np.multiply(grad, 1.0 - beta, out=s)
    np.add(m, s, out=m)
    np.sign(m, out=s)
    np.multiply(s, lr.item(), out=s)
    np.subtract(theta, s, out=theta)


@dataclass(frozen=True)
class SignMomentum:
    """p -= lr sign(m), m a running mean of the gradient."""

    lr: float | Callable[[int], float] = 0.01
    beta: float = 0.9
    slots: Mapping[str, Slot] = field(default_factory=lambda: {"m": Slot(), "s": Slot()})
    blocks: int = 0

    def calls(self, f: OptimizerFrame) -> Calls:
        yield sign_step, f.theta, f.grad, f.slots["m"], f.slots["s"], f.lr, self.beta

    init, update = by_hand.init, by_hand.update


def test_an_own_layer_trains_and_its_gradient_is_right(still: Optimizer, assert_gradient: Callable[..., None]) -> None:
    layers: list[Propagate] = [Scale(), Dense(4, 5), Scale(), Tanh(), Dense(5, 3)]
    nn = NN(layers, CrossEntropy(), still, input_shape=(4,), dtype="float64")
    assert next(iter(nn.weights())) == "layers.0.a"
    nn.train_step(X, LABELS)
    assert_gradient(lambda: nn.train_step(X, LABELS)[0], nn.theta, nn.grad.copy())
    trained = NN(layers, CrossEntropy(), Adam(0.1), input_shape=(4,))
    losses = [trained.train_step(X, LABELS)[0] for _ in range(100)]
    assert losses[-1] < 0.1 * losses[0]
    assert np.array_equal(trained.predict(X), LABELS)
    assert "layers[2]: Scale()" in trained.explain()
    assert "own_parts.scale_grads" in trained.explain()


def test_an_own_loss_trains_and_its_gradient_is_right(still: Optimizer, assert_gradient: Callable[..., None]) -> None:
    assert isinstance(LogCosh(), Loss)
    nn = NN([Dense(4, 5), Tanh(), Dense(5, 3)], LogCosh(), still, dtype="float64")
    assert nn.task == "regression"
    nn.train_step(X, VALUES)
    assert_gradient(lambda: nn.train_step(X, VALUES)[0], nn.theta, nn.grad.copy())
    expected = np.mean(np.log(np.cosh(nn.predict(X) - VALUES)))
    assert nn.test_step(X, VALUES)[0] == pytest.approx(expected, rel=1e-12)


def test_an_own_optimizer_trains_with_an_own_schedule() -> None:
    assert isinstance(SignMomentum(), Optimizer)
    nn = NN([Dense(4, 16), Tanh(), Dense(16, 3)], CrossEntropy(), SignMomentum(lr=lambda step: 0.02 * 0.99**step))
    before = nn.theta.copy()
    nn.train_step(X, LABELS)
    np.testing.assert_allclose(np.abs(nn.theta - before)[nn.grad != 0], 0.02, rtol=1e-4)
    for _ in range(300):
        loss, accuracy = nn.train_step(X, LABELS)
    assert (loss < 0.1, accuracy) == (True, 1.0)


def first_half(x: Array, y: Array) -> None:
    np.copyto(y, x)


def first_half_grad(dy: Array, dx: Array, rest: Array) -> None:
    np.copyto(dx, dy)
    rest.fill(0.0)


@dataclass(frozen=True)
class FirstHalf:
    """The first half of the features; its calls hold parts of `x` and `dx`."""

    def plan(self, in_shape: Shape) -> Plan:
        return Plan((in_shape[0] // 2,))

    def forward(self, f: Frame) -> Calls:
        yield first_half, f.x[:, : f.y.shape[1]], f.y

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            n = f.dy.shape[1]
            yield first_half_grad, f.dy, f.dx[:, :n], f.dx[:, n:]


def test_a_layer_may_use_a_part_of_the_batch(still: Optimizer, assert_gradient: Callable[..., None]) -> None:
    layers: list[Propagate] = [FirstHalf(), Dense(2, 6), FirstHalf(), Dense(3, 3)]
    nn = NN(layers, CrossEntropy(), still, input_shape=(4,), dtype="float64")
    nn.train_step(X[::-1].copy(), LABELS)
    nn.train_step(X, LABELS)
    assert_gradient(lambda: nn.train_step(X, LABELS)[0], nn.theta, nn.grad.copy())
    assert np.array_equal(nn.predict_proba(X), nn.predict_proba(X * [1, 1, 0, 0]))
    assert not np.array_equal(nn.predict_proba(X), nn.predict_proba(X[::-1].copy()))


def subtract(x: Array, centre: Array, y: Array) -> None:
    np.subtract(x, centre, out=y)


@dataclass(frozen=True)
class Centre:
    """Takes away the training rows' median: an own layer with state that `adapt` sets, and a least number of rows."""

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape, state={"centre": State(in_shape)}, min_rows=2)

    def adapt(self, x: Array) -> dict[str, Array]:
        return {"centre": np.asarray(np.median(x, axis=0))}

    def forward(self, f: Frame) -> Calls:
        yield subtract, f.x, f.state["centre"], f.y

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield scale, f.dy, np.ones((), f.dy.dtype), f.dx


def test_an_own_layer_with_state_is_adapted_and_may_ask_for_rows() -> None:
    nn = NN([Centre(), Dense(4, 3)], MSE(), SGD(), input_shape=(4,), dtype="float64")
    nn.adapt(X)
    np.testing.assert_array_equal(nn.state, np.median(X, axis=0))
    plain = NN([Dense(4, 3)], MSE(), SGD(), dtype="float64")
    plain.set_weights({name.replace("1", "0"): w for name, w in nn.weights().items() if name != "layers.0.centre"})
    np.testing.assert_allclose(nn.predict(X), plain.predict(X - np.median(X, axis=0)), rtol=1e-13)
    with pytest.raises(
        ShapeError, match=r"layers\[0\]: Centre\(\) needs batches of at least 2 rows in training; got 1"
    ):
        nn.train_step(X[:1], VALUES[:1])
    assert nn.predict(X[:1]).shape == (1, 3)
