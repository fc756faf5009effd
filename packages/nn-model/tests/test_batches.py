"""Batches of every size, weighted or not, in place: each equals a network made for that batch alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Flatten, Frame, Plan, Tanh
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_optim import Adam, Optimizer

Array = np.ndarray[Any, np.dtype[Any]]


def network(optimizer: Optimizer, **options: Any) -> NN:
    return NN([Dense(6, 8), Tanh(), Dense(8, 3)], CrossEntropy(), optimizer, **options)


def batch(rows: int, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng((rows, seed))
    return rng.standard_normal((rows, 6)).astype("float32"), rng.integers(0, 3, rows)


def gradient(optimizer: Optimizer, theta: Array, data: tuple[Array, ...]) -> Array:
    """Give the gradient that a network made for this batch alone finds."""
    nn = network(optimizer)
    nn.theta[...] = theta
    nn.train_step(*data)
    return nn.grad.copy()


def test_batches_of_changing_sizes_equal_fresh_networks(still: Optimizer) -> None:
    nn = network(still)
    # More different sizes than stay bound, smaller and larger than ever before, and back to sizes long dropped.
    for rows in [64, 17, 64, 100, 1, *range(2, 30), 64, 17, 300, 17]:
        data = batch(rows, seed=1)
        nn.train_step(*data)
        assert nn.grad.tobytes() == gradient(still, nn.theta, data).tobytes(), rows


def test_weighted_and_plain_steps_alternate(still: Optimizer) -> None:
    nn = network(still)
    weights = np.random.default_rng(0).random(12).astype("float32")
    for data in [(*batch(12), weights), batch(12), (*batch(12), weights[::-1]), batch(5), (*batch(12), weights)]:
        nn.train_step(*data)
        assert nn.grad.tobytes() == gradient(still, nn.theta, data).tobytes()


COUNTS = np.array([2, 0, 1, 3, 1, 1])


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (CrossEntropy(), np.array([0, 1, 2, 1, 0, 1])),
        (CrossEntropy(label_smoothing=0.1, class_weights=(0.5, 2.0, 1.0)), np.array([0, 1, 2, 1, 0, 1])),
        (BinaryCrossEntropy(positive_weight=2.0), np.tile([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]], (3, 1))),
        (MSE(), np.arange(18.0).reshape(6, 3)),
    ],
    ids=repr,
)
def test_whole_sample_weights_equal_repeated_rows(loss: Loss, y: Array, still: Optimizer) -> None:
    x = np.random.default_rng(1).standard_normal((6, 4))
    networks = [NN([Dense(4, 5), Tanh(), Dense(5, 3)], loss, still, dtype="float64") for _ in range(2)]
    weighted, _ = networks[0].train_step(x, y, sample_weight=COUNTS)
    repeated, _ = networks[1].train_step(np.repeat(x, COUNTS, axis=0), np.repeat(y, COUNTS, axis=0))
    assert weighted == pytest.approx(repeated, rel=1e-14)
    np.testing.assert_allclose(networks[0].grad, networks[1].grad, rtol=1e-12, atol=1e-15)


def test_equal_sample_weights_change_nothing(still: Optimizer) -> None:
    plain, weighted = network(still), network(still)
    x, y = batch(8)
    assert plain.train_step(x, y) == pytest.approx(weighted.train_step(x, y, np.full(8, 7)), rel=1e-6)
    np.testing.assert_allclose(weighted.grad, plain.grad, rtol=1e-5, atol=1e-8)


SEEN: list[int] = []


def note(x: Array, y: Array) -> None:
    SEEN.append(x.ctypes.data)
    np.copyto(y, x)


class Address:
    """A layer of a user that notes where its input lies."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield note, f.x, f.y

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002  # nobody reads its gradient
        yield from ()


def test_the_first_layer_reads_the_callers_memory(still: Optimizer) -> None:
    nn = NN([Flatten(), Address(), Dense(6, 3)], CrossEntropy(), still, input_shape=(2, 3))
    arrays = [np.full((4, 2, 3), i, "float32") for i in range(3)]
    calls = (lambda x: nn.train_step(x, [0, 1, 2, 0]), nn.predict, lambda x: nn.evaluate(x, [0, 1, 2, 0]))
    SEEN.clear()
    for array in arrays:
        for call in calls:
            call(array)
    assert [array.ctypes.data for array in arrays for _ in calls] == SEEN


def test_arrays_are_read_in_place_and_a_change_between_steps_is_seen(still: Optimizer) -> None:
    nn = NN([Flatten(), Dense(6, 3)], CrossEntropy(), still, input_shape=(2, 3))
    x, y = batch(8)
    x = x.reshape(8, 2, 3)
    first = nn.train_step(x, y)
    x[...] = 0.0
    y[...] = 1
    second = nn.train_step(x, y)
    assert second[0] == pytest.approx(np.log(3))
    assert second[1] == 0.0
    assert first != second


def test_the_memory_of_a_batch_is_estimated_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    nn = network(Adam())
    monkeypatch.setattr("nn_model.trainer.physical_memory", lambda: 1 << 20)
    with pytest.raises(ValueError, match=r"a batch of 50,000 rows needs .* MiB for activations, .* has 1.0 MiB; train"):
        nn.train_step(*batch(50_000))
    assert nn.train_step(*batch(8))[0] > 0
