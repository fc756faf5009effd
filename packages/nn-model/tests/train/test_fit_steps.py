"""`fit` does what a loop of `train_step` over the same batches does, bit for bit, and says so in its history."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Sigmoid, Standardize, Tanh
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_optim import SGD, Adam, ClipNorm, Cosine, Momentum, Nadam, Optimizer

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]


def orders(seed: int, rows: int, epochs: int) -> Iterator[Array]:
    """Give the order of every epoch: shuffled by a generator of the seed, the role 2 and the epoch's number."""
    for epoch in range(epochs):
        order = np.arange(rows)
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2, epoch))).shuffle(order)
        yield order


def by_hand(
    nn: NN, x: Array, y: Array, batch_size: int, rows: Iterator[Array], weights: Array | None = None
) -> list[list[tuple[float, float | None, float]]]:
    """Train step by step; give loss, accuracy and weight of every batch of every epoch."""
    epochs = []
    for order in rows:
        batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        steps = []
        for batch in batches:
            w = None if weights is None else weights[batch]
            steps.append((*nn.train_step(x[batch], y[batch], w), float(len(batch) if w is None else w.sum(dtype="d"))))
        epochs.append(steps)
    return epochs


@pytest.mark.parametrize("optimizer", [SGD(0.1), Momentum(0.1), Adam(Cosine(0.05, 9)), Nadam(0.02)], ids=repr)
@pytest.mark.parametrize("batch_size", [1, 8, 36, 37])
def test_fit_equals_steps_over_the_same_batches(optimizer: Optimizer, batch_size: int, x: Array, y: Array) -> None:
    one, other = (NN([Dense(4, 6), Tanh(), Dropout(0.3), Dense(6, 3)], CrossEntropy(), optimizer) for _ in range(2))
    history = one.fit(x, y, epochs=3, batch_size=batch_size, verbose=False)
    inplace = iter([np.arange(37)] * 3)
    epochs = by_hand(other, x, y, batch_size, inplace if batch_size == 37 else orders(0, 37, 3))
    assert one.theta.tobytes() == other.theta.tobytes()
    assert one.step == other.step == 3 * -(-37 // batch_size)
    losses = [sum(loss * weight for loss, _, weight in steps) / 37 for steps in epochs]
    shares = [sum((share or 0.0) * weight for _, share, weight in steps) / 37 for steps in epochs]
    assert history.train_loss == pytest.approx(losses, rel=1e-12)
    assert [row.train_accuracy for row in history] == pytest.approx(shares, rel=1e-12)


def test_moving_state_penalty_and_clipping_take_part(network: MakeNetwork, x: Array, y: Array) -> None:
    one, other = network(clip=ClipNorm(0.1)), network(clip=ClipNorm(0.1))
    one.fit(x, y, epochs=2, batch_size=10, verbose=False)
    by_hand(other, x, y, 10, orders(3, 37, 2))
    assert one.theta.tobytes() == other.theta.tobytes()
    assert one.state.tobytes() == other.state.tobytes()


@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(class_weights=(1.0, 2.0, 0.5))], ids=repr)
def test_weights_equal_steps_with_weights(loss: Loss, x: Array, y: Array) -> None:
    weights = np.random.default_rng(1).random(37).astype("float32")
    one, other = (NN([Dense(4, 3)], loss, Adam(0.05)) for _ in range(2))
    history = one.fit(x, y, epochs=2, batch_size=8, sample_weight=weights, verbose=False)
    class_weights = getattr(loss, "class_weights", None)
    counted = weights if class_weights is None else weights * np.array(class_weights, "f4")[y]
    batches = list(orders(0, 37, 2))
    epochs = by_hand(other, x, y, 8, iter(batches), weights)
    assert one.theta.tobytes() == other.theta.tobytes()
    for order, steps, row in zip(batches, epochs, history, strict=True):
        sums = [counted[order[i : i + 8]].sum(dtype="d") for i in range(0, 37, 8)]
        mean = sum(loss * w for (loss, _, _), w in zip(steps, sums, strict=True)) / sum(sums)
        assert row.train_loss == pytest.approx(mean, rel=1e-6)


def test_without_shuffling_rows_come_in_their_order(x: Array, y: Array) -> None:
    one, other = (NN([Dense(4, 3)], CrossEntropy(), SGD(0.5)) for _ in range(2))
    one.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=False)
    by_hand(other, x, y, 8, iter([np.arange(37)] * 2))
    assert one.theta.tobytes() == other.theta.tobytes()


def test_every_epoch_has_its_own_order_and_the_seed_decides_all(x: Array, y: Array) -> None:
    thetas = []
    for seed in (0, 0, 1):
        nn = NN([Dense(4, 3)], CrossEntropy(), SGD(0.5), seed=seed)
        nn.theta[...] = 0.1
        nn.fit(x, y, epochs=2, batch_size=8, verbose=False)
        thetas.append(nn.theta.tobytes())
    assert thetas[0] == thetas[1] != thetas[2]
    first, second = orders(0, 37, 2)
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("batch_size", [37, 38, 10**6])
def test_a_batch_of_all_rows_reads_them_where_they_are(batch_size: int, x: Array, y: Array) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(0.5))
    nn.fit(x, y, batch_size=batch_size, verbose=False)
    current = nn.core.trainer.program(37).x.current
    assert current is x
    assert nn.step == 1


def test_a_batch_of_all_rows_after_a_split_and_with_weights(x: Array, y: Array) -> None:
    weights = np.linspace(0, 1, 37).astype("float32")
    one, other = (NN([Dense(4, 3)], CrossEntropy(), SGD(0.5)) for _ in range(2))
    options: dict[str, Any] = {"validation_split": 0.25, "validation_order": "last", "sample_weight": weights}
    one.fit(x, y, epochs=2, batch_size=64, verbose=False, **options)
    for _ in range(2):
        other.train_step(x[:28], y[:28], weights[:28])
    assert one.theta.tobytes() == other.theta.tobytes()


def test_other_kinds_of_targets_go_the_same_way(x: Array) -> None:
    cases: list[tuple[Loss, int, dict[str, Any], Array]] = [
        (MSE(), 2, {}, x[:, :2]),
        (MSE(), 1, {"task": "classification"}, (x[:, 0] > 0).astype(int)),
        (BinaryCrossEntropy(), 1, {}, x[:, 0] > 0),
        (BinaryCrossEntropy(), 4, {}, (x > 0).astype("float32")),
        (CrossEntropy(), 3, {"classes": ["a", "b", "c"]}, np.array(["a", "b", "c"])[np.arange(37) % 3]),
    ]
    for loss, outputs, options, targets in cases:
        one, other = (NN([Dense(4, 3), Sigmoid(), Dense(3, outputs)], loss, Adam(0.05), **options) for _ in range(2))
        history = one.fit(x, targets, epochs=2, batch_size=16, validation_data=(x, targets), verbose=False)
        by_hand(other, x, targets, 16, orders(0, 37, 2))
        assert one.theta.tobytes() == other.theta.tobytes()
        assert (history.rows[-1].val_loss, history.val_accuracy[-1]) == one.test_step(x, targets)


def test_a_network_may_be_trained_by_hand_in_between(network: MakeNetwork, x: Array, y: Array) -> None:
    one, other = network(), network()
    for nn in (one, other):
        nn.train_step(x, y)
    one.fit(x, y, batch_size=8, verbose=False)
    by_hand(other, x, y, 8, orders(3, 37, 1))
    for nn in (one, other):
        nn.train_step(x[:8], y[:8])
        nn.train_step(x, y)
    assert one.theta.tobytes() == other.theta.tobytes()


def test_a_forgotten_adapt_is_said_once(x: Array, y: Array) -> None:
    nn = NN([Standardize(), Dense(4, 3)], CrossEntropy(), SGD())
    with pytest.warns(UserWarning, match=r"call nn\.adapt\(x_train\) before training"):
        nn.fit(x, y, verbose=False)
    assert len(nn.fit(x, y, verbose=False)) == 1
