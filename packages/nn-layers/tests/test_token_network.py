"""The network that reads digits with self-attention, put together from the layers on tokens."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Propagate, ReLU, Stack
from nn_layers.calls import BUFFER
from nn_layers.layers.mean_tokens import MeanTokens
from nn_layers.layers.patches import Patches
from nn_layers.layers.positional_encoding import PositionalEncoding
from nn_layers.layers.self_attention import SelfAttention
from nn_layers.protocol import Array


def numbers(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def digit_network(rows: int, dtype: Any = "float64", *, trainable: bool = True) -> Stack:
    layers: list[Propagate] = [
        *(Patches(4), Dense(16, 64), PositionalEncoding(trainable), ReLU(), SelfAttention()),
        *(Dense(64, 128), ReLU(), Dense(128, 64), MeanTokens(), Dense(64, 10)),
    ]
    return Stack(layers, (1, 28, 28), rows=rows, dtype=dtype, seed=4)


def test_the_digit_network_has_33_930_parameters() -> None:
    assert digit_network(1).theta.size == 33_930
    assert digit_network(1, trainable=False).theta.size == 33_930 - 49 * 64


def test_the_whole_gradient_of_the_digit_network(assert_gradient: Callable[..., None]) -> None:
    stack, x, direction = digit_network(3), np.random.default_rng(0).random((3, 1, 28, 28)), numbers((3, 10), 1)
    weights = stack.weights()
    # Half of the units on, half off, none near the kink, which differences would step over among 28,224 numbers.
    weights["layers.1.b"][...] = np.resize([5.0, -5.0], 64)
    weights["layers.5.b"][...] = np.resize([20.0, -20.0], 128)
    stack.forward(x, training=True)
    stack.backward(direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x)))

    assert_gradient(value, stack.theta, stack.grad)
    for place in stack.layout.params():
        assert_gradient(value, place.view(stack.theta), place.view(stack.grad), directions=2)


@pytest.mark.parametrize("projection", [False, True])
def test_a_step_allocates_nothing_of_the_datas_size(projection: bool) -> None:
    layers: list[Propagate] = [
        Patches(4),
        Dense(16, 64),
        PositionalEncoding(),
        SelfAttention(64, 4, projection),
        MeanTokens(),
    ]
    stack = Stack(layers, (1, 28, 28), rows=32, input_grad=True)
    x, dy = np.ones((32, 1, 28, 28), "float32"), np.ones((32, 64), "float32")

    def step() -> None:
        stack.forward(x, training=True)
        stack.backward(dy)

    step()
    stack.forward(x)
    tracemalloc.start()
    step()
    stack.forward(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < BUFFER * 4 + 8192  # NumPy's one buffer, and small objects: views and slices


def test_layers_in_a_row_keep_what_their_backward_reads(assert_gradient: Callable[..., None]) -> None:
    layers = [SelfAttention(6, heads, projection=True) for heads in (2, 3, 1)]
    stack = Stack([*layers, MeanTokens()], (5, 6), rows=4, dtype="float64", input_grad=True)
    x, direction = numbers((4, 5, 6)), numbers((4, 6), 1)
    stack.forward(x, training=True)
    dx = stack.backward(direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x)))

    assert dx is not None
    assert_gradient(value, stack.theta, stack.grad)
    assert_gradient(value, x, dx)
