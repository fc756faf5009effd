"""The mean over tokens."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from nn_layers import Dense, ShapeError, Stack
from nn_layers.layers.mean_tokens import MeanTokens
from nn_layers.protocol import Array

PRECISION = {"float32": 3e-7, "float64": 1e-15}


def numbers(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("shape", [(49, 64), (5, 3), (1, 4), (6, 1), (1, 1)])
def test_it_is_the_mean_of_every_feature(shape: tuple[int, int], dtype: Any) -> None:
    x = numbers((4, *shape)).astype(dtype)
    y = Stack([MeanTokens()], shape, rows=4, dtype=dtype).forward(x)
    expected = [[math.fsum(row[:, d].tolist()) / shape[0] for d in range(shape[1])] for row in x]
    assert y.dtype == dtype
    np.testing.assert_allclose(y, expected, rtol=0, atol=PRECISION[dtype])


def test_every_token_has_its_share_of_the_gradient() -> None:
    stack = Stack([MeanTokens()], (5, 3), rows=2, dtype="float64", input_grad=True)
    dy = numbers((2, 3))
    stack.forward(numbers((2, 5, 3)), training=True)
    dx = stack.backward(dy)
    assert dx is not None
    for token in range(5):
        np.testing.assert_allclose(dx[:, token], dy / 5, rtol=1e-15)


def test_gradients_inside_a_network(assert_gradient: Callable[..., None]) -> None:
    stack = Stack([Dense(3, 4), MeanTokens(), Dense(4, 2)], (5, 3), rows=6, dtype="float64", input_grad=True)
    x, direction = numbers((6, 5, 3)), numbers((6, 2), 1)
    stack.forward(x, training=True)
    dx = stack.backward(direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x)))

    assert dx is not None
    grad, dx = stack.grad.copy(), dx.copy()
    assert_gradient(value, stack.theta, grad)
    assert_gradient(value, x, dx)


def test_the_mean_of_the_largest_numbers_does_not_overflow() -> None:
    largest = np.finfo("float32").max
    y = Stack([MeanTokens()], (4, 2), rows=1).forward(np.full((1, 4, 2), largest))
    assert y.tolist() == [[float(largest)] * 2]


def test_a_first_layer_without_parameters_before_it_computes_no_gradient() -> None:
    stack = Stack([MeanTokens(), Dense(3, 1)], (5, 3), rows=2)
    stack.forward(np.ones((2, 5, 3)), training=True)
    assert stack.backward(np.ones((2, 1))) is None
    assert stack.grad.tolist() == [2.0] * 4


@pytest.mark.parametrize(("shape", "got"), [((16,), "rows of 16 numbers"), ((1, 4, 4), r"rows of shape \(1, 4, 4\)")])
def test_rows_that_are_no_tokens_are_refused(shape: tuple[int, ...], got: str) -> None:
    remedy = r"rows must be tokens: put Patches before it, or give input_shape=\(tokens, features\)$"
    with pytest.raises(ShapeError, match=rf"^layers\[0\]: MeanTokens\(\) got {got} from input_shape; {remedy}"):
        Stack([MeanTokens()], shape)


def test_repr_and_json_give_the_same_layer_back() -> None:
    adapter = TypeAdapter(MeanTokens)
    assert adapter.validate_json(adapter.dump_json(MeanTokens())) == MeanTokens()
    assert repr(MeanTokens()) == "MeanTokens()"
