"""Standardisation from the training rows."""

import warnings
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Flatten, Propagate, Standardize, Tanh
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.errors import PartError
from nn_optim import Adam

RNG = np.random.default_rng(0)
X = RNG.normal([3.0, -5.0, 100.0, 0.0], [2.0, 0.1, 30.0, 1e-3], (500, 4))
LABELS = RNG.integers(0, 3, 500)


def network(*before: Propagate, **options: Any) -> NN:
    return NN([*before, Standardize(), Dense(4, 3)], CrossEntropy(), Adam(), **options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_reach_the_next_layer_with_mean_0_and_deviation_1(dtype: Any) -> None:
    nn = network(input_shape=(4,), dtype=dtype)
    nn.adapt(X)
    names = {"layers.0.mean": X.mean(axis=0), "layers.0.scale": X.std(axis=0)}
    for name, expected in names.items():
        np.testing.assert_allclose(nn.weights()[name], expected, rtol=1e-4, atol=1e-6)
    nn.set_weights({"layers.1.w": np.eye(4, 3), "layers.1.b": np.zeros(3)})
    scores = np.log(nn.predict_proba(X).astype(float))
    # Of log-probabilities only differences are the scores'.
    expected = ((X - X.mean(axis=0)) / X.std(axis=0))[:, :3]
    np.testing.assert_allclose(scores - scores[:, :1], expected - expected[:, :1], atol=1e-3)


def test_after_flatten_every_pixel_has_its_own() -> None:
    nn = network(Flatten(), input_shape=(2, 2))
    nn.adapt(X.reshape(500, 2, 2))
    np.testing.assert_allclose(nn.weights()["layers.1.mean"], X.mean(axis=0), rtol=1e-4, atol=1e-6)
    images = NN([Standardize(), Flatten(), Dense(4, 3)], CrossEntropy(), Adam(), input_shape=(2, 2))
    images.adapt(X.reshape(500, 2, 2))
    assert images.weights()["layers.0.scale"].shape == (2, 2)
    assert images.state.tobytes() == nn.state.tobytes()


def test_a_second_layer_sees_what_the_first_lets_through() -> None:
    layers: list[Propagate] = [Standardize(), Dense(4, 6), Tanh(), Standardize(), Dense(6, 3)]
    nn = NN(layers, CrossEntropy(), Adam(), input_shape=(4,), dtype="float64")
    nn.adapt(X)
    w = nn.weights()
    hidden = np.tanh((X - X.mean(axis=0)) / X.std(axis=0) @ w["layers.1.w"] + w["layers.1.b"])
    np.testing.assert_allclose(w["layers.3.mean"], hidden.mean(axis=0), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(w["layers.3.scale"], hidden.std(axis=0), rtol=1e-10)


def test_features_that_never_vary_are_divided_by_1_and_named() -> None:
    nn = network(input_shape=(4,))
    x = X.copy()
    x[:, [1, 3]] = [7.0, 0.0]
    with pytest.warns(
        UserWarning, match=r"layers\[0\]: Standardize\(\): 2 of 4 features never vary .* column 1$"
    ) as seen:
        nn.adapt(x)
    assert seen[0].filename == __file__
    assert nn.weights()["layers.0.scale"][[1, 3]].tolist() == [1.0, 1.0]
    assert nn.weights()["layers.0.mean"][[1, 3]].tolist() == [7.0, 0.0]
    assert np.isfinite(nn.train_step(x, LABELS)[0])
    images = network(Flatten(), input_shape=(2, 2))
    with pytest.warns(UserWarning, match="the first is column 1"):
        images.adapt(x.reshape(500, 2, 2))
    whole = NN([Standardize(), Flatten(), Dense(4, 3)], CrossEntropy(), Adam(), input_shape=(2, 2))
    with pytest.warns(UserWarning, match=r"the first is column \(0, 1\)"):
        whole.adapt(x.reshape(500, 2, 2))


def test_training_without_adapting_warns_once_and_names_the_caller() -> None:
    nn = network(input_shape=(4,))
    with pytest.warns(UserWarning, match=r"a Standardize layer has seen no data .* call nn.adapt\(x_train\)") as seen:
        nn.train_step(X, LABELS)
    assert seen[0].filename == __file__
    nn.train_step(X, LABELS)  # a second warning would be an error here


def test_weights_without_state_do_not_count_as_adapted() -> None:
    nn = network(input_shape=(4,))
    nn.set_weights({"layers.1.b": [1.0, 2.0, 3.0]})
    with pytest.warns(UserWarning, match="a Standardize layer has seen no data"):
        nn.train_step(X, LABELS)


def test_adapted_or_loaded_state_does_not_warn() -> None:
    adapted, loaded = network(input_shape=(4,)), network(input_shape=(4,))
    adapted.adapt(X)
    loaded.set_weights(adapted.weights())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert adapted.train_step(X, LABELS) == loaded.train_step(X, LABELS)


def test_adapting_without_a_layer_that_asks_for_it_is_refused() -> None:
    with pytest.raises(PartError, match="no layer takes its state from data; put Standardize"):
        NN([Dense(4, 3)], CrossEntropy(), Adam()).adapt(X)


def test_only_the_rows_given_count() -> None:
    nn = network(input_shape=(4,))
    nn.adapt(X[:100])
    np.testing.assert_allclose(nn.weights()["layers.0.mean"], X[:100].mean(axis=0), rtol=1e-4, atol=1e-6)
    state = nn.state.copy()
    nn.train_step(X, LABELS)
    nn.predict(1e3 * X)
    assert np.array_equal(nn.state, state)
