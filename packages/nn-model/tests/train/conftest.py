"""Small networks and data for training runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, ElasticNet, Frame, He, Plan, Propagate, Scratch, State, Tanh
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.train import Event, Stop
from nn_optim import Adam, Optimizer

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]


def follow(x: Array, mean: Array, row: Array, training: bool, y: Array) -> None:
    if training:
        np.add.reduce(x, axis=0, out=row)
        np.multiply(row, 0.1 / len(x), out=row)
        np.multiply(mean, 0.9, out=mean)
        np.add(mean, row, out=mean)
    np.subtract(x, mean, out=y)


def pass_on(dy: Array, dx: Array) -> None:
    np.copyto(dx, dy)


@dataclass(frozen=True)
class Follow:
    """Takes a running mean away, which is state that training moves; wants two rows."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        row = Scratch(in_shape, per_row=False)
        return Plan(in_shape, state={"mean": State(in_shape)}, scratch={"row": row}, min_rows=2)

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield follow, f.x, f.state["mean"], f.s["row"], f.training, f.y

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield pass_on, f.dy, f.dx


@pytest.fixture
def x() -> Array:
    """Give 37 rows of 4."""
    return np.random.default_rng(0).standard_normal((37, 4)).astype("float32")


@pytest.fixture
def y(x: Array) -> Array:
    """Give labels 0, 1, 2 that the rows tell."""
    return np.digitize(x[:, 0] + 0.5 * x[:, 1], [-0.5, 0.5])


@pytest.fixture
def network() -> MakeNetwork:
    """Give what makes a network with everything that is random or kept."""

    def make(optimizer: Optimizer | None = None, **options: Any) -> NN:
        layers: list[Propagate] = [
            Dense(4, 6, He(), ElasticNet(1e-3, 1e-3)),
            Follow(),
            Tanh(),
            Dropout(0.3),
            Dense(6, 3),
        ]
        return NN(layers, CrossEntropy(), optimizer or Adam(0.02), **{"seed": 3, **options})

    return make


@dataclass
class Recorder:
    """A callback that keeps every event's kind and place, and stops at a step if it is told to."""

    stop_at: int | None = None
    every: int | None = None
    seen: list[tuple[str, int, int, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> Stop | None:
        self.events.append(event)
        self.seen.append((event.kind, event.epoch, event.batch, event.step))
        stops = self.stop_at is not None and event.kind == "steps" and event.step >= self.stop_at
        return Stop(f"stopped at step {event.step}") if stops else None


@pytest.fixture
def recorder() -> type[Recorder]:
    """Give the callback that records."""
    return Recorder
