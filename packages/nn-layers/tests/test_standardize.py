"""What `Standardize` learns from the training rows."""

import statistics

import numpy as np
import pytest

from nn_layers import Stack, Standardize


def test_state_is_the_mean_and_the_population_deviation_of_every_feature() -> None:
    x = np.random.default_rng(0).normal(3.0, 2.0, (50, 2, 3))
    state = Standardize().adapt(x)
    columns = x.reshape(50, 6).T.tolist()
    assert state["mean"].shape == state["scale"].shape == (2, 3)
    assert state["mean"].ravel().tolist() == pytest.approx([statistics.fmean(c) for c in columns])
    assert state["scale"].ravel().tolist() == pytest.approx([statistics.pstdev(c) for c in columns])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("rows", [1, 2, 100, 100_000])
@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 2e4])
def test_a_feature_that_never_varies_is_divided_by_one(value: float, rows: int, dtype: str) -> None:
    state = Standardize().adapt(np.full((rows, 3), value).astype(dtype))
    assert state["scale"].tolist() == [1.0] * 3


def test_a_small_deviation_around_a_large_mean_is_still_a_deviation() -> None:
    x = 1e9 + np.arange(1000.0).reshape(-1, 1) % 2
    assert Standardize().adapt(x)["scale"].tolist() == pytest.approx([0.5])


@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_features_of_extreme_size_come_out_with_deviation_one(size: float) -> None:
    x = (size * np.random.default_rng(0).standard_normal((200, 3))).astype("float32")
    stack = Stack([Standardize()], (3,), rows=200)
    stack.set_weights({f"layers.0.{name}": array for name, array in Standardize().adapt(x).items()})
    scores = stack.forward(x)
    assert np.abs(scores.mean(axis=0)).max() < 1e-5
    assert scores.std(axis=0) == pytest.approx(1.0, rel=1e-5)


def test_until_it_is_set_the_layer_changes_nothing() -> None:
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    assert np.array_equal(Stack([Standardize()], (3,), rows=4).forward(x), x)
