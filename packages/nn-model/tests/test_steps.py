"""What one training step does, against the same step written by hand and against fresh networks."""

from typing import Any

import numpy as np
import pytest

from nn_layers import ELU, L2, Dense, Dropout, ElasticNet, He, Propagate, ReLU, Stack, Tanh
from nn_loss import MSE, CrossEntropy, Loss
from nn_model import NN
from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    ClipNorm,
    Clipping,
    ClipValue,
    Constant,
    Cosine,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    RMSProp,
    StepDecay,
    Warmup,
)

Array = np.ndarray[Any, np.dtype[Any]]
PENALTY = ElasticNet(l1=1e-3, l2=1e-2)


def layers() -> list[Propagate]:
    return [Dense(6, 8, He(), PENALTY), ELU(), Dropout(0.3), Dense(8, 3, He(), L2(0.01))]


def network(optimizer: Optimizer, **options: Any) -> NN:
    return NN(layers(), CrossEntropy(), optimizer, **options)


def batch(rows: int, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng((rows, seed))
    return rng.standard_normal((rows, 6)).astype("float32"), rng.integers(0, 3, rows)


def by_hand(
    loss: Loss, optimizer: Optimizer, clip: Clipping | None, data: list[tuple[Array, Array]]
) -> tuple[Array, list[float], list[float]]:
    """Train with the three packages alone; give theta, and the losses and accuracies from before each update."""
    stack = Stack(layers(), rows=64, seed=5)
    state = optimizer.init(stack.theta, decay=stack.layout.decay_ranges())
    losses, accuracies = [], []
    for x, y in data:
        scores = stack.forward(x, training=True)
        dscores = np.empty_like(scores)
        losses.append(loss.value_and_grad(scores, y, out=dscores) + stack.penalty())
        accuracies.append(float(np.mean(scores.argmax(axis=1) == y)))
        stack.backward(dscores)
        if clip is not None:
            clip.clip(stack.grad)
        optimizer.update(stack.theta, stack.grad, state)
    return stack.theta, losses, accuracies


@pytest.mark.parametrize("clip", [None, ClipNorm(0.5), ClipValue(0.02)], ids=repr)
@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        Momentum(),
        Nesterov(),
        AdaGrad(),
        RMSProp(),
        Adam(),
        AdamW(weight_decay=0.1),
        AdaMax(),
        Nadam(),
        Adam(Warmup(3, Cosine(0.1, steps=4))),
    ],
    ids=repr,
)
def test_steps_equal_a_loop_by_hand_bit_for_bit(optimizer: Optimizer, clip: Clipping | None) -> None:
    data = [batch(rows) for rows in (64, 64, 17, 64, 1)]
    nn = NN(layers(), CrossEntropy(), optimizer, clip=clip, seed=5)
    steps = [nn.train_step(x, y) for x, y in data]
    theta, losses, accuracies = by_hand(CrossEntropy(), optimizer, clip, data)
    assert nn.theta.tobytes() == theta.tobytes()
    assert [loss for loss, _ in steps] == pytest.approx(losses, rel=1e-14)
    assert [accuracy for _, accuracy in steps] == accuracies
    assert nn.step == len(data)


def test_the_reported_loss_is_from_before_the_update_and_has_the_penalty() -> None:
    nn = NN([Dense(2, 1, regularization=L2(0.5))], MSE(), SGD(0.1), dtype="float64")
    nn.set_weights({"layers.0.w": [[1.0], [2.0]], "layers.0.b": [3.0]})
    loss, accuracy = nn.train_step([[1.0, 1.0]], [[4.0]])
    assert (loss, accuracy) == ((1 + 2 + 3 - 4) ** 2 + 0.5 * (1 + 4), None)
    # The penalty's gradient on the weights is 2 l2 w, on the bias nothing.
    np.testing.assert_allclose(nn.grad, [2 * 2 * 1 + 1, 2 * 2 * 1 + 2, 2 * 2], rtol=1e-15)
    np.testing.assert_allclose(nn.theta, [1 - 0.5, 2 - 0.6, 3 - 0.4], rtol=1e-15)
    test_loss, _ = nn.test_step([[1.0, 1.0]], [[4.0]])
    assert test_loss == pytest.approx((0.5 + 1.4 + 2.6 - 4) ** 2)


def test_weight_decay_is_for_weights_and_not_for_biases() -> None:
    # Targets that are met leave no gradient: all that moves is decay.
    nn = NN([Dense(2, 2)], MSE(), AdamW(lr=0.1, weight_decay=0.5), dtype="float64")
    nn.set_weights({"layers.0.w": [[1.0, 2.0], [3.0, 4.0]], "layers.0.b": [5.0, 6.0]})
    nn.train_step(np.zeros((1, 2)), [[5.0, 6.0]])
    np.testing.assert_allclose(nn.theta, [0.95, 1.9, 2.85, 3.8, 5.0, 6.0], rtol=1e-15)


def test_step_k_has_the_schedules_rate_of_step_k() -> None:
    nn = NN([Dense(1, 1)], MSE(), SGD(StepDecay(1.0, 2, gamma=0.5)), dtype="float64")
    moves = []
    for _ in range(5):
        before = nn.theta.copy()
        nn.train_step([[1.0]], [[9.0]])
        moves.append(float(((before - nn.theta) / nn.grad)[0]))
    assert moves == pytest.approx([1.0, 1.0, 0.5, 0.5, 0.25])


def test_a_rate_stays_right_past_the_ring_of_rates() -> None:
    nn = NN([Dense(1, 1)], MSE(), SGD(StepDecay(0.01, 1000)), dtype="float64")
    for _ in range(1030):
        nn.train_step([[1.0]], [[9.0]])
    before = nn.theta.copy()
    nn.train_step([[1.0]], [[10.0]])
    np.testing.assert_allclose(before - nn.theta, 0.001 * nn.grad, rtol=1e-6)


def test_a_number_as_rate_and_a_constant_schedule_are_the_same() -> None:
    first, second = network(Adam(0.01)), network(Adam(Constant(0.01)))
    for nn in (first, second):
        nn.train_step(*batch(9))
    assert first.theta.tobytes() == second.theta.tobytes()


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    trained = []
    for seed in (3, 3, 4):
        nn = network(Adam(0.01), seed=seed)
        for rows in (8, 5, 8):
            nn.train_step(*batch(rows))
        trained.append(nn.theta.tobytes())
    assert trained[0] == trained[1]
    assert trained[0] != trained[2]


def test_dropout_draws_anew_every_step_and_not_at_inference(still: Optimizer) -> None:
    nn = network(still)
    x, y = batch(8)
    assert nn.train_step(x, y) != nn.train_step(x, y)
    assert nn.predict_proba(x).tobytes() == nn.predict_proba(x).tobytes()


def test_float64_is_float64_throughout() -> None:
    nn = NN([Dense(6, 8), ReLU(), Dense(8, 3)], CrossEntropy(), Adam(), dtype="float64")
    nn.train_step(*batch(8))
    arrays = [nn.theta, nn.grad, nn.state, nn.predict_proba(batch(8)[0]), *nn.weights().values()]
    assert {str(array.dtype) for array in arrays} == {"float64"}


def test_one_row_trains_and_a_network_without_parameters_gives_its_loss() -> None:
    nn = network(Adam())
    assert nn.train_step(*batch(1))[0] > 0
    bare = NN([Tanh()], MSE(), SGD(), input_shape=(2,))
    assert bare.train_step([[0.0, 0.0]], [[1.0, 3.0]]) == (5.0, None)
    assert bare.theta.size == 0
