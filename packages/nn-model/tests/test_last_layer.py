"""The last layer and the loss: what leaves the training program, and how probabilities come about."""

from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Propagate, Sigmoid, Softmax, Tanh
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN
from nn_optim import Adam

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(0)
X = RNG.standard_normal((9, 4)).astype("float32")
LABELS = RNG.integers(0, 3, 9)
FLAGS = RNG.integers(0, 2, (9, 3))
VALUES = RNG.standard_normal((9, 3))


def network(loss: Loss, outputs: int, last: Propagate | None = None, **options: Any) -> NN:
    layers: list[Propagate] = [Dense(4, 6), Tanh(), Dense(6, outputs)]
    return NN(layers if last is None else [*layers, last], loss, Adam(0.05), **options)


@pytest.mark.parametrize(
    ("loss", "outputs", "last", "y"),
    [
        (CrossEntropy(), 3, Softmax(), LABELS),
        (CrossEntropy(label_smoothing=0.1), 2, Softmax(), LABELS % 2),
        (BinaryCrossEntropy(), 1, Sigmoid(), LABELS % 2),
        (BinaryCrossEntropy(), 3, Sigmoid(), FLAGS),
    ],
)
def test_the_losses_own_function_changes_nothing(loss: Loss, outputs: int, last: Propagate, y: Any) -> None:
    plain, ended = network(loss, outputs), network(loss, outputs, last)
    for _ in range(20):
        assert plain.train_step(X, y) == ended.train_step(X, y)
    assert plain.theta.tobytes() == ended.theta.tobytes()
    assert plain.predict_proba(X).tobytes() == ended.predict_proba(X).tobytes()
    assert plain.predict(X).tobytes() == ended.predict(X).tobytes()
    assert repr(plain.evaluate(X, y)) == repr(ended.evaluate(X, y))
    assert ended.layers[-1] == last
    name = type(last).__name__
    assert name in ended.summary()
    assert f"]: {name}" not in ended.explain()


def reference(scores: Array, link: str) -> Array:
    e = np.exp(scores.astype(float))
    result: Array = e / e.sum(axis=-1, keepdims=True) if link == "softmax" else e / (1 + e)
    return result


def last_scores(nn: NN) -> Array:
    w = {name: array.astype(float) for name, array in nn.weights().items()}
    hidden = np.tanh(X @ w["layers.0.w"] + w["layers.0.b"])
    scores: Array = hidden @ w["layers.2.w"] + w["layers.2.b"]
    return scores


@pytest.mark.parametrize("last", [None, Softmax()])
def test_probabilities_of_classes(last: Propagate | None) -> None:
    nn = network(CrossEntropy(), 3, last)
    p = nn.predict_proba(X)
    assert p.shape == (9, 3)
    np.testing.assert_allclose(p, reference(last_scores(nn), "softmax"), rtol=1e-5)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    assert np.array_equal(nn.predict(X), p.argmax(axis=1))


@pytest.mark.parametrize("last", [None, Sigmoid()])
def test_two_classes_from_one_score_have_two_columns(last: Propagate | None) -> None:
    nn = network(BinaryCrossEntropy(), 1, last, classes=["no", "yes"])
    p = nn.predict_proba(X)
    assert p.shape == (9, 2)
    np.testing.assert_allclose(p[:, 1:], reference(last_scores(nn), "sigmoid"), rtol=1e-5)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    assert nn.predict(X).tolist() == [("no", "yes")[int(row[1] > 0.5)] for row in p]


def test_many_labels_have_a_probability_each() -> None:
    nn = network(BinaryCrossEntropy(), 3)
    p = nn.predict_proba(X)
    np.testing.assert_allclose(p, reference(last_scores(nn), "sigmoid"), rtol=1e-5)
    assert np.array_equal(nn.predict(X), (p > 0.5).astype(int))


def test_tokens_have_probabilities_each() -> None:
    nn = NN([Dense(2, 3)], CrossEntropy(), Adam(), input_shape=(2, 2))
    p = nn.predict_proba(X.reshape(9, 2, 2))
    assert p.shape == (9, 2, 3)
    np.testing.assert_allclose(p.sum(axis=2), 1, rtol=1e-6)
    assert np.array_equal(nn.predict(X.reshape(9, 2, 2)), p.argmax(axis=2))


@pytest.mark.parametrize("loss", [MSE(), MAE(), Huber()], ids=repr)
@pytest.mark.parametrize(("last", "link"), [(Softmax(), "softmax"), (Sigmoid(), "sigmoid")])
def test_before_other_losses_the_layer_is_genuine(loss: Loss, last: Propagate, link: str) -> None:
    nn = network(loss, 3, last)
    assert nn.task == "regression"
    np.testing.assert_allclose(nn.predict(X), reference(last_scores(nn), link), rtol=1e-5)
    assert f"{link}.backward" in nn.explain()
    nn = network(loss, 3, last, task="classification")
    assert np.array_equal(nn.predict_proba(X), network(loss, 3, last).predict(X))


def test_a_sigmoid_before_mse_gives_two_columns_for_two_classes() -> None:
    nn = network(MSE(), 1, Sigmoid(), task="classification")
    p = nn.predict_proba(X)
    np.testing.assert_allclose(p[:, 1:], reference(last_scores(nn), "sigmoid"), rtol=1e-5)
    np.testing.assert_allclose(p[:, 0], 1 - p[:, 1], rtol=1e-6)
    assert np.array_equal(nn.predict(X), p[:, 1] > 0.5)


@pytest.mark.parametrize("scores", [1e4, -1e4, 1e30])
@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()], ids=repr)
def test_scores_of_any_size_give_finite_numbers(scores: float, loss: Loss) -> None:
    nn = NN([Dense(1, 2)], loss, Adam(), dtype="float32")
    nn.set_weights({"layers.0.w": [[scores, -scores]]})
    y, mean = ([0, 1], 1.0) if nn.loss.link == "softmax" else ([[0, 1], [1, 0]], 0.5)
    value, _ = nn.train_step([[1.0], [1.0]], y)
    assert value == pytest.approx(mean * abs(scores))
    assert np.isfinite(nn.grad).all()
    assert np.isfinite(nn.predict_proba([[1.0], [-1.0]])).all()


def test_numbers_of_any_size_are_no_probabilities() -> None:
    with pytest.raises(
        ValueError, match=r"Dense\(6, 3\) gives numbers of any size; end the network with Softmax\(\) or"
    ):
        network(MSE(), 3, task="classification").predict_proba(X)
    with pytest.raises(
        ValueError, match="predict_proba is for classification; this network does regression: call pred"
    ):
        network(MSE(), 3).predict_proba(X)
