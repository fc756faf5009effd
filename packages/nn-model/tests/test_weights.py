"""Weights by name: views, set all or none, and through a file of NumPy's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Propagate, Standardize, Tanh
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.errors import ShapeError
from nn_optim import Adam

RNG = np.random.default_rng(0)
X, Y = RNG.normal(5, 2, (20, 4)), RNG.integers(0, 3, 20)


def network(seed: int = 0, dtype: Any = "float32") -> NN:
    layers: list[Propagate] = [Standardize(), Dense(4, 6), Tanh(), Dropout(0.1), Dense(None, 3)]
    return NN(layers, CrossEntropy(), Adam(0.05), seed=seed, input_shape=(4,), dtype=dtype)


def test_names_shapes_and_resolved_layers() -> None:
    nn = network()
    shapes = {name: array.shape for name, array in nn.weights().items()}
    assert shapes == {
        "layers.0.mean": (4,),
        "layers.0.scale": (4,),
        "layers.1.w": (4, 6),
        "layers.1.b": (6,),
        "layers.4.w": (6, 3),
        "layers.4.b": (3,),
    }
    assert nn.layers[4] == Dense(6, 3)
    assert (nn.theta.size, nn.state.size) == (24 + 6 + 18 + 3, 8)


def test_weights_are_views_of_theta_and_state() -> None:
    nn = network()
    nn.weights()["layers.1.b"][...] = 7.0
    assert nn.theta[24:30].tolist() == [7.0] * 6
    nn.theta[...] = 0.0
    assert not nn.weights()["layers.4.w"].any()
    np.testing.assert_allclose(nn.predict_proba(X), 1 / 3)
    assert np.shares_memory(nn.weights()["layers.0.scale"], nn.state)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_file_gives_the_same_network_back(dtype: Any, tmp_path: Path) -> None:
    nn = network(dtype=dtype)
    nn.adapt(X)
    for _ in range(30):
        nn.train_step(X, Y)
    np.savez(tmp_path / "weights.npz", **nn.weights())  # type: ignore[arg-type]  # an array is no allow_pickle
    fresh = network(seed=1, dtype=dtype)
    assert fresh.predict_proba(X).tobytes() != nn.predict_proba(X).tobytes()
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as saved:
        fresh.set_weights(saved)
    assert fresh.predict_proba(X).tobytes() == nn.predict_proba(X).tobytes()
    assert fresh.evaluate(X, Y) == nn.evaluate(X, Y)


def test_what_is_not_named_stays() -> None:
    nn = network()
    before = nn.theta.copy()
    nn.set_weights({"layers.4.b": [1, 2, 3]})
    assert nn.theta[-3:].tolist() == [1.0, 2.0, 3.0]
    assert np.array_equal(nn.theta[:-3], before[:-3])


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        (
            {"layers.9.w": 1.0},
            ValueError,
            "no array is called 'layers.9.w'; the network has layers.0.mean, layers.0.sc",
        ),
        ({"layers.1.w": np.ones((6, 4))}, ShapeError, r"layers.1.w must have the shape \(4, 6\); got \(6, 4\)"),
        ({"layers.1.b": np.full(6, np.nan)}, ValueError, "layers.1.b holds NaN or infinite numbers"),
        ({"layers.1.b": np.full(6, 1e39)}, ValueError, "layers.1.b holds NaN or infinite numbers"),
        ({"layers.1.b": ["a"] * 6}, ValueError, "layers.1.b must hold real numbers; got dtype <U1"),
    ],
)
def test_all_or_none(weights: dict[str, Any], error: type[Exception], message: str) -> None:
    nn = network()
    before = nn.theta.copy()
    with pytest.raises(error, match=message):
        nn.set_weights({"layers.4.b": [1, 2, 3]} | weights)
    assert np.array_equal(nn.theta, before)
